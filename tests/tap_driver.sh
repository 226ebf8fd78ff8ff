#!/bin/sh
# Automake's TAP driver with less to read: one line for the passes of a test program, with the
# seconds that it took, and every line that is not a pass. The log and the totals still have them
# all.
driver=$1
shift
start=$(date +%s)
$SHELL "$driver" "$@" | awk -v start="$start" '
    { line = $0; gsub(/\033\[[0-9;]*m/, "", line) }
    line ~ /^PASS: / { passes++; split(line, words, " "); name = words[2]; next }
    { print }
    END {
        "date +%s" | getline now
        if (passes) printf "PASS: %s (%d, %d s)\n", name, passes, now - start
    }'
