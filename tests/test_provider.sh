#!/bin/sh
# A BLAS with 64-bit integers, swapped in at run time or offered at configure time, is noticed. Its
# symbol names are the same, so one that counts in 64 bits is made here and put before the real one.
. "$top_srcdir/tests/tap.sh"
[ -z "$SANITIZERS" ] || skip_all "instrumented build"
[ -f "$top_builddir/.libs/libcritpt.so" ] || skip_all "no ELF shared library was built"
case $(uname -m) in
x86_64 | aarch64) ;;
*) skip_all "the calling convention of $(uname -m) hides the width" ;;
esac
cd "$scratch" || exit 99

cat >wide.c <<'END'
#include <stddef.h>
#include <stdint.h>

size_t cblas_idamax(int64_t n, const double *x, int64_t stride)
{
    size_t largest = 0;
    for (int64_t i = 1; i < n; i++)
        if (x[i * stride] > x[(int64_t)largest * stride])
            largest = (size_t)i;
    return largest;
}
END
cat >use.c <<'END'
#include <critpt.h>
#include <stdio.h>

int main(void)
{
    const double inputs[3] = {1, 2, 3};
    critpt_model *model;
    critpt_landscape *landscape = NULL;
    if (critpt_mlp_create(&model, 1) || critpt_mlp_add_layer(model, 1, CRITPT_TANH, CRITPT_BIAS))
        return 1;
    for (int i = 0; i < 2; i++) {
        critpt_status status = critpt_landscape_create(&landscape, model, 3, inputs, 1);
        printf("%s: %s\n", critpt_status_name(status), critpt_error_message());
        critpt_landscape_destroy(landscape);
        landscape = NULL;
    }
    critpt_model_destroy(model);
    return 0;
}
END
# shellcheck disable=SC2086
run "make a BLAS with 64-bit integers" $CC $CFLAGS -shared -fPIC wide.c -o libwide.so
# shellcheck disable=SC2086
run "make a program" $CC $CFLAGS -I"$top_srcdir/include" use.c -o use \
    -L"$top_builddir/.libs" -lcritpt -Wl,-rpath,"$top_builddir/.libs"
./use >usual
run "the BLAS of the build is taken" test "$(grep -c '^CRITPT_OK: ' usual)" = 2
LD_PRELOAD=./libwide.so ./use >wide
sed 's/^/# /' wide
run "one with 64-bit integers is refused" test "$(grep -c '^CRITPT_UNSUPPORTED: ' wide)" = 2
run "in a sentence" grep -q '64-bit integers' wide
tap_end
