#!/bin/sh
# header_cost.sh LIMIT COMMAND…: fails if COMMAND needs more than LIMIT seconds of user time.
# The best of three runs counts: other work on the machine only ever adds time.
set -eu

limit=$1
shift

# user_seconds COMMAND…: user time of the command, from the shell's own account of its children.
user_seconds() {
  sh -c '"$@" >&2 || exit 1; times' sh "$@" | awk '
    NR == 2 { split($1, part, /[ms]/); print part[1] * 60 + part[2]; found = 1 }
    END { exit !found }'
}

for attempt in 1 2 3; do
  seconds=$(user_seconds "$@")
  echo "run $attempt: $seconds s of user time, at most $limit s allowed"
  if awk "BEGIN { exit !($seconds <= $limit) }"; then
    exit 0
  fi
done
echo "header_cost: including these headers costs too much: $*" >&2
exit 1
