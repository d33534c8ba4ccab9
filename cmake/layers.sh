#!/bin/sh
# Checks who includes whom: sh cmake/layers.sh [ROOT]
#
# Reads every #include of include/strandbus and src. A folder may include itself, the headers that
# lie directly in include/strandbus, and what the table below says; only direct includes count. A
# public header names none of the libraries that are an implementation detail. No two headers define
# a type of the same name.
# Prints file:line, the include and the rule; exit code 1 if anything was found.
set -eu

root=${1:-$(cd "$(dirname "$0")/.." && pwd)}
cd "$root"

if [ ! -d include/strandbus ]; then
  echo "layers: $root has no include/strandbus" >&2
  exit 2
fi

files=$(find include/strandbus src -name '*.hpp' -o -name '*.cpp' -o -name '*.ipp' | sort)
if [ -z "$files" ]; then
  echo "layers: nothing to check in $root" >&2
  exit 2
fi

# shellcheck disable=SC2086  # file names here hold no spaces
awk '
  BEGIN {
    may["root"]   = ""
    may["event"]  = ""
    may["net"]    = "event"
    may["bus"]    = "event"
    may["wire"]   = "event"
    may["llm"]    = "event net"
    may["agent"]  = "event bus llm"
    may["tools"]  = "event agent"
    may["store"]  = "event bus wire"
    may["sink"]   = "event bus wire net"
    may["otel"]   = "event bus net"
    may["nats"]   = "event bus wire store"
    may["server"] = "event bus wire llm agent tools store sink nats net"
    may["cli"]    = "event bus wire llm agent tools store sink otel nats net server"

    hidden_include = "^(boost/beast|boost/asio/ssl|openssl/|sqlite3|nats/|nats\\.h|zlib|spdlog/|fmt/)"
    hidden_name = "(^|[^A-Za-z0-9_])(spdlog|beast|sqlite3|sqlite3_stmt|SSL_CTX|natsConnection|jsCtx)([^A-Za-z0-9_]|$)"
  }

  function report(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text
    bad = 1
  }

  # The folder of a path below include/strandbus or src; "root" for what lies directly there.
  function folder_of(path,    parts) {
    return split(path, parts, "/") > 1 ? parts[1] : "root"
  }

  function allowed(from, to) {
    return to == from || to == "root" || index(" " may[from] " ", " " to " ") > 0
  }

  FNR == 1 {
    public = FILENAME ~ /^include\//
    path = FILENAME
    sub(/^(include\/strandbus|src)\//, "", path)
    from = folder_of(path)
    if (!(from in may)) report("folder \"" from "\" has no rule in cmake/layers.sh")
  }

  /^[ \t]*#[ \t]*include/ {
    name = $0
    sub(/^[ \t]*#[ \t]*include[ \t]*/, "", name)
    quoted = name ~ /^"/
    sub(/^["<]/, "", name)
    sub(/[">].*$/, "", name)

    if (name ~ /(^|\/)\.\.?\//) {
      report("includes \"" name "\": write the path from include/ or src/")
    } else if (name ~ /^strandbus\//) {
      target = name
      sub(/^strandbus\//, "", target)
      to = folder_of(target)
      if (!allowed(from, to)) report("includes <" name ">: " from " may include " (may[from] == "" ? "no other folder" : may[from]))
    } else if (quoted) {
      to = name ~ /\// ? folder_of(name) : from
      if (public) report("includes \"" name "\": a public header includes no private one")
      else if (!allowed(from, to)) report("includes \"" name "\": " from " may include " (may[from] == "" ? "no other folder" : may[from]))
    } else if (public && name ~ hidden_include) {
      report("includes <" name ">: no public header names Beast, OpenSSL, SQLite, libnats or spdlog")
    }
    next
  }

  # Two types of one name in one namespace break the one-definition rule, and no compiler says so.
  /^namespace [a-z:_]+ \{/ { space = $2 }
  FILENAME ~ /\.hpp$/ && /^(class|struct|enum class) / && !/^[^{]*;$/ {
    name = $0
    sub(/^(class|struct|enum class) (\[\[[a-z]+\]\] )?/, "", name)
    qualified = name !~ /^[A-Za-z_0-9]+ *(\{|:[^:]|final|$)/
    sub(/[^A-Za-z_0-9].*/, "", name)
    key = space "::" name
    if (!qualified && key in defined) report("defines " key ", which " defined[key] " defines too")
    else if (!qualified) defined[key] = FILENAME
  }

  public {
    code = $0
    sub(/\/\/.*/, "", code)
    if (code ~ hidden_name) report("names a hidden library: no public header names Beast, OpenSSL, SQLite, libnats or spdlog")
  }

  END { exit bad }
' $files

echo "layers: $(echo "$files" | wc -l) files, no forbidden include"
