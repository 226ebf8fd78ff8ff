#!/bin/sh
# libcritpt-mpi: examples/mpi/plant.c on one to four processes plants the same targets and finds the
# same eigenvalues; and what goes wrong in one process all of them tell.
. "$top_srcdir/tests/tap.sh"
[ -n "$MPI_LIBS" ] || skip_all "built without MPI: libcritpt-mpi is not there to be tested"
[ -z "$SANITIZERS" ] || skip_all "instrumented build, whose tools know MPI by its leaks"
command -v mpirun >/dev/null 2>&1 || skip_all "mpirun is not installed"
cd "$scratch" || exit 99

options=
if mpirun --version 2>/dev/null | grep -q 'Open MPI'; then
    options=--oversubscribe
    [ "$(id -u)" != 0 ] || options="$options --allow-run-as-root"
fi
OMPI_MCA_plm_rsh_agent=false && export OMPI_MCA_plm_rsh_agent # all on this machine

on() { # PROCESSES PROGRAM ARGUMENT...
    p=$1
    shift
    # shellcheck disable=SC2086
    timeout 300 mpirun $options -np "$p" "$@" </dev/null
}

build() { # NAME SOURCE
    # shellcheck disable=SC2086
    run "$1.c compiles and links" "$top_builddir/libtool" --quiet --tag=CC --mode=link \
        $CC $CFLAGS -Wall -Wextra -Werror -I"$top_srcdir/include" $MPI_CFLAGS "$2" -o "$1" \
        "$top_builddir/libcritpt-mpi.la" "$top_builddir/libcritpt.la" $MPI_LIBS -lm
}

if on 1 true >/dev/null 2>&1; then
    ok "mpirun runs"
else
    skip "mpirun runs" "mpirun starts no process here"
    tap_end
    exit 0
fi

# apart FILE FILE: the norm of the difference, as the loss has it
apart() {
    paste -d' ' "$1" "$2" | awk '{ n = NF / 2
        for (i = 1; i <= n; i++) square += ($i - $(i + n)) ^ 2 }
        END { printf "%.3e\n", sqrt(square / NR) }'
}

build plant "$CRITPT_EXAMPLES/mpi/plant.c"
for p in 1 2 3 4; do
    run "planting on $p processes" on $p ./plant targets.$p
    cp "$scratch/output" out.$p
    lines=$(wc -l <targets.$p)
    if [ "$lines" -eq 3000 ]; then ok "all samples"; else not_ok "$lines samples"; fi
    awk '/rounding units/ { n++; if ($5 + 0 > 2) bad = 1 }
         END { exit bad || n != 2 }' out.$p
    if [ $? = 0 ]; then ok "gradients vanish to rounding"; else not_ok "$(cat out.$p)"; fi
done
awk '/^condition/ { exit !($2 + 0 <= 1e4) }' out.1
if [ $? = 0 ]; then ok "the condition is moderate"; else not_ok "$(head -n 1 out.1)"; fi
distance=$(sed -n 's/.*distance //p' out.1)
for p in 2 3 4; do
    between=$(apart targets.1 targets.$p)
    if awk "BEGIN { exit !($between <= 1e-10 * $distance && $distance > 0) }"; then
        ok "targets of $p processes are those of one: $between apart of $distance"
    else
        not_ok "targets of $p processes are $between apart of $distance"
    fi
    grep eigenvalue out.1 >of.1
    grep eigenvalue out.$p >of.$p
    paste -d' ' of.1 of.$p | awk '{ n++; if (($2 - $6) ^ 2 > ($4 + $8) ^ 2) bad = 1 }
                                  END { exit bad || n != 6 }'
    if [ $? = 0 ]; then ok "eigenvalues too"; else not_ok "eigenvalues: $(cat of.1 of.$p)"; fi
done

truth="a network in NumPy finds the targets of 3 processes critical and nearest"
if [ -n "$PYTHON3" ]; then
    "$PYTHON3" "$top_srcdir/tests/mpi_targets.py" targets.3 >judged 2>&1
    case $? in
        0) ok "$truth: $(tail -n 1 judged)" ;;
        77) skip "$truth" "NumPy is not here" ;;
        *) not_ok "$truth: $(cat judged)" ;;
    esac
else
    skip "$truth" "python3 is not here"
fi

cat >failures.c <<'END'
#include <critpt_mpi.h>
#include <stdio.h>
#include <string.h>

/* Whether this process ends with the status where it is `rank`, and hears of it where not. */
static int told(critpt_status status, critpt_status own, int here)
{
    return status == (here ? own : CRITPT_REDUCTION_FAILED) && critpt_error_message()[0];
}

int main(int argc, char **argv)
{
    int rank, all, good;
    double x[4] = {1, 2, 3, 4}, w[2] = {0.5, 1}, loss;
    critpt_model *model = NULL;
    critpt_landscape *L = NULL;
    MPI_Comm half, between;
    good = critpt_mpi_attach(NULL, MPI_COMM_WORLD) == CRITPT_INVALID_ARGUMENT &&
           strstr(critpt_error_message(), "MPI_Init") != NULL;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    good = good && !critpt_mlp_create(&model, 1) &&
           !critpt_mlp_add_layer(model, 1, CRITPT_TANH, CRITPT_BIAS) &&
           !critpt_landscape_create(&L, model, rank == 1 ? 0 : 4, x, 1) &&
           !critpt_landscape_set_targets(L, x, 1);
    good = good && critpt_mpi_attach(L, MPI_COMM_NULL) == CRITPT_INVALID_ARGUMENT;
    MPI_Comm_split(MPI_COMM_WORLD, rank == 0, rank, &half);
    MPI_Intercomm_create(half, 0, MPI_COMM_WORLD, rank == 0, 1, &between);
    good = good && critpt_mpi_attach(L, between) == CRITPT_INVALID_ARGUMENT &&
           strstr(critpt_error_message(), "two groups") != NULL;
    MPI_Comm_free(&between);
    MPI_Comm_free(&half);
    good = good && told(critpt_mpi_attach(rank == 0 ? NULL : L, MPI_COMM_WORLD),
                        CRITPT_INVALID_ARGUMENT, rank == 0);
    good = good && !critpt_mpi_attach(L, MPI_COMM_WORLD);
    good = good && told(critpt_landscape_loss(L, NULL, w, rank == 2 ? 1 : 2, &loss),
                        CRITPT_INVALID_ARGUMENT, rank == 2);
    w[1] += rank; /* other weights everywhere */
    good = good && told(critpt_landscape_loss(L, NULL, w, 2, &loss), CRITPT_REDUCTION_FAILED, 1);
    w[1] -= rank;
    good = good && !critpt_landscape_loss(L, NULL, w, 2, &loss);
    MPI_Allreduce(&good, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    if (!good)
        printf("process %d: %s\n", rank, critpt_error_message());
    critpt_landscape_destroy(L);
    critpt_model_destroy(model);
    MPI_Finalize();
    return !all;
}
END
build failures failures.c
run "what goes wrong in one process all of them tell" on 3 ./failures
tap_end
