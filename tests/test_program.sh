#!/bin/sh
# The program as its users meet it: every exit code, and every kind of bad input with its one
# sentence, after which nothing is lost and nothing is left behind.
. "$top_srcdir/tests/program.sh"

# ---- A small instance -----------------------------------------------------------------------------

awk 'BEGIN { srand(4); for (i = 0; i < 80; i++)
    printf "%.6f,%.6f,%.6f,%d\n", rand(), rand(), rand(), i % 2 }' >data.csv
good='{"model": {"widths": [3, 2, 2], "activations": ["tanh", "identity"]},
 "inputs": {"csv": "data.csv", "columns": "0-2", "standardize": true},
 "base_targets": {"csv": "data.csv", "columns": "3", "one_hot": true},
 "seed": 5, "points": [{}, {}]}'
echo "$good" >good.json

# with NAME SED-EXPRESSION: the good specification with a change.
with() { echo "$good" | sed "$2" >"$1"; }

# ---- What works -----------------------------------------------------------------------------------

works "$CRITPT" --version
says "critpt "
works "$CRITPT" --help
says "critpt verify FILE.h5"
works "$CRITPT" -h
for name in plant show verify spectrum slice export; do
    works "$CRITPT" $name --help
    says "usage: critpt $name"
    works "$CRITPT" $name -h
    says "usage: critpt $name"
done
expect 2 'unknown subcommand "plnat"; did you mean plant?' "$CRITPT" plnat good.json
expect 2 'unknown subcommand "sepctrum"; did you mean spectrum?' "$CRITPT" sepctrum
expect 2 'unknown subcommand "plantplantplantplant"; try critpt --help' "$CRITPT" plantplantplantplant
expect 2 'unknown subcommand "grow"; did you mean show?' "$CRITPT" grow
expect 2 'unknown subcommand "teleport"; try critpt --help' "$CRITPT" teleport
works "$CRITPT" plant good.json -o good.h5
says "2 points of a 3-2-2 network (tanh, identity)"
works "$CRITPT" plant good.json -o=again.h5 --quiet
[ -s out ] && not_ok "--quiet prints nothing" || ok "--quiet prints nothing"
same "the same specification gives the same bytes" good.h5 again.h5
works "$CRITPT" plant good.json --seed 5 -o again.h5
same "--seed with the same seed too" good.h5 again.h5
works "$CRITPT" plant good.json --seed 6 -o again.h5
if cmp -s good.h5 again.h5; then not_ok "another seed"; else ok "another seed gives another file"; fi
works "$CRITPT" show good.h5
says "data.csv, seed 5"
works "$CRITPT" show --json again.h5
says '"seed": 6'
works "$CRITPT" verify good.h5
says "0 false"
says "not rechecked: base_targets (from data.csv), rank (but for the sum)"
works "$CRITPT" verify good.h5 --json
says '"n_false": 0'
works "$CRITPT" export good.h5 --csv csv
for name in inputs targets base_targets weights losses kinds eigenvalues escapes; do
    [ -s csv/$name.csv ] && ok "$name.csv" || not_ok "$name.csv"
done
# weights that come back from the CSV are the same point: fixed now, with the targets made for it
head -n 1 csv/weights.csv >w.csv
with w.json 's/"points": .*/"points": [{"weights": {"csv": "w.csv"}}, {"weights": {"hdf5": "good.h5", "dataset": "\/points\/weights_requested"}}]}/'
expect 2 'has 2 rows and 14 columns; 1 and 14 are needed' "$CRITPT" plant w.json -o w.h5
with w.json 's/"points": .*/"points": [{"weights": {"csv": "w.csv"}}, {}]}/'
works "$CRITPT" plant w.json -o w.h5
works "$CRITPT" verify w.h5
works "$CRITPT" export w.h5 --csv csv2
head -n 1 csv2/weights.csv >w2.csv
same "given weights stay as they are" w.csv w2.csv
works "$CRITPT" export good.h5 --npy npy --float32
[ -s npy/targets.npy ] && ok "targets.npy" || not_ok "targets.npy"

# The digits of the demonstration, their natures left out: those take a minute.
sed 's|"points": .*|"points": [{}, {}, {}]|; s|"csv": "|&'"$CRITPT_EXAMPLES"'/|g' \
    "$CRITPT_EXAMPLES/digits.json" >digits.json
