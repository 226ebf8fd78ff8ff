#!/bin/sh
# Basins and eigenvalues that specifications ask for: met, missed, stated, judged again.
. "$top_srcdir/tests/tap.sh"
cd "$scratch" || exit 99
LC_ALL=C && export LC_ALL

# critpt CODE ARGUMENT...: the exit code; out and err hold what was printed.
critpt() {
    code=$1
    shift
    "$CRITPT" "$@" >out 2>err
    found=$?
    if [ $found -eq "$code" ]; then ok "exit $code: $*"; else
        not_ok "exit $found, not $code: $*"
        sed 's/^/# /' err
    fi
}

# says FILE PATTERN: the file, out or err, has it.
says() {
    if grep -q -e "$2" "$1"; then ok "says $2"; else
        not_ok "says $2"
        sed 's/^/# /' "$1"
    fi
}

# spec NAME POINTS
spec() {
    cat >"$1.json" <<END
{"model": {"widths": [3, 4, 1], "activations": ["tanh", "identity"], "bias": true},
 "inputs": {"normal": {"samples": 400}}, "seed": 3, "points": [$2]}
END
}

# value KEY: of the first point, as JSON has it.
value() {
    "$CRITPT" show wide.h5 --json | sed -n "s/.*\"$1\": \([-0-9.e]*\),*$/\1/p" | head -n 1
}

# ---- A basin that the default margin does not give ------------------------------------------------

spec wide '{"nature": "minimum", "basin": 0.01}'
critpt 0 plant wide.json -o wide.h5
says out 'basin (returned)'
run "the margin was raised" awk "BEGIN { exit !($(value margin_requested) > 1.1e-4) }"
run "the radius is what was asked for" awk "BEGIN { exit !($(value basin) >= 0.01) }"
run "29 of 32 returned" awk "BEGIN { exit !($(value basin_share) >= 29 / 32) }"
critpt 0 verify wide.h5
says out 'point 0: basin, basin_share'

spec wider '{"nature": "minimum", "basin": 3}'
critpt 1 plant wider.json -o wider.h5
says err 'points\[0\].basin: 3 was asked for, and the widest measured is .*, at the margin'
if [ -e wider.h5 ]; then not_ok "no file of it"; else ok "no file of it"; fi
critpt 1 plant wider.json -o wide.h5 --keep
run "what there is is stated" awk "BEGIN { exit !($(value basin) > 0.01 && $(value margin_requested) > 0.5) }"
critpt 0 verify wide.h5
spec minima '{"nature": "minimum", "margin": 0.1}, {"nature": "saddle", "index": 1}'
critpt 0 plant minima.json -o minima.h5 --basins
says out ' 0  minimum .*%)'
says out ' 1  saddle .* -$'

# ---- Eigenvalues ------------------------------------------------------------------------------------

spec own '{"nature": "minimum", "eigenvalue": 1e-5}, {"nature": "saddle", "index": 1, "eigenvalue": 1e-4}'
critpt 0 plant own.json -o own.h5
critpt 0 verify own.h5
spec cap '{"nature": "minimum", "eigenvalue": 10}'
critpt 1 plant cap.json -o cap.h5 --keep
says err 'point 0 was to have the least eigenvalue 10, and has'
says out 'cannot have eigenvalues of index 0 that are all 10 from 0'
critpt 0 verify cap.h5
spec both '{"nature": "minimum", "eigenvalue": 1e-6, "basin": 0.01}'
critpt 0 plant both.json -o both.h5 --quiet
critpt 0 verify both.h5
tap_end
