#!/bin/sh
# Automake's TAP driver with less to read: one line for the passes of a test program, and every line
# that is not a pass. The log and the totals still have them all.
driver=$1
shift
$SHELL "$driver" "$@" | awk '
    { line = $0; gsub(/\033\[[0-9;]*m/, "", line) }
    line ~ /^PASS: / { passes++; split(line, words, " "); name = words[2]; next }
    { print }
    END { if (passes) printf "PASS: %s (%d)\n", name, passes }'