for name in digits "$CRITPT_EXAMPLES/iris" "$CRITPT_EXAMPLES/wine-minima"; do
    works "$CRITPT" plant "$name.json" -o "${name##*/}.h5" --quiet
    works "$CRITPT" verify "${name##*/}.h5"
    says "0 false"
done
works "$CRITPT" show iris.h5 --json
says '"nature_requested": "minimum"'
says '"kind": "minimum"'
expect 0 'of random requests with 4 26 to 50 % were attained' \
    "$CRITPT" plant "$CRITPT_EXAMPLES/wine-minima.json" -o wine-minima.h5
expect 1 'multipliers prove' "$CRITPT" plant "$CRITPT_EXAMPLES/wine.json" -o wine.h5
[ ! -e wine.h5 ] && ok "no file of a refused request" || not_ok "no file of a refused request"

for inputs in '{"normal": {"samples": 60}}' '{"uniform": {"samples": 60, "low": -1, "high": 2}}' \
    '{"hdf5": "good.h5", "dataset": "inputs", "standardize": true}'; do
    for base in '"points-mean"' '"zero"' '{"noise": 0.5}'; do
        cat >other.json <<END
{"model": {"widths": [3, 3, 1], "activations": ["sigmoid", "identity"], "bias": [true, false]},
 "inputs": $inputs, "base_targets": $base, "points": [{}, {}], "rank_tolerance": 1e-10,
 "memory_limit": 100000000, "balance_output_bias": true}
END
        works "$CRITPT" plant other.json -o other.h5 --quiet
        works "$CRITPT" verify other.h5
    done
done

awk 'BEGIN { for (i = 0; i < 80; i++) print 1 + i % 3 }' >s.csv
printf '2,0.5\n0.5,1\n' >m.csv
with weighted.json 's/"seed"/"sample_weights": {"csv": "s.csv"}, "output_metric": {"csv": "m.csv"}, "seed"/'
works "$CRITPT" plant weighted.json -o weighted.h5
works "$CRITPT" verify weighted.h5
works "$CRITPT" export weighted.h5 --csv csv3
same "sample weights are exported" s.csv csv3/sample_weights.csv

# ---- What is asked and not met, and what is more than was asked -------------------------------------

# margins: one that is written is a request, the default one a wish
level='{"model": {"widths": [1, 1, 1], "activations": ["tanh", "identity"], "bias": false},
 "inputs": {"normal": {"samples": 30}}, "seed": 2, "points": [{"nature": "minimum", MARGIN "loss": 300}]}'
echo "$level" | sed 's/MARGIN/"margin": 0.9,/' >margin.json
echo "$level" | sed 's/MARGIN//' >wish.json
expect 1 'margin' "$CRITPT" plant margin.json -o margin.h5
[ ! -e margin.h5 ] && ok "no file of a missed margin" || not_ok "no file of a missed margin"
works "$CRITPT" plant wish.json -o wish.h5

# a column that is always 0: a minimum on the complement of what no targets can curve
awk 'BEGIN { srand(5); for (i = 0; i < 300; i++) printf "%.6f,%.6f,0\n", 2 * rand() - 1, rand() }' >dead.csv
echo '{"model": {"widths": [3, 1, 1], "activations": ["tanh", "identity"], "bias": false},
 "inputs": {"csv": "dead.csv"}, "seed": 2, "points": [{"nature": "minimum"}]}' >dead.json
works "$CRITPT" plant dead.json -o dead.h5
says "point 0 is a minimum on the complement of 1 null direction, not a strict one"
works "$CRITPT" verify dead.h5
sed 's/"minimum"/&, "allow": ["minimum_on_complement"]/' dead.json >allowed.json
works "$CRITPT" plant allowed.json -o allowed.h5
sed 's/"minimum"/&, "allow": ["saddle"]/' dead.json >bad.json
expect 2 'points[0].allow[0]: "saddle" cannot be allowed' "$CRITPT" plant bad.json -o bad.h5
sed 's/"minimum"/"any", "allow": ["minimum_on_complement"]/' dead.json >bad.json
expect 2 'points[0].allow: only a point with nature "minimum" can end as less' "$CRITPT" plant bad.json -o bad.h5
sed 's/"minimum"/&, "allow": []/' dead.json >bad.json
expect 2 'points[0].allow: the array is empty' "$CRITPT" plant bad.json -o bad.h5

