#!/bin/sh
# The layer check accepts a clean tree and refuses each kind of planted mistake: can_fail.sh LAYERS_SH
set -eu

check=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

# fresh_tree: a tree without mistakes.
fresh_tree() {
  rm -rf "$tree/include" "$tree/src"
  mkdir -p "$tree/include/strandbus/event" "$tree/include/strandbus/bus" "$tree/src/bus" "$tree/src/tools"
  echo '#pragma once' > "$tree/include/strandbus/error.hpp"
  echo '#include "strandbus/error.hpp"' > "$tree/include/strandbus/event/event.hpp"
  printf '// spdlog is hidden\n#include "strandbus/event/event.hpp"\n#include <string>\n' \
    > "$tree/include/strandbus/bus/bus.hpp"
  printf '#include "strandbus/bus/bus.hpp"\n#include "bus/log.hpp"\n#include "log.hpp"\n#include <spdlog/spdlog.h>\n' \
    > "$tree/src/bus/bus.cpp"
}

# refuses FILE:LINE RULE LINE_OF_CODE: the line, appended to the file, is reported at that place.
refuses() {
  fresh_tree
  file=${1%:*}
  mkdir -p "$(dirname "$tree/$file")"
  echo "$3" >> "$tree/$file"
  if report=$(sh "$check" "$tree"); then
    echo "FAIL: accepted in $file: $3"
    failures=1
  else
    case $report in
      "$1: "*"$2"*) echo "ok: $report" ;;
      *) echo "FAIL: expected '$1' and '$2', got: $report"; failures=1 ;;
    esac
  fi
}

fresh_tree
sh "$check" "$tree" || { echo "FAIL: a clean tree was refused"; failures=1; }

refuses include/strandbus/event/event.hpp:2 'event may include no other folder' '#include "strandbus/bus/bus.hpp"'
refuses include/strandbus/error.hpp:2 'root may include no other folder' '#include <strandbus/event/event.hpp>'
refuses src/bus/bus.cpp:5 'bus may include event' '  #  include "wire/sse.hpp"'
refuses src/tools/bash.cpp:1 'tools may include event agent' '#include "strandbus/bus/bus.hpp"'
refuses src/bus/bus.cpp:5 'write the path from' '#include "../event/x.hpp"'
refuses include/strandbus/bus/bus.hpp:4 'no private one' '#include "bus/log.hpp"'
refuses include/strandbus/bus/bus.hpp:4 'no public header names' '#include <spdlog/spdlog.h>'
refuses include/strandbus/bus/bus.hpp:4 'no public header names' '#include <boost/beast/http.hpp>'
refuses include/strandbus/bus/bus.hpp:4 'no public header names' 'struct sqlite3;'

refuses src/misc/misc.cpp:1 'has no rule' '#include <vector>'

fresh_tree
mkdir -p "$tree/src/net"
for folder in bus net; do
  printf 'namespace strandbus::detail {\nstruct Parser {};\n}\n' > "$tree/src/$folder/parser.hpp"
done
if report=$(sh "$check" "$tree"); then
  echo "FAIL: accepted two types of one name"
  failures=1
else
  echo "ok: $report"
fi

exit $failures
