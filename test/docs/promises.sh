#!/bin/sh
# promises.sh TESTS FILE…: every sentence of a list in these files names the test that pins it, and
# each test that is named exists somewhere below TESTS.
set -eu

tests=$1
shift

known() {
  find "$tests" -name '*.cpp' -exec cat {} + | tr '\n' ' ' |
    grep -oE 'TEST(_F|_P)?\( *[A-Za-z0-9]+, *[A-Za-z0-9]+ *\)' | sed -E 's/^[A-Z_]+\( *//; s/, */./; s/ *\)//'
}

# There are more names than an argument may hold.
known | awk '
  function report(text) { print FILENAME ":" start ": " text; bad = 1 }
  function check(   words, count, i, name, named) {
    count = split(item, words, "`")
    for (i = 2; i <= count; i += 2) {
      name = words[i]
      if (name !~ /^[A-Z][A-Za-z0-9]*[.][A-Z][A-Za-z0-9]*$/) continue
      named++
      if (!(name in exists)) report("there is no test " name)
    }
    if (!named) report("no test is named: " item)
    sentences++
    item = ""
  }
  names { exists[$0] = 1; next }
  item != "" && !/^  / { check() }
  /^- / { start = FNR; item = $0; next }
  item != "" { item = item $0 }
  END { if (item != "") check(); if (!bad) print sentences " sentences, each with its tests"; exit bad }
' names=1 - names=0 "$@"