# signs that double precision hides: the file says what extended precision saw
echo '{"model": {"widths": [3, 2, 2, 1], "activations": ["softplus", "softplus", "identity"],
 "init": {"scale": 2}}, "inputs": {"uniform": {"samples": 500, "low": -1, "high": 1}}, "seed": 1,
 "points": [{"nature": "minimum"}, {"nature": "minimum"}]}' >hidden.json
works "$CRITPT" plant hidden.json -o hidden.h5
works "$CRITPT" show hidden.h5 --json
run "both are strict minima" test "$(grep -c '"kind": "minimum"' out) $(grep -c '"nullity": 0' out)" = "2 2"
works "$CRITPT" verify hidden.h5

# every subcommand that prints does so as JSON too
for arguments in "plant good.json -o again.h5" "show good.h5" "verify good.h5" "spectrum good.h5" \
    "slice good.h5 --through 0,1 --grid 5" "export good.h5 --npy json"; do
    # shellcheck disable=SC2086
    works "$CRITPT" $arguments --json
    if [ -n "$PYTHON3" ]; then
        run "that is JSON: ${arguments%% *}" "$PYTHON3" -c 'import json; json.load(open("out"))'
    fi
done
says '"kinds.npy"'

# ---- Spectra --------------------------------------------------------------------------------------

works "$CRITPT" show good.h5
says "least eigenvalue"
works "$CRITPT" show good.h5 --json
says '"eigenvalues": ['
works "$CRITPT" spectrum good.h5
says "good.h5, point 0: a 3-2-2 network (tanh, identity), 14 weights, on 80 samples"
says "certainly negative"
works "$CRITPT" spectrum good.h5 --point 1 --csv eigenvalues.csv
says "good.h5, point 1"
awk -F, 'NF != 2 || $2 <= 0 || (NR > 1 && $1 < last) { bad = 1 } { last = $1 }
    END { exit bad || NR != 14 }' eigenvalues.csv &&
    ok "all eigenvalues, ascending, with errors" || not_ok "all eigenvalues, ascending, with errors"
# a point of the file is the same point when it comes as weights
sed -n 2p csv/weights.csv >second.csv
works "$CRITPT" spectrum good.h5 --weights second.csv --csv same.csv
says "weights second.csv"
same "the same eigenvalues from a file of weights" eigenvalues.csv same.csv
tr ',' '\n' <second.csv >column.csv
works "$CRITPT" spectrum good.h5 --weights column.csv --csv same.csv
same "and from a column" eigenvalues.csv same.csv
echo 0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1,1.1,1.2,1.3,1.4 >elsewhere.csv
works "$CRITPT" spectrum good.h5 --weights elsewhere.csv
says "not_critical"
cat >wide.json <<'END'
{"model": {"widths": [40, 45, 6], "activations": ["tanh", "identity"]},
 "inputs": {"normal": {"samples": 500}}, "points": [{}]}
END
works "$CRITPT" plant wide.json -o wide.h5 --quiet
works "$CRITPT" spectrum wide.h5 --csv wide.csv
says "12 extreme ones of 2121"
says "at least "
if command -v gnuplot >/dev/null 2>&1; then
    works "$CRITPT" spectrum good.h5 --plot picture.svg
    grep -q '</svg>' picture.svg && ok "a whole SVG" || not_ok "a whole SVG"
    grep -q 'good.h5, point 0: ' picture.svg && ok "its title" || not_ok "its title"
    works "$CRITPT" spectrum good.h5 --plot picture.png
    [ "$(dd if=picture.png bs=1 skip=1 count=3 2>/dev/null)" = PNG ] && ok "a PNG" || not_ok "a PNG"
    works "$CRITPT" spectrum wide.h5 --plot density.svg
    grep -q 'density of eigenvalues' density.svg && ok "a density" || not_ok "a density"
    cp good.h5 "it's \\'50%.h5"
    works "$CRITPT" spectrum "it's \\'50%.h5" --plot "it's \\.svg"
    grep -q '</svg>' "it's \\.svg" && ok "names with quotes" || not_ok "names with quotes"
else
    skip "pictures" "gnuplot is not installed"
