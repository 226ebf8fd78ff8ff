#!/bin/sh
# What the program says where something is special: directions without effect, copies of a point,
# inputs that were left out, points drawn apart from given ones, requests that contradict each other.
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

# says FILE WORDS: the file, out or err, has them.
says() {
    if grep -qF -e "$2" "$1"; then ok "says $2"; else
        not_ok "says $2"
        sed 's/^/# /' "$1"
    fi
}

# ---- Directions without effect, copies --------------------------------------------------------------

# column 2 is column 0, and unit 1 is unit 0
awk 'BEGIN { srand(5); for (i = 0; i < 300; i++) { x = 2 * rand() - 1; print x "," rand() "," x } }' >copy.csv
echo 0.5,0.2,0.1,0.5,0.2,0.1,0.3,-0.4,0.2,1,0.5,0 >w.csv
cat >tanh.json <<'END'
{"model": {"widths": [3, 3, 1], "activations": ["tanh", "identity"], "bias": false},
 "inputs": {"csv": "copy.csv"}, "seed": 2,
 "points": [{"weights": {"csv": "w.csv"}}, {}]}
END
critpt 0 plant tanh.json -o tanh.h5
says out "copies         point 0 is one of a continuum that computes the same outputs"
says out "copies         48 weight vectors compute what point 1 does" # 3! 2^3
critpt 0 spectrum tanh.h5
says out "layer 0: unit 1 does what one before it does: 1 direction"
says out " is determined by others: 3 directions"
critpt 0 spectrum tanh.h5 --json
says out '"why": "does what one before it does"'
awk 'BEGIN { srand(5); for (i = 0; i < 300; i++) print 2 * rand() - 1 "," rand() ",0" }' >dead.csv
cat >relu.json <<'END'
{"model": {"widths": [3, 2, 1], "activations": ["relu", "identity"]}, "inputs": {"csv": "dead.csv"},
 "seed": 2, "points": [{}]}
END
critpt 0 plant relu.json -o relu.h5
critpt 0 spectrum relu.h5
says out "layer 0: input 2 is 0 in every sample: 2 directions"
says out "layer 0: unit 0 can be rescaled: 1 direction"
critpt 0 spectrum relu.h5 --json
says out '"input": 2,'

# ---- Inputs that were left out ----------------------------------------------------------------------

sed 's/"dead.csv"/"dead.csv", "drop_constant": true/; s/\[3, 2/[2, 2/' relu.json >dropped.json
critpt 0 plant dropped.json -o dropped.h5
critpt 0 show dropped.h5
says out "dropped        column 2, constant"
critpt 0 show dropped.h5 --json
says out '"why": "constant"'
sed 's/"dead.csv"/"dead.csv", "drop_constant": true/' relu.json >bad.json
critpt 2 plant bad.json -o bad.h5
says err "widths[0] is 3, but the inputs have 2 columns"

# ---- Points drawn apart from given ones -------------------------------------------------------------

sed 's/{}\]/{}, {}], "separate_points": 5/' tanh.json >apart.json
critpt 0 plant apart.json -o apart.h5
says out "points were drawn apart among 5 candidates: "

# ---- Requests that contradict each other, by their places -------------------------------------------

# tanh_points POINTS NAME: the specification above with others.
tanh_points() { sed "s/\"points\": .*/\"points\": $1}/" tanh.json >"$2"; }
cat >values.json <<'END'
{"model": {"widths": [3, 3, 1], "activations": ["tanh", "identity"], "bias": false},
 "inputs": {"csv": "copy.csv"}, "seed": 2, "points": [{"critical": false}],
 "values": [{"weights": {"csv": "w.csv"}, "above": 0, "value": 0.1},
   {"weights": {"csv": "w.csv"}, "above": 0, "value": 0.2}]}
END
critpt 1 plant values.json -o values.h5
says err "values[0] (condition 0, loss_difference), values[1] (condition 1, loss_difference)"
for vector in '{"unit": 9}' '[0,0,0,0,0,0,0,0,0,1,0,0]'; do
    tanh_points "[{\"critical\": false, \"conditions\": [{\"curvature\": [$vector, {\"unit\": 0}], \"value\": 0.5}]}]" curved.json
    critpt 0 plant curved.json -o curved.h5
    critpt 0 verify curved.h5
    says out "0 false"
done
# the outputs are linear in the weights of the last layer: no targets curve the loss there
tanh_points '[{"critical": false, "conditions": [{"hessian": [9, 9], "value": -1}]}]' fixed.json
critpt 1 plant fixed.json -o fixed.h5
says err "this cannot be had, even by itself: points[0].conditions[0] (condition 0, hessian_entry)"

# ---- Arguments --------------------------------------------------------------------------------------

cp tanh.json ./-dashed.json
critpt 0 plant -o dashed.h5 -- -dashed.json
same "-- ends the options" tanh.h5 dashed.h5
sed 's/{"csv": "copy.csv"}/{"uniform": {"low": 0, "high": 1}}/' tanh.json >bad.json
critpt 2 plant bad.json -o bad.h5
says err "inputs.uniform: samples is missing; say how many to draw"
sed 's/"seed"/"base_targets": {"csv": "copy.csv", "columns": "0-1", "one_hot": true}, "seed"/' tanh.json >bad.json
critpt 2 plant bad.json -o bad.h5
says err "copy.csv: one_hot needs one column of labels, not 2; set columns"
[ ! -e bad.h5 ] && ok "no file of a bad specification" || not_ok "no file of a bad specification"

# ---- Slices -----------------------------------------------------------------------------------------

tanh_points '[{}, {}, {}]' three.json
critpt 0 plant three.json -o three.h5
critpt 0 slice three.h5 --through 0,1,2 --grid 3 --json
says out '"t": 1'

tap_end
