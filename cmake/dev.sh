#!/bin/sh
# Sets up, builds, runs and tests strandbus on Debian and Ubuntu; `sh cmake/dev.sh help` says how.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)

usage() {
  cat <<'END'
usage: sh cmake/dev.sh COMMAND

  run [ARGUMENTS]     build the program and run an agent, live and offline;
                      the arguments are those of `strandbus run` (default: "Calculate 2+2")
  serve [ARGUMENTS]   build the program and serve agents, to watch in the browser; the arguments are
                      those of `strandbus serve` (default: a scripted model, which works offline)
  test [PRESET]       build everything and run the tests; presets: dev (default), release,
                      asan-ubsan, tsan, races (of tsan only the bus), fuzz
  bench [ARGUMENTS]   measure the bus beside its peers and print one table; arguments:
                      --rounds N (default: 5), --only P3,P6 (those scenarios alone)
  load [ARGUMENTS]    measure the server with thousands of readers, beside nginx with nchan; arguments:
                      --streams N, --sockets N, --slow N, --hostile N, --rounds N and others
  soak                run the long proofs, optimised, the last one in a browser; they say how far they are
  faults [NAME…]      put small faults into a copy of the bus and see which test finds each
  pictures            take the pictures of the viewer in docs/viewer again
  format [--check]    format the sources, or only say which are not formatted
  help                this text

Missing Debian packages are named and then installed; none is ever removed. Builds go to build/PRESET.
END
}

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'dev.sh: %s\n' "$*" >&2; exit 1; }
misuse() { printf 'dev.sh: %s; see: sh cmake/dev.sh help\n' "$*" >&2; exit 2; }

# --- packages ---------------------------------------------------------------------------------

installed() {
  case $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) in
    installed*) true ;;
    *) false ;;
  esac
}

# as_root COMMAND…: runs it as root, asking for a password only where someone can answer.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif [ -t 0 ]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

# The version of Boost to use: what is installed, else the first that the distribution has. Never
# plain libboost-dev where 1.81 exists: on Debian 12 it is 1.74 and evicts 1.81.
boost_version() {
  for version in 1.81 1.83; do
    if installed "libboost$version-dev"; then echo "$version"; return; fi
  done
  for version in 1.81 1.83; do
    if [ -n "$(apt-cache search --names-only "^libboost-json$version-dev\$")" ]; then echo "$version"; return; fi
  done
  echo ""
}

# missing_of PACKAGE…: those that are not installed; BOOST stands for the Boost packages.
missing_of() {
  for package in "$@"; do
    if [ "$package" = BOOST ]; then
      boost=$(boost_version)
      missing_of "libboost$boost-dev" "libboost-json$boost-dev"
    elif ! installed "$package"; then
      printf '%s ' "$package"
    fi
  done
}

# need PACKAGE…: installs what is missing and says so.
need() {
  if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "dev.sh: this is not a Debian or Ubuntu system: the packages it needs must be there already"
    return
  fi
  missing=$(missing_of "$@")
  [ -n "$missing" ] || return 0

  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null 2>&1; then
    fail "packages are missing, and only root can install them: apt-get install $missing"
  fi
  say "updating the package lists"
  as_root apt-get update -qq || fail "cannot update the package lists, needed to install: $missing"
  missing=$(missing_of "$@")  # the choice of Boost may depend on the lists
  say "installing: $missing"
  # shellcheck disable=SC2086  # a list of words
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --quiet --no-install-recommends --no-remove $missing ||
    fail "could not install (and nothing may be removed for it): $missing"
}

to_build="g++ cmake ninja-build ccache pkg-config BOOST libssl-dev libdtl-dev libsqlite3-dev zlib1g-dev libspdlog-dev libfmt-dev libcli11-dev libedit-dev"
to_test="libgtest-dev libgmock-dev librapidcheck-dev json-schema-test-suite openssl bubblewrap curl"
to_sanitize="clang libclang-rt-dev"
# One version for everybody: releases of clang-format disagree.
formatter=clang-format-14

# --- building ---------------------------------------------------------------------------------

jobs=$(nproc 2>/dev/null || echo 2)

# configure PRESET [OPTION…]
configure() {
  say "configuring the preset $1"
  (cd "$root" && preset=$1 && shift && cmake --preset "$preset" "$@")
}

# build PRESET [OPTION…]
build() {
  say "building the preset $1 with $jobs jobs"
  (cd "$root" && preset=$1 && shift && cmake --build --preset "$preset" --parallel "$jobs" "$@")
}

# --- commands ---------------------------------------------------------------------------------

