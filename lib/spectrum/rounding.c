/* Bounds of norms, and overflow. */
#include <math.h>

#include "linalg/linalg.h"
#include "spectrum/spectrum.h"

critpt_status cpt_spectrum_require_finite(size_t n, const double *product)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(product[i]))
            return cpt_error(CRITPT_NON_FINITE, "a product with the Hessian overflows; scale "
                                                "inputs, targets and weights down");
    return CRITPT_OK;
}

/* A bound of the norm of a symmetric matrix with entries >= 0: the largest (a d)_i / d_i of any d >
 * 0 is one (Collatz and Wielandt), and nears it as d follows a d. */
critpt_status cpt_spectrum_bound_norm(size_t P, const double *a, double *bound)
{
    critpt_status status;
    enum { ITERATIONS = 20 };
    double *d, *product;
    CPT_TRY(cpt_allocate(&d, 2 * P, sizeof *d));
    product = d + P;
    for (size_t i = 0; i < P; i++)
        d[i] = 1;
    *bound = INFINITY;
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
        double largest = 0;
        cpt_linalg_gemv(CPT_PLAIN, P, P, 1, a, P, d, 0, product);
        for (size_t i = 0; i < P; i++)
            largest = fmax(largest, product[i] / d[i]);
        *bound = fmin(*bound, largest);
        if (!isfinite(largest))
            break;
        for (size_t i = 0; i < P; i++) /* halfway, so that it converges for every matrix */
            d[i] = largest > 0 ? (d[i] + product[i] / largest) / 2 : d[i];
    }
done:
    cpt_free(d);
    return status;
}