fi
nothing none
# no gnuplot, and one that fails; what the libtool script of the build tree calls must be there
mkdir tools broken
for tool in sh sed ls cat expr dirname basename grep tr cut uname echo pwd env; do
    ln -s "$(command -v $tool)" tools/ 2>/dev/null
done
printf '#!/bin/sh\necho "line 3: no such thing" >&2\nexit 1\n' >broken/gnuplot
chmod +x broken/gnuplot
echo old >picture.svg
for option in svg png; do
    expect 4 'cannot run gnuplot, which --plot needs: No such file or directory' \
        env PATH="$scratch/tools" "$CRITPT" spectrum good.h5 --plot new.$option --csv new.csv
done
expect 4 'gnuplot cannot draw picture.svg: line 3: no such thing' \
    env PATH="$scratch/broken:$PATH" "$CRITPT" spectrum good.h5 --plot picture.svg
nothing new.svg new.png new.csv
[ "$(cat picture.svg)" = old ] && ok "the old picture is still there" || not_ok "the old picture"
expect 4 'cannot write no/dir/x.svg: No such file' "$CRITPT" spectrum good.h5 --plot no/dir/x.svg
expect 4 'cannot write no/dir/x.csv: No such file' "$CRITPT" spectrum good.h5 --csv no/dir/x.csv
expect 2 'good.h5 has no point 2; its points are 0 to 1' "$CRITPT" spectrum good.h5 --point 2
expect 2 '"x" is not an integer' "$CRITPT" spectrum good.h5 --point x
expect 2 'give one of --point K and --weights' "$CRITPT" spectrum good.h5 --point 0 --weights w.csv
expect 2 'picture.pdf" must end in .svg or .png' "$CRITPT" spectrum good.h5 --plot picture.pdf
head -n 2 csv/weights.csv >two.csv
expect 2 'two.csv has 2 rows and 14 columns; one row or one column of 14' \
    "$CRITPT" spectrum good.h5 --weights two.csv
sed 's/^[^,]*/nan/' second.csv >nanw.csv
expect 2 'nanw.csv: line 1, column 0: "nan" is not finite' "$CRITPT" spectrum good.h5 --weights nanw.csv
expect 4 'cannot read absent.csv: No such file' "$CRITPT" spectrum good.h5 --weights absent.csv

# ---- Slices -----------------------------------------------------------------------------------------

with three.json 's/{}, {}/{}, {}, {}/'
works "$CRITPT" plant three.json -o three.h5 --quiet
works "$CRITPT" export three.h5 --csv csv4
# losses by plain formulas from the exported arrays at the places s, t of a slice; prints the largest
# error relative to the largest loss, and how many places there are
cat >losses.awk <<'AWK'
function tanh(x) { return x > 20 ? 1 : x < -20 ? -1 : 1 - 2 / (exp(2 * x) + 1) }
FILENAME ~ /weights/ { for (i = 1; i <= 14; i++) w[FNR - 1, i] = $i; next }
FILENAME ~ /inputs/ { for (i = 1; i <= 3; i++) x[FNR, i] = $i; n = FNR; next }
FILENAME ~ /targets/ { y[FNR, 1] = $1; y[FNR, 2] = $2; next }
FNR == 1 { if ($0 != (plane ? "s,t,loss" : "s,loss")) bad = 1; next }
{
    t = plane ? $2 : 0
    for (i = 1; i <= 14; i++)
        v[i] = w[a, i] + $1 * (w[b, i] - w[a, i]) + t * (w[c, i] - w[a, i])
    sum = 0
    for (k = 1; k <= n; k++) {
        for (u = 1; u <= 2; u++)
            h[u] = tanh(v[3 * u - 2] * x[k, 1] + v[3 * u - 1] * x[k, 2] + v[3 * u] * x[k, 3] + v[6 + u])
        for (o = 1; o <= 2; o++) {
            r = v[7 + 2 * o] * h[1] + v[8 + 2 * o] * h[2] + v[12 + o] - y[k, o]
            sum += r * r
        }
    }
    error = sum / (2 * n) - $NF
    worst = error > worst ? error : -error > worst ? -error : worst
    largest = $NF > largest ? $NF : largest
    last = $1 "," t
    if (!places++) first = $1 "," t
}
END { print worst / largest < 1e-13 && !bad ? "right" : "wrong: " worst / largest, places, first, last }
AWK
# losses A B C PLANE SLICE EXPECTED
losses() {
    found=$(awk -F, -v a=$1 -v b=$2 -v c=$3 -v plane=$4 -f losses.awk csv4/weights.csv \
        csv4/inputs.csv csv4/targets.csv $5)
    if [ "$found" = "$6" ]; then ok "$5: $6"; else not_ok "$5: $found, not $6"; fi
}
works "$CRITPT" slice three.h5 --through 2,0 --grid 9 --csv line.csv
says "line           w = w2 + s (w0 - w2), through points 2 and 0, "
says "nodes          13, from -0.25 to 1.25, 0.125 apart"
losses 2 0 0 0 line.csv "right 13 -0.25,0 1.25,0"
works "$CRITPT" slice three.h5 --through 1,0,2 --grid 6 --csv plane.csv
says "plane          w = w1 + s (w0 - w1) + t (w2 - w1), through points 1, 0 and 2"
says "nodes          10 x 10, from -0.4 to 1.4, 0.2 apart"
losses 1 0 2 1 plane.csv "right 100 -0.40000000000000002,-0.40000000000000002 1.3999999999999999,1.3999999999999999"
# the table: the points that the slice goes through, with the losses that show prints
awk '$1 ~ /^[012]$/ && NF >= 4 { printf "%s %g %g;", $1, $2, $3 }' out >places
[ "$(cat places)" = "1 0 0;0 1 0;2 0 1;" ] && ok "the points' places" || not_ok "places: $(cat places)"
"$CRITPT" show three.h5 >shown
for k in 0 1 2; do
    awk -v k=$k 'FNR == NR { if ($1 == k && NF >= 6 && !loss) loss = $2; next }
        $1 == k && NF >= 4 { d = $4 / loss - 1; found = d < 1e-5 && d > -1e-5 } END { exit !found }' \
        shown out && ok "the loss of point $k" || not_ok "the loss of point $k"
