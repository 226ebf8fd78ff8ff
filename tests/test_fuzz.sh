#!/bin/sh
# What reads files of others, fed with the files of tests/fuzz/corpus and with some that chance has
# damaged, the same ones every time. .ci/long.d/fuzz takes other ones for as long as it is told.
. "$top_srcdir/tests/tap.sh"
cd "$scratch" || exit 99
LC_ALL=C && export LC_ALL

corpus=$top_srcdir/tests/fuzz/corpus

# feed TARGET RUNS FILE...
feed() {
    target=$1 runs=$2
    shift 2
    "$top_builddir/tests/fuzz/$target" -n "$runs" "$@" >out 2>err
    grep -q '^1\.\.' out || echo "not ok - $target ended" >>out
    while IFS= read -r line; do
        case $line in
        ok*) ok "$target:${line#ok -}" ;;
        not*)
            not_ok "$target:${line#not ok -}"
            sed 's/^/# /' err | head -n 40
            ;;
        '#'*) echo "$line" ;;
        esac
    done <out
}

feed fuzz_csv 1000 "$corpus"/csv/*
feed fuzz_spec 1000 "$corpus"/spec/* "$top_srcdir"/tests/cases/*/spec.json
feed fuzz_race 1000 "$corpus"/race/*
feed fuzz_file 100 "$corpus"/file/*
tap_end