build_program() {
  # shellcheck disable=SC2086
  need $to_build
  configure release -DSTRANDBUS_BUILD_TESTS=OFF
  build release --target strandbus_cli
}

serve() {
  build_program
  [ $# -gt 0 ] ||
    set -- --provider scripted --script "$root/examples/scripts/tour.json" --subagents \
      --retry-shown --rule ask:write_file
  say "build/release/bin/strandbus serve $*"
  exec "$root/build/release/bin/strandbus" serve "$@"
}

run() {
  build_program
  [ $# -gt 0 ] || set -- --provider scripted "Calculate 2+2"
  say "build/release/bin/strandbus run $*"
  status=0
  "$root/build/release/bin/strandbus" run "$@" || status=$?
  echo "dev.sh: to see agents work in the browser, type: sh cmake/dev.sh serve" >&2
  exit $status
}

# node_is_new: whether the system's Node can run everything (20.15 or newer).
node_is_new() {
  command -v node >/dev/null 2>&1 &&
    node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 15) ? 0 : 1)'
}

# install_modules NAME FOLDER WHAT: what FOLDER/package-lock.json names, with its versions and
# checksums, in build/NAME. Where the system's Node is too old for it, one comes with it.
install_modules() {
  lock=$root/$2/package-lock.json
  there=$root/build/$1
  if [ -e "$there/installed" ] && cmp -s "$lock" "$there/installed"; then return; fi
  command -v npm >/dev/null 2>&1 || need npm ca-certificates
  say "installing $3 for the integration tests with npm"
  omit=
  if node_is_new; then omit=--omit=optional; fi
  mkdir -p "$there"
  cp "$root/$2/package.json" "$lock" "$there"
  # shellcheck disable=SC2086  # one word or none
  (cd "$there" && npm ci --no-audit --no-fund --ignore-scripts $omit) ||
    fail "npm could not install $3 into $there; the integration tests need it (is there a network?)"
  cp "$lock" "$there/installed"
}

install_test_modules() {
  install_modules aimock test/llm/aimock "the mock server"
  install_modules clients test/server/clients "clients of the service"
  install_modules browser test/server/browser "what drives a browser"
  install_modules otlp test/otel/decoder "a decoder of OpenTelemetry"
}

# A browser for the tests of the viewer, at hand or installed.
browser_is_there() {
  [ -x "${STRANDBUS_CHROMIUM:-/usr/bin/chromium}" ] && return
  [ -n "$(apt-cache search --names-only '^chromium$' 2>/dev/null)" ] && need chromium
}

# node_in_browser ARGUMENTS…: Node with these, the optimised program and what drives a browser.
node_in_browser() {
  install_modules browser test/server/browser "what drives a browser"
  STRANDBUS_PROGRAM="$root/build/release/bin/strandbus" STRANDBUS_BROWSER_DIR="$root/build/browser" \
    node "$@"
}

test_preset() {
  # shellcheck disable=SC2086
  case $1 in
    dev | release) need $to_build $to_test ;;
    asan-ubsan | tsan | races | fuzz) need $to_build $to_test $to_sanitize ;;
    *) misuse "unknown preset '$1'" ;;
  esac
  case $1 in
    races | fuzz) ;;
    *) install_test_modules ;;
  esac
  in_browser=
  if [ "$1" = dev ] && ! browser_is_there; then
    say "no browser: the tests of the viewer in a browser are LEFT OUT (STRANDBUS_CHROMIUM names one)"
    in_browser=-DSTRANDBUS_TEST_BROWSER=OFF
  fi
  # shellcheck disable=SC2086  # one word or none
  configure "$1" -DSTRANDBUS_BUILD_TESTS=ON $in_browser
  build "$1"
  say "testing the preset $1"
  (cd "$root" && ctest --preset "$1" --parallel "$jobs")
}

soak() {
  # shellcheck disable=SC2086
  need $to_build $to_test
  configure release -DSTRANDBUS_BUILD_TESTS=ON
  build release
  say "long proofs"
  STRANDBUS_SOAK=1 ctest --test-dir "$root/build/release" --label-regex '^soak$' --timeout 3600 \
    --parallel "$jobs" --verbose
  if ! browser_is_there; then
    say "no browser: hostile texts in the viewer are LEFT OUT (STRANDBUS_CHROMIUM names one)"
    return
  fi
  say "hostile texts in the viewer, each alone in every field of every event"
  STRANDBUS_SOAK=1 node_in_browser --test "$root/test/server/browser/hostile.test.mjs"
}