done
works "$CRITPT" slice three.h5 --through 1,0,2 --grid 6 --csv again.csv
same "the same slice gives the same bytes" plane.csv again.csv
# a point in the middle of two is found on their line, one elsewhere is not
works "$CRITPT" slice three.h5 --through 0,1
says "nodes          301, "
[ "$(grep -c '^ *[0-9]  ' out)" -eq 2 ] && ok "two points on the line" || not_ok "points on the line"
awk -F, 'NR < 3 { for (i = 1; i <= NF; i++) w[NR, i] = $i }
    END { for (i = 1; i <= 14; i++) printf "%.17g%s", (w[1, i] + w[2, i]) / 2, i < 14 ? "," : "\n" }' \
    csv4/weights.csv >middle.csv
for k in 1 2; do sed -n ${k}p csv4/weights.csv >end$k.csv; done
with middle.json 's/{}, {}/{"weights": {"csv": "end1.csv"}}, {"weights": {"csv": "middle.csv"}}, {"weights": {"csv": "end2.csv"}}/'
"$CRITPT" plant middle.json -o middle.h5 --quiet --keep 2>/dev/null # on one line: may be infeasible
works "$CRITPT" slice middle.h5 --through 0,2
awk '$1 == 1 && $2 == 0.5 { found = 1 } END { exit !found }' out &&
    ok "the point in the middle is found" || not_ok "the point in the middle is found"
expect 2 'points 0, 1 and 2 lie on one line; give two of them' \
    "$CRITPT" slice middle.h5 --through 0,1,2
with twice.json 's/{}, {}/{"weights": {"csv": "end1.csv"}}, {"weights": {"csv": "end1.csv"}}/'
"$CRITPT" plant twice.json -o twice.h5 --quiet --keep 2>/dev/null
expect 2 'points 0 and 1 have the same weights' "$CRITPT" slice twice.h5 --through 0,1
if command -v gnuplot >/dev/null 2>&1; then
    works "$CRITPT" slice three.h5 --through 0,1,2 --grid 11 --plot plane.svg
    for words in '</svg>' 'three.h5: the loss on the plane through points 0, 1 and 2' \
        's: from point 0 to point 1, ' 't: from point 0 to point 2, ' '>loss' '>0 saddle, index '; do
        grep -qF -e "$words" plane.svg && ok "plane.svg has $words" || not_ok "plane.svg: $words"
    done
    works "$CRITPT" slice three.h5 --through 0,1,2 --grid 11 --plot again.svg
    same "the same picture gives the same bytes" plane.svg again.svg
    works "$CRITPT" slice three.h5 --through 0,1 --plot line.svg
    grep -qF 'the loss on the line through points 0 and 1' line.svg && ok "a line" || not_ok "a line"
    works "$CRITPT" slice three.h5 --through 0,1,2 --grid 2 --plot plane.png
    [ "$(dd if=plane.png bs=1 skip=1 count=3 2>/dev/null)" = PNG ] && ok "a PNG" || not_ok "a PNG"
    works "$CRITPT" slice "it's \\'50%.h5" --through 0,1 --plot "it's \\.svg"
    grep -q '</svg>' "it's \\.svg" && ok "names with quotes" || not_ok "names with quotes"
