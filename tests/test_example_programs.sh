#!/bin/sh
# The C programs in examples compile without a warning, run, and show what they promise.
. "$top_srcdir/tests/tap.sh"
cd "$scratch" || exit 99

# build NAME
build() {
    # shellcheck disable=SC2086
    run "$1.c compiles and links" "$top_builddir/libtool" --quiet --tag=CC --mode=link \
        $CC $CFLAGS -Wall -Wextra -Wpedantic -Werror -I"$top_srcdir/include" \
        "$CRITPT_EXAMPLES/$1.c" -o "$1" "$top_builddir/libcritpt.la" -lm
}

# shows NAME PATTERN COUNT: so many lines of its output match.
shows() {
    n=$(grep -c "$2" "$1.out")
    if [ "$n" = "$3" ]; then
        ok "$1 shows '$2' $3 times"
    else
        not_ok "$1 shows '$2' $3 times, not $n"
        sed 's/^/# /' "$1.out"
    fi
}

for name in convolution hessian peaks plant saddle split tradeoff weight_decay; do
    build "$name"
    ./"$name" >"$name.out" 2>&1
    if [ $? = 0 ]; then ok "$name ends well"; else not_ok "$name: $(cat "$name.out")"; fi
done

shows plant 'gradient| [0-9.]*e-1[0-9]' 2

# a minimum and a saddle of the kernel, which the matrix does not have
shows convolution '^tied .* units: minimum, index 0' 1
shows convolution '^tied .* units: saddle, index 1' 1
shows convolution '^untied .* units: not_critical' 2

# minima under their own decay alone
shows weight_decay '^decay 0.01 .* minimum' 2
shows weight_decay 'not_critical' 6

# minima of a model of outputs alone
shows peaks '^# heights .*: minimum, index 0' 2

# two minima, and the saddle is the highest place between them
shows saddle '^# s = [01].[05]: minimum, index 0' 2
shows saddle '^# s = 0.5: saddle' 1
awk '!/^#/ && $1 >= 0 && $1 <= 1 { if (count++ && $1 <= 0.5 && $2 < last) bad = 1
                                  if ($1 > 0.5 && $2 > last) bad = 1
                                  last = $2 }
     END { exit bad || count != 101 }' saddle.out
if [ $? = 0 ]; then ok "the loss rises to the saddle and falls"; else not_ok "no saddle"; fi

# Fukumizu and Amari: minima within, saddles outside, one flat direction everywhere, the same loss
shows split 'minimum_on_complement, index 0, nullity 1' 3
shows split 'saddle, index 4, nullity 1' 4
losses=$(sed 's/.*loss \([0-9.]*\),.*/\1/' split.out | sort -u | wc -l)
if [ "$losses" -eq 1 ]; then ok "split: one loss"; else not_ok "split: $losses losses"; fi

# a model for the program
if [ "$(uname -s)" = Darwin ]; then
    skip decay.c "shared objects are linked in another way there"
else
    # shellcheck disable=SC2086
    run "decay.c compiles" $CC $CFLAGS -shared -fPIC -Wall -Wextra -Wpedantic -Werror \
        -I"$top_srcdir/include" "$CRITPT_EXAMPLES/decay.c" -o decay.so -lm
    cp "$CRITPT_EXAMPLES/decay.json" .
    run "decay.json is planted" "$CRITPT" plant decay.json -o decay.h5 --quiet
    run "decay.h5 is true" "$CRITPT" verify decay.h5 --library ./decay.so
fi

# the header and a lambda in C++
if command -v c++ >/dev/null 2>&1 && [ -z "${SANITIZERS:-}" ]; then
    run "lambda.cpp compiles and links" "$top_builddir/libtool" --quiet --tag=CC --mode=link \
        c++ -Wall -Wextra -Wpedantic -Werror -I"$top_srcdir/include" \
        "$CRITPT_EXAMPLES/lambda.cpp" -o lambda "$top_builddir/libcritpt.la" -lm
    ./lambda >lambda.out 2>&1
    shows lambda ' minimum$' 2
else
    skip lambda.cpp "no C++ compiler, or a library with sanitizers"
fi
tap_end
