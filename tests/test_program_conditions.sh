#!/bin/sh
# Conditions, values, pictures and frozen targets as users ask for them in a specification.
. "$top_srcdir/tests/program.sh"

printf '0,1,0\n1,0,1\n0,2,0\n' >image.csv
awk 'BEGIN { for (i = 0; i < 26; i++) print 0.3 * (i % 7) - 0.8 }' >away.csv
awk 'BEGIN { for (i = 0; i < 900; i++) print (i < 20) ",0" }' >mask.csv
cat >asked.json <<'END'
{"model": {"widths": [3, 4, 2], "activations": ["tanh", "tanh"], "init": {"scale": 2}},
 "inputs": {"normal": {"samples": 900}}, "seed": 5,
 "points": [{}, {"loss_above": {"point": 0, "by": 0.25}, "conditions": [
     {"hessian": [1, 2], "value": 0.5}, {"eigenpair": {"unit": 4}, "value": -0.25}]},
   {"critical": false, "conditions": [{"gradient": {"unit": 0}},
     {"curvature": [{"unit": 3}, {"csv": "away.csv"}], "value": 1, "soft": 10}]},
   {"critical": false}],
 "values": [{"weights": {"csv": "away.csv"}, "above": 0, "value": 0.125},
   {"plane": [0, 2, 3], "grid": 3, "csv": "image.csv"}],
 "frozen": {"csv": "mask.csv"}, "amplification_limit": 1e6}
END
# asked NAME SED-EXPRESSION: the specification above with a change.
asked() { sed "$2" asked.json >"$1"; }
works "$CRITPT" plant asked.json -o asked.h5
says "loss_difference      1 above 0             0.25          0.25"
says "hessian_entry 1, 2   1                      0.5           0.5"
says "loss_difference      4 above 0            0.125         0.125"
says "picture 3 x 3        0, 2, 3                  2             2"
says "20 of 1800 targets are the base targets"
works "$CRITPT" verify asked.h5
says "5 points, 7 conditions, 900 samples"
says "0 false"
works "$CRITPT" show asked.h5 --json
says '"type": "gradient"'
# the picture is in the loss, but for a constant; rows upwards from the side A-B
works "$CRITPT" slice asked.h5 --through 0,2,3 --grid 3 --csv nodes.csv
awk -F, 'FNR == NR { for (j = 1; j <= 3; j++) wanted[FNR, j] = $j; next }
    FNR > 1 && $1 > -0.1 && $1 < 1.1 && $2 > -0.1 && $2 < 1.1 {
        value = wanted[int(2 * $2 + 1.5), int(2 * $1 + 1.5)]
        if (!n++) level = $3 - value
        d = $3 - level - value
        if (d > 1e-9 || d < -1e-9) bad = 1 }
    END { exit bad || n != 9 }' image.csv nodes.csv && ok "the picture" || not_ok "the picture"
# two values for one entry: both are named as they stand in the specification
asked twice.json 's/{"eigenpair": {"unit": 4}, "value": -0.25}/{"hessian": [2, 1], "value": 0.75}/'
expect 1 'points[1].conditions[0] (condition 1, hessian_entry), points[1].conditions[1] (condition 2, hessian_entry)' \
    "$CRITPT" plant twice.json -o twice2.h5
asked loss.json 's/\[{}, /[{"loss": 1e-9}, /'
expect 1 'the loss of point 0 cannot be' "$CRITPT" plant loss.json -o twice2.h5
asked limit.json 's/1e6/1e-3/'
expect 1 'amplification' "$CRITPT" plant limit.json -o twice2.h5
nothing twice2.h5
expect 1 'marked as not planted' "$CRITPT" plant limit.json -o kept.h5 --keep
works "$CRITPT" show kept.h5
says "NOT PLANTED: "
"$CRITPT" verify kept.h5 >out 2>err && ok "a kept file is verified" || not_ok "a kept file is verified"

asked_badly() { # WORDS SED-EXPRESSION
    asked bad.json "$2"
    expect 2 "$1" "$CRITPT" plant bad.json -o bad.h5
}
asked_badly 'image.csv: the picture has 3 rows and 3 columns; 4 and 4 are needed' 's/"grid": 3/"grid": 4/'
asked_badly 'points[2].conditions[0].gradient.unit: 26; the weights are 0 to 25' 's/{"unit": 0}/{"unit": 26}/'
asked_badly 'points[2].conditions[0].gradient: 2 numbers; the model has 26 weights' 's/{"unit": 0}/[1, 2]/'
asked_badly 'points[1].conditions[0]: entry (1, 99) lies outside the Hessian of order 26' 's/\[1, 2\]/[1, 99]/'
asked_badly 'points[1].loss_above: point 1 cannot lie above itself' 's/{"point": 0/{"point": 1/'
asked_badly 'away.csv: frozen has 26 rows and 1 columns; 900 and 2 are needed' 's/mask.csv/away.csv/'
sed '7s/.*/2,0/' mask.csv >badmask.csv
asked_badly 'badmask.csv: frozen is 2 for sample 6, output 0' 's/mask.csv/badmask.csv/'
asked_badly 'separate_points: 1 is outside 2 .. ' 's/"frozen"/"separate_points": 1, "frozen"/'
asked apart.json 's/"frozen"/"separate_points": 12, "frozen"/'
works "$CRITPT" plant apart.json -o apart.h5
says 'points were drawn apart among 12 candidates: the amplification '
works "$CRITPT" verify apart.h5
# where the chosen points are worse than the first draws, those are kept
seed=0
while [ $seed -lt 20 ]; do
    echo '{"model": {"widths": [3, 4, 1], "activations": ["tanh", "identity"]},
     "inputs": {"normal": {"samples": 200}}, "points": [{}, {}], "separate_points": 4}' >apart.json
    "$CRITPT" plant apart.json --seed $seed -o apart-$seed.h5 || break
    seed=$((seed + 1))
done >out 2>err
says 'times as large as that of the first ones, which were kept'
says 'times smaller than that of the first ones'
if grep -q ' 0\.[0-9]* times' out; then not_ok "no gain is below 1"; else ok "no gain is below 1"; fi

tap_end