else
    skip "pictures of slices" "gnuplot is not installed"
fi
expect 4 'cannot run gnuplot, which --plot needs: No such file or directory' env PATH="$scratch/tools" \
    "$CRITPT" slice three.h5 --through 0,1 --plot new.svg --csv new.csv
expect 4 'gnuplot cannot draw picture.svg: line 3: no such thing' env PATH="$scratch/broken:$PATH" \
    "$CRITPT" slice three.h5 --through 0,1,2 --plot picture.svg --csv new.csv
[ "$(cat picture.svg)" = old ] && ok "the old picture is still there" || not_ok "the old picture"
nothing new.svg new.csv
expect 4 'cannot write no/dir/x.csv: No such file' \
    "$CRITPT" slice three.h5 --through 0,1 --csv no/dir/x.csv
expect 2 'give one of --through A,B[,C] and --point K; usage: critpt slice' "$CRITPT" slice three.h5
for list in 0 0,1,2,3 0,x 0,,1 ,0,1 '0,1,' 0-2 0,-1 0,99999999999999999999; do
    expect 2 "\"$list\" is not A,B or A,B,C" "$CRITPT" slice three.h5 --through $list
done
for name in 'spectrum --csv' 'slice --through 0,1 --csv'; do
    # shellcheck disable=SC2086 # words
    expect 2 '--csv three.h5 is the landscape file itself' "$CRITPT" $name three.h5 three.h5
done
expect 2 '--csv end1.csv is the file of weights itself' \
    "$CRITPT" spectrum three.h5 --weights end1.csv --csv end1.csv
expect 2 'three.h5 has no point 3; its points are 0 to 2' "$CRITPT" slice three.h5 --through 0,3
expect 2 'point 1 is named twice' "$CRITPT" slice three.h5 --through 1,0,1
expect 2 '--grid: 1 is outside 2 .. 100000' "$CRITPT" slice three.h5 --through 0,1 --grid 1
expect 2 '--grid: 1002 is outside 2 .. 1001' "$CRITPT" slice three.h5 --through 0,1,2 --grid 1002
expect 2 'picture.pdf" must end in .svg or .png' \
    "$CRITPT" slice three.h5 --through 0,1 --plot picture.pdf
expect 2 'good.json is not an HDF5 file' "$CRITPT" slice good.json --through 0,1
expect 4 'cannot read absent.h5: No such file' "$CRITPT" slice absent.h5 --through 0,1
# interrupted at work, which would take minutes; later where the machine is too slow to begin at once
for seconds in 1 4 16; do
    "$CRITPT" slice digits.h5 --through 0,1,2 --grid 1001 --csv new.csv >out 2>err &
    sleep $seconds
    kill $!
    wait $!
    found=$?
    [ $found -eq 143 ] && break
done
[ $found -eq 143 ] && grep -q 'interrupted; nothing was written' err &&
    ok "exit 128 + 15: interrupted" || not_ok "exit $found, not 143"
nothing new.csv

# ---- Exit 1: what cannot be met ---------------------------------------------------------------------

expect 1 'sample 502' "$CRITPT" plant "$CRITPT_EXAMPLES/digits61.json" -o no.h5
nothing no.h5
for words in 'input column 53 is column 56' 'sample 502 is row 502' 'Conflict 0, of ' \
    'drop_rare' '(point 1, layer 0, row '; do
    grep -qF "$words" err && ok "names $words" || not_ok "names $words"
done
expect 1 'was written all the same, marked as not planted' \
    "$CRITPT" plant "$CRITPT_EXAMPLES/digits61.json" -o kept.h5 --keep