faults() {
  # shellcheck disable=SC2086
  need $to_build $to_test
  say "small faults, one at a time"
  sh "$root/test/faults/run.sh" "$root" "$root/build/faults" "$@"
}

# The pictures of the viewer in docs/viewer, made again.
pictures() {
  build_program
  browser_is_there || fail "no browser: STRANDBUS_CHROMIUM names one"
  say "taking pictures of the viewer"
  node_in_browser "$root/test/server/browser/pictures.mjs" "$root/docs/viewer"
}

# want PACKAGE…: installs what is missing if that is possible, and goes on without it if not.
want() {
  (need "$@") || echo "dev.sh: going on without: $*"
}

# The peer in Rust, from the crates that are Debian packages.
build_tokio() {
  into=$1/tokio-build
  rm -rf "$1/tokio" "$into/src" "$into/Cargo.lock"
  mkdir -p "$into"
  cp -R "$root/bench/peers/tokio/." "$into"
  (cd "$into" && cargo build --quiet --release --offline --jobs "$jobs") && cp "$into/target/release/tokio" "$1/tokio"
}

# The peer in Java: the classes, and a program that runs them.
build_disruptor() {
  jar=/usr/share/java/disruptor.jar
  rm -rf "$1/disruptor" "$1/disruptor-classes"
  javac -d "$1/disruptor-classes" -cp "$jar" "$root/bench/peers/disruptor/DisruptorPeer.java" || return
  printf '#!/bin/sh\nexec java -cp "%s:%s" DisruptorPeer "$@"\n' "$1/disruptor-classes" "$jar" > "$1/disruptor"
  chmod +x "$1/disruptor"
}

bench() {
  # shellcheck disable=SC2086
  need $to_build
  want libzmq3-dev
  want librust-tokio-dev
  command -v cargo >/dev/null 2>&1 || want cargo rustc
  want libdisruptor-java
  command -v javac >/dev/null 2>&1 || want default-jdk-headless
  configure release -DSTRANDBUS_BUILD_BENCH=ON -DSTRANDBUS_BUILD_TESTS=OFF
  build release --target benchmarks
  out=$root/build/release/bench
  say "building the peers in Rust and Java"
  build_tokio "$out" || echo "dev.sh: tokio is left out"
  build_disruptor "$out" || echo "dev.sh: the Disruptor is left out"
  say "measuring; this takes some minutes, and a quiet machine"
  "$out/strandbus_report" --json "$out/report.json" --svg "$out/report.svg" "$@"
  echo "dev.sh: the figures are in build/release/bench/report.json, the chart in report.svg beside it"
}

# nginx with the module nchan, at hand or installed; what Debian starts with it is not used.
nginx_with_nchan() {
  want nginx-core libnginx-mod-nchan >&2
  [ -x /usr/sbin/nginx ] && [ -e /usr/lib/nginx/modules/ngx_nchan_module.so ] && echo /usr/sbin/nginx
}

load() {
  # shellcheck disable=SC2086
  need $to_build
  nginx=$(nginx_with_nchan) || echo "dev.sh: nchan is left out"
  configure release -DSTRANDBUS_BUILD_BENCH=ON -DSTRANDBUS_BUILD_TESTS=OFF
  build release --target strandbus_cli strandbus_load
  say "measuring; this takes some minutes, and a quiet machine"
  exec "$root/build/release/bench/strandbus_load" --program "$root/build/release/bin/strandbus" \
    --nginx "$nginx" "$@"
}

format() {
  case ${1-} in
    "") mode=-i ;;
    --check) mode="--dry-run --Werror" ;;
    *) misuse "unknown option of format '$1'" ;;
  esac
  need $formatter
  cd "$root"
  # shellcheck disable=SC2086
  find include src test examples bench \( -name '*.hpp' -o -name '*.cpp' \) -exec $formatter $mode {} +
  echo "dev.sh: formatting is clean"
}

command=${1-}
[ $# -eq 0 ] || shift
case $command in
  run) run "$@" ;;
  serve) serve "$@" ;;
  test) [ $# -le 1 ] || misuse "test takes one preset"; test_preset "${1-dev}" ;;
  bench) bench "$@" ;;
  load) load "$@" ;;
  soak) [ $# -eq 0 ] || misuse "soak takes no argument"; soak ;;
  faults) faults "$@" ;;
  pictures) [ $# -eq 0 ] || misuse "pictures takes no argument"; pictures ;;
  format) [ $# -le 1 ] || misuse "format takes one option"; format "$@" ;;
  help | -h | --help) usage ;;
  "") misuse "no command given" ;;
  *) misuse "unknown command '$command'" ;;
esac
