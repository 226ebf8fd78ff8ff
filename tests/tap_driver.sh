#!/bin/sh
# Automake's TAP driver with less to read: one line for the passes of a test program, and every line
# that is not a pass. The log and the totals still have them all.
driver=$1
shift
$SHELL "$driver" "$@" | awk '
    /^PASS: / { passes++; name = $2; next }
    { print }
    END { if (passes) printf "PASS: %s (%d)\n", name, passes }'