works "$CRITPT" show kept.h5
says "NOT PLANTED"
works "$CRITPT" verify kept.h5
with few.json 's/"inputs": .*,$/"inputs": {"normal": {"samples": 5}},/; s/"base_targets.*//'
expect 1 'few.json: ' "$CRITPT" plant few.json -o no.h5
nothing no.h5
expect 1 'raise --limit' "$CRITPT" verify digits.h5 --limit 1e-9

# ---- Exit 2: usage ------------------------------------------------------------------------------------

expect 2 'no subcommand' "$CRITPT"
expect 2 'unknown subcommand "plnat"' "$CRITPT" plnat
expect 2 'the specification is missing; usage: critpt plant' "$CRITPT" plant -o x.h5
expect 2 'is the specification itself; give another name' "$CRITPT" plant good.json -o ./good.json
expect 2 '-o FILE.h5 is missing' "$CRITPT" plant good.json
expect 2 '-o needs a value' "$CRITPT" plant good.json -o
expect 2 'unknown option --sed' "$CRITPT" plant good.json -o x.h5 --sed 3
expect 2 '"-1" is not an integer' "$CRITPT" plant good.json -o x.h5 --seed -1
expect 2 'is not an integer' "$CRITPT" plant good.json -o x.h5 --seed 9223372036854775808
expect 2 '"b.json" is one argument too many' "$CRITPT" plant good.json b.json -o x.h5
expect 2 '--quiet takes no value' "$CRITPT" plant good.json -o x.h5 --quiet=1
expect 2 'is not a positive number of seconds' "$CRITPT" verify good.h5 --limit 0
expect 2 'give one of --csv DIR and --npy DIR' "$CRITPT" export good.h5
expect 2 'give one of --csv DIR and --npy DIR' "$CRITPT" export good.h5 --csv a --npy b
nothing x.h5 a b

# ---- Names in a header, another separator, byte order marks -----------------------------------------

bom=$(printf '\357\273\277')
{ echo "${bom}a;label;b;c" && awk -F, '{ print $1 ";" $4 ";" $2 ";" $3 }' data.csv; } >named.csv
as='"named.csv", "header": true, "separator": ";", "columns":'
{ printf %s "$bom" && echo "$good" | sed "s/\"data.csv\", \"columns\": \"0-2\"/$as [\"a\", \"b\", \"c\"]/
s/\"data.csv\", \"columns\": \"3\"/$as [\"label\"]/"; } >named.json
works "$CRITPT" plant named.json -o named.h5
works "$CRITPT" export named.h5 --csv named
works "$CRITPT" export good.h5 --csv numbered
for file in inputs targets base_targets weights; do
    same "$file by names are those by numbers" numbered/$file.csv named/$file.csv
done

# ---- Exit 2: bad input ----------------------------------------------------------------------------------

bad() { # WORDS SED-EXPRESSION
    with bad.json "$2"
    expect 2 "$1" "$CRITPT" plant bad.json -o bad.h5
}
cp data.csv ragged.csv && echo 1,2,3 >>ragged.csv
sed '7s/^[^,]*/nan/' data.csv >nan.csv
sed '9s/^[^,]*/seven/' data.csv >text.csv
: >empty.csv
awk -F, '{ print "4," $0 }' data.csv >constant.csv
bad 'ragged.csv: line 81 has 3 values, the rows before it have 4' 's/data.csv/ragged.csv/'
bad 'nan.csv: line 7, column 0: "nan" is not finite' 's/data.csv/nan.csv/'
bad 'text.csv: line 9, column 0: "seven" is not a decimal number' 's/data.csv/text.csv/'
tr , ';' <data.csv >semicolons.csv
bad 'is not a decimal number; it has semicolons' 's/"data.csv", "columns": "0-2"/"semicolons.csv"/'
bad 'no column is named "z"; there is "a;label;b;c"; it has semicolons' \
    's/"data.csv", "columns": "0-2"/"named.csv", "header": true, "columns": ["z"]/'
