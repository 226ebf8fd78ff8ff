#!/bin/sh
# Every benchmark runs its smallest case, once, and prints figures that the table takes.
. "$top_srcdir/tests/tap.sh"
[ -z "$SANITIZERS" ] || skip_all "instrumented build"

MAKEFLAGS= && export MAKEFLAGS
cd "$top_builddir" || exit 99
run "the benchmarks are built" $MAKE bench-programs
for program in conditions planting large natures observer requests wrapped; do
    run "bench/$program" "$PYTHON3" "$top_srcdir/bench/table.py" --smoke "bench/$program"
done
for script in bench hessian; do
    if "$PYTHON3" -c 'import torch, numpy' 2>/dev/null; then
        run "bench/$script.py" "$PYTHON3" "$top_srcdir/bench/table.py" --smoke \
            "$PYTHON3 $top_srcdir/bench/$script.py .libs/libcritpt.so"
    else
        skip "bench/$script.py" "$PYTHON3 has no torch"
    fi
done
run "bench/findings.py" "$PYTHON3" "$top_srcdir/bench/findings.py" --critpt "$CRITPT" --smoke
run "bench/margins.py" "$PYTHON3" "$top_srcdir/bench/margins.py" --critpt "$CRITPT" --smoke
tap_end
