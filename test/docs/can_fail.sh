#!/bin/sh
# can_fail.sh PROMISES_SH: the check finds a sentence without a test and a test that does not exist.
set -eu

check=$1
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/tests"
printf 'TEST(Suite,\n     IsThere) {}\n' > "$place/tests/a_test.cpp"

printf -- '- Good. `Suite.IsThere`\n' > "$place/good.md"
printf -- '- Nothing is named.\n' > "$place/none.md"
printf -- '- Gone. `Suite.IsGone`\n' > "$place/gone.md"

sh "$check" "$place/tests" "$place/good.md"
for bad in none gone; do
  if sh "$check" "$place/tests" "$place/$bad.md"; then
    echo "can_fail.sh: $bad.md was accepted" >&2
    exit 1
  fi
done