bad 'empty.csv has no rows' 's/data.csv/empty.csv/'
bad 'column 0 is 4 in every row and cannot be standardized' 's/"data.csv", "columns": "0-2"/"constant.csv", "columns": "0-2"/'
bad 'model.widths[0] is 3, but the inputs have 2 columns' 's/0-2/0-1/'
bad 'column 9 is asked for, but line 1 has the columns 0 to 3' 's/0-2/0-9/'
bad '"2-0" is not a list of columns' 's/0-2/2-0/'
bad 'base_targets have 2 classes, the model 3 outputs' 's/\[3, 2, 2\]/[3, 2, 3]/'
bad 'points[1].natur: unknown key; known: nature' 's/{}\]/{"natur": "any"}]/'
bad 'points[1]: index is missing' 's/{}\]/{"nature": "saddle"}]/'
bad 'model.activations[0]: "tahn" is not an activation; known:' 's/"tanh"/"tahn"/'
bad 'model.widths[1]: 0 is outside 1 .. ' 's/3, 2, 2/3, 0, 2/'
bad 'model.widths[1]: 3000000000 is outside' 's/3, 2, 2/3, 3000000000, 2/'
bad 'bad.json: line 1, column ' 's/"model": {/"model" {/'
bad 'duplicate' 's/"seed": 5/"seed": 5, "seed": 6/'
head -n 79 data.csv >short.csv
bad 'base_targets have 79 rows, the inputs 80' 's/"base_targets": {"csv": "data.csv"/"base_targets": {"csv": "short.csv"/'
echo 1,2,3 >w3.csv
bad 'w3.csv: the weight vector has 1 rows and 3 columns' 's/{}\]/{"weights": {"csv": "w3.csv"}}]/'
bad 'has no dataset /none' 's/{}\]/{"weights": {"hdf5": "good.h5", "dataset": "\/none"}}]/'
bad 'sample_weights has 79 rows' 's/"seed"/"sample_weights": {"csv": "short.csv", "columns": "3"}, "seed"/'
printf '1,2\n2,1\n' >indefinite.csv
bad 'indefinite.csv: ' 's/"seed"/"output_metric": {"csv": "indefinite.csv"}, "seed"/'
nothing bad.h5
echo text >foreign.h5
head -c 3000 good.h5 >truncated.h5
for name in show verify; do
    expect 2 'foreign.h5 is not an HDF5 file' "$CRITPT" $name foreign.h5
    expect 2 'truncated.h5 is a damaged or truncated HDF5 file' "$CRITPT" $name truncated.h5
    [ "$(wc -l <err)" -eq 1 ] && ok "one sentence" || not_ok "one sentence"
done
expect 2 'foreign.h5 is not an HDF5 file' "$CRITPT" export foreign.h5 --csv dir
nothing dir

# ---- Exit 4: the environment ------------------------------------------------------------------------------

expect 4 'cannot read missing.json: No such file' "$CRITPT" plant missing.json -o x.h5
expect 4 'cannot read missing.h5: No such file' "$CRITPT" verify missing.h5
with bad.json 's/data.csv/missing.csv/'
expect 4 'cannot read missing.csv: No such file' "$CRITPT" plant bad.json -o x.h5
expect 4 'cannot write no/dir/x.h5: No such file' "$CRITPT" plant good.json -o no/dir/x.h5
expect 4 'not a regular file' "$CRITPT" plant good.json -o csv
expect 4 'not a regular file' "$CRITPT" plant good.json -o /dev/null
with bad.json 's/"seed"/"memory_limit": 1000, "seed"/'
expect 4 'limit' "$CRITPT" plant bad.json -o x.h5
expect 4 'good.h5: it is not a directory' "$CRITPT" export good.h5 --csv good.h5
nothing x.h5
cp again.h5 precious.h5
expect 4 'cannot write precious.h5: File too large' \
    sh -c 'ulimit -Sf 2; exec "$0" plant good.json -o precious.h5' "$CRITPT"
same "the old file is still there" again.h5 precious.h5
expect 4 'cannot write small/inputs.csv: File too large' \
    sh -c 'ulimit -Sf 2; exec "$0" export good.h5 --csv small' "$CRITPT"
nothing small
if [ -c /dev/full ]; then
    expect 4 'cannot write to standard output' sh -c '"$0" --help >/dev/full' "$CRITPT"
fi
if [ "$(id -u)" -ne 0 ]; then
    mkdir locked && chmod a-w locked
    expect 4 'locked/x.h5: Permission denied' "$CRITPT" plant good.json -o locked/x.h5
fi

tap_end
