#!/bin/sh
# snippets.sh FILE…: the C++ blocks of these documents as one source, each in a namespace of its own.
set -eu

echo '#include "docs/prelude.hpp"'
awk '
  /^```cpp$/ { inside = 1; printf "namespace snippet_%d {\n#line %d \"%s\"\n", ++count, FNR + 1, FILENAME; next }
  /^```$/ && inside { inside = 0; print "}"; next }
  inside
' "$@"
