#!/bin/sh
# Slices that leave a point along directions, against quadratics and against each other.
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

# range and curvature of directions a and b, as printed
numbers() {
    awk '$1 == "a" { ra = $2; ca = $NF } $1 == "b" { rb = $2; cb = $NF }
        END { print ra, ca, rb, cb }' out
}

# ---- A quadratic loss: L + (ca ra^2 s^2 + cb rb^2 t^2) / 2 along eigenvectors ----------------------

cat >linear.json <<'END'
{"model": {"widths": [3, 1], "activations": ["identity"], "bias": true},
 "inputs": {"normal": {"samples": 60}}, "seed": 5, "base_targets": {"noise": 1}, "points": [{}]}
END
critpt 0 plant linear.json -o linear.h5
critpt 0 slice linear.h5 --point 0 --along escape,top --csv nodes.csv --grid 21
# shellcheck disable=SC2046
set -- $(numbers)
run "ranges bend the loss alike" awk "BEGIN { q = $2 * $1 * $1 / ($4 * $3 * $3); exit !(q > 0.9999 && q < 1.0001) }"
run "the loss is the quadratic of its curvatures" awk -F, "
    NR > 1 { s[NR] = \$1; t[NR] = \$2; l[NR] = \$3; if (\$1 == 0 && \$2 == 0) centre = \$3 }
    END { size = $2 * $1 * $1
        for (i = 2; i <= NR; i++) {
            off = l[i] - centre - ($2 * $1 ^ 2 * s[i] ^ 2 + $4 * $3 ^ 2 * t[i] ^ 2) / 2
            if (off > 1e-4 * size || off < -1e-4 * size) exit 1
        }
        exit NR != 442 }" nodes.csv
critpt 0 slice linear.h5 --point 0 --along 0 --range 0.5 --csv one.csv
critpt 0 slice linear.h5 --point 0 --along escape --range 0.5 --csv two.csv
same "escape is eigenvector 0" one.csv two.csv
critpt 0 slice linear.h5 --point 0 --along 3 --range 0.5 --csv one.csv
critpt 0 slice linear.h5 --point 0 --along top --range 0.5 --csv two.csv
same "top is the last one" one.csv two.csv
critpt 0 slice linear.h5 --point 0 --along random --csv one.csv
critpt 0 slice linear.h5 --point 0 --along random:0 --csv two.csv
same "random is that of seed 0" one.csv two.csv
critpt 0 slice linear.h5 --point 0 --along random:1 --csv two.csv
if cmp -s one.csv two.csv; then not_ok "seeds differ"; else ok "seeds differ"; fi
printf '0\n0\n0\n2\n' >bias.csv # the curvature along a bias is 1, along twice it as well
critpt 0 slice linear.h5 --point 0 --along bias.csv,random:7 --range 0.5,2
says out "0.5 long, along bias.csv, curvature 1"
says out "2 long, along random:7"

# ---- A saddle falls along its escape, and its picture says how it is drawn -------------------------

cat >saddle.json <<'END'
{"model": {"widths": [2, 3, 1], "activations": ["tanh", "identity"], "bias": true},
 "inputs": {"normal": {"samples": 200}}, "seed": 2, "points": [{"nature": "saddle", "index": 1}]}
END
critpt 0 plant saddle.json -o saddle.h5
critpt 0 slice saddle.h5 --point 0 --along escape,top --range 0.02,0.001 --csv nodes.csv
run "down along escape, up along top" awk -F, '
    $1 == -1 && $2 == 0 { left = $3 } $1 == 1 && $2 == 0 { right = $3 } $1 == 0 && $2 == 0 { at = $3 }
    $1 == 0 && $2 == 1 { up = $3 }
    END { exit !(left < at && right < at && up > at) }' nodes.csv
if command -v gnuplot >/dev/null; then
    critpt 0 slice saddle.h5 --point 0 --along escape,top --plot saddle.svg
    if grep -q 'asinh scale' saddle.svg && grep -q 'along escape, curvature -' saddle.svg; then
        ok "transform and directions are named"
    else
        not_ok "transform and directions are named"
    fi
else
    skip "transform and directions are named" "gnuplot is not installed"
fi

# ---- What cannot be drawn ---------------------------------------------------------------------------

critpt 2 slice linear.h5
says err "give one of --through A,B[,C] and --point K"
critpt 2 slice linear.h5 --point 0
says err "--point K needs --along"
critpt 2 slice linear.h5 --through 0,1 --along top
says err "belong to --point K"
critpt 2 slice linear.h5 --point 1 --along top
says err "has no point 1"
critpt 2 slice linear.h5 --point 0 --along 4
says err "there is no eigenvector 4; they are 0 to 3"
critpt 2 slice linear.h5 --point 0 --along top,3
says err "the directions are one"
critpt 2 slice linear.h5 --point 0 --along top,,1
says err "one or two directions"
critpt 2 slice linear.h5 --point 0 --along top,escape,1
says err "one or two directions"
critpt 2 slice linear.h5 --point 0 --along random:x
says err "the seed is a number"
critpt 2 slice linear.h5 --point 0 --along top --range 0
says err "--range: give a positive number"
critpt 2 slice linear.h5 --point 0 --along top --range 1,2
says err "--range: give a positive number"
critpt 2 slice linear.h5 --point 0 --along top --range 1e-12
says err "is rounding of the weights"
printf '1\n2\n' >short.csv
critpt 2 slice linear.h5 --point 0 --along short.csv
says err "as many numbers as there are weights, 4"
printf '0,0,0,0\n' >zero.csv
critpt 2 slice linear.h5 --point 0 --along zero.csv
says err "a direction of zeros"
critpt 4 slice linear.h5 --point 0 --along nothing.csv
tap_end
