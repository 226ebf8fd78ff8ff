#!/bin/sh
# The program is killed wherever it is about to make, write, rename or remove a file: each output is the
# earlier one or the new one, as a whole, at any time.
. "$top_srcdir/tests/tap.sh"
cd "$scratch" || exit 99
LC_ALL=C && export LC_ALL
kill_at=$top_builddir/tests/kill_at

"$kill_at" 1 true 2>err
[ $? -eq 77 ] && skip_all "processes cannot be traced here, the program is NOT killed"
[ -n "$SANITIZERS" ] && skip_all "LeakSanitizer cannot work in a traced process, the program is NOT killed"

cat >spec.json <<'END'
{"model": {"widths": [2, 2, 1], "activations": ["tanh", "identity"]},
 "inputs": {"normal": {"samples": 30}}, "seed": 5, "points": [{}, {}]}
END
"$CRITPT" plant spec.json -o in.h5 --quiet || exit 99

# arguments KIND PATH: those for an output of this kind.
arguments() {
    case $1 in
    plant) echo plant spec.json -o "$2" --quiet ;;
    spectrum) echo spectrum in.h5 --csv "$2" ;;
    slice) echo slice in.h5 --through 0,1 --grid 1000 --csv "$2" ;;
    picture) echo slice in.h5 --through 0,1 --plot "$2.svg" ;;
    both) echo spectrum in.h5 --csv "$2" --plot "$2.svg" ;;
    export) echo export in.h5 --csv "$2" ;;
    report) echo report in.h5 -o "$2" ;;
    esac
}

# earlier_or_new: of each file of the directory `whole` there is the earlier one or this one in `found`.
earlier_or_new() {
    for new in whole/*; do
        cmp -s "found/${new#whole/}" "$new" || grep -qx earlier "found/${new#whole/}" || return 1
    done
}

kinds='plant spectrum slice export report'
if command -v gnuplot >/dev/null; then kinds="$kinds picture both"; fi
for kind in $kinds; do
    rm -rf whole && mkdir whole
    case $kind in export) place= ;; *) place=/out ;; esac
    # shellcheck disable=SC2046 # arguments are words
    "$CRITPT" $(arguments $kind whole$place) >out 2>err || not_ok "$kind: works"
    k=0 at='' wrong=''
    while [ "$at" != ended ]; do
        k=$((k + 1))
        rm -rf found && mkdir found
        for new in whole/*; do echo earlier >"found/${new#whole/}"; done
        # shellcheck disable=SC2046
        at=$("$kill_at" $k "$CRITPT" $(arguments $kind found$place) 2>&1 >out)
        earlier_or_new || wrong="$wrong $k ($at)"
        seen="$seen $at"
    done
    run "$kind: killed at $((k - 1)) places" test -z "$wrong" -a $k -gt 5
    [ -n "$wrong" ] && echo "# torn at:$wrong"
    run "$kind: in the end the output is the new one" diff -r whole found
    # gnuplot's bytes come in pieces, more or fewer: another call is the K-th each time
    case $kind:$seen in
    *open*write*rename*end*) ok "$kind:$seen" ;;
    picture:*write* | both:*write*) ok "$kind:$seen" ;;
    *) not_ok "$kind:$seen" ;;
    esac
    seen=
done
tap_end
