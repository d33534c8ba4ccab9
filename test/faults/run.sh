#!/bin/sh
# run.sh SOURCE BUILD [NAME…]: puts each small fault of faults.txt into a copy of the sources, one at
# a time, and tells which test of the bus finds it. With names, only those faults. Writes the table
# BUILD/faults.md; ends with 1 if more than a tenth of the faults was not found.
set -eu

source=$1
build=$2
shift 2
only=" $* "
list=$source/test/faults/faults.txt
clean=$build/clean
tree=$build/tree
programs="bus bus_interleave bus_allocation bus_model bus_out_of_memory bus_proofs bus_stalled"
limit=100 # seconds for one program; a fault may make it hang

# copy: the sources as they are now, one copy to change and one to restore it from.
copy() {
  rm -rf "$clean"
  mkdir -p "$clean" "$tree"
  tar -C "$source" --exclude ./build --exclude ./.git -cf - . | tar -C "$clean" -xf -
  tar -C "$clean" -cf - . | tar -C "$tree" -xmf -  # all newer than what an interrupted run has built
}

# make_program PROGRAM: false if it does not compile.
make_program() { cmake --build "$build/build" --target "test_$1" > "$build/build.log" 2>&1; }

# try PROGRAM: says which test fails or hangs, or nothing.
try() {
  program=$(find "$build/build/test" -name "test_$1" -type f)
  if timeout "$limit" "$program" --gtest_fail_fast > "$build/test.log" 2>&1; then return; fi
  found=$(sed -n 's/^\[  FAILED  \] \([A-Za-z0-9_/]*\.[A-Za-z0-9_/]*\).*/\1/p' "$build/test.log" | head -n 1)
  [ -n "$found" ] || found="$(sed -n 's/^\[ RUN      \] //p' "$build/test.log" | tail -n 1) (ends the program or hangs)"
  echo "$found"
}

# seed FILE OLD NEW: replaces the one line of FILE that is OLD, but for its indentation.
seed() {
  OLD=$2 NEW=$3 awk '
    { line = $0; sub(/^ +/, "", line) }
    line == ENVIRON["OLD"] { count++; print ENVIRON["NEW"]; next }
    { print }
    END { exit count != 1 }
  ' "$clean/$1" > "$tree/$1" || {
    echo "run.sh: in $1 there is not exactly one line: $2" >&2
    exit 2
  }
}

copy
cmake -S "$tree" -B "$build/build" -G Ninja -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O0" \
  -DSTRANDBUS_WERROR=OFF -DSTRANDBUS_BUILD_PROGRAM=OFF -DSTRANDBUS_BUILD_EXAMPLES=OFF \
  -DSTRANDBUS_TEST_PACKAGING=OFF > "$build/configure.log"
for program in $programs; do
  make_program "$program" || { cat "$build/build.log"; exit 2; }
  found=$(try "$program")
  [ -z "$found" ] || { echo "run.sh: without a fault $found fails" >&2; exit 2; }
done

table=$build/faults.md
printf '| fault | in | found by |\n|---|---|---|\n' > "$table"
total=0
missed=0
while IFS='|' read -r name file meaning; do
  name=$(echo "$name" | sed 's/^fault: *//; s/ *$//')
  file=$(echo "$file" | tr -d ' ')
  meaning=$(echo "$meaning" | sed 's/^ *//')
  IFS= read -r old
  IFS= read -r new
  case $only in *" $name "* | "  ") ;; *) continue ;; esac
  total=$((total + 1))
  seed "$file" "${old#- }" "${new#+ }"
  found=
  for program in $programs; do
    make_program "$program" || { echo "run.sh: $name does not compile" >&2; cat "$build/build.log"; exit 2; }
    found=$(try "$program")
    [ -z "$found" ] || break
  done
  cp "$clean/$file" "$tree/$file"
  [ -n "$found" ] || missed=$((missed + 1))
  echo "$total. $name: ${found:-NOT FOUND}"
  printf '| %s | `%s` | %s |\n' "$meaning" "$(basename "$file")" "${found:-**nothing**}" >> "$table"
done <<END
$(grep -vE '^(#|$)' "$list")
END

echo "$((total - missed)) of $total faults were found; the table is in $table"
[ $((missed * 10)) -le "$total" ]
