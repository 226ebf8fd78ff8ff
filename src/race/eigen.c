/* Cyclic Jacobi with threshold (Golub, Van Loan, Matrix Computations, 8.5). */
#include "race/eigen.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Rows p and q of m, each times the rotation. */
static void rotate_rows(size_t n, double *m, size_t p, size_t q, double c, double s)
{
    for (size_t k = 0; k < n; k++) {
        double x = m[p * n + k], y = m[q * n + k];
        m[p * n + k] = c * x - s * y;
        m[q * n + k] = s * x + c * y;
    }
}

static void rotate_columns(size_t n, double *m, size_t p, size_t q, double c, double s)
{
    for (size_t k = 0; k < n; k++) {
        double x = m[k * n + p], y = m[k * n + q];
        m[k * n + p] = c * x - s * y;
        m[k * n + q] = s * x + c * y;
    }
}

/* Makes entry (p, q) zero. */
static void annihilate(size_t n, double *a, double *v, size_t p, size_t q)
{
    double theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
    double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + hypot(theta, 1));
    double c = 1 / hypot(t, 1), s = t * c;
    rotate_columns(n, a, p, q, c, s);
    rotate_rows(n, a, p, q, c, s);
    rotate_rows(n, v, p, q, c, s);
    a[p * n + q] = a[q * n + p] = 0;
}

void race_eigen(size_t n, double *a, double *v)
{
    enum { SWEEPS = 30 };
    double norm = 0;
    memset(v, 0, n * n * sizeof *v);
    for (size_t i = 0; i < n; i++)
        v[i * n + i] = 1;
    for (size_t i = 0; i < n * n; i++)
        norm = hypot(norm, a[i]);
    double negligible = DBL_EPSILON * norm / (double)n;
    size_t rotations = 1;
    for (int sweep = 0; sweep < SWEEPS && rotations > 0; sweep++) {
        rotations = 0;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++)
                if (fabs(a[p * n + q]) > negligible) {
                    annihilate(n, a, v, p, q);
                    rotations++;
                }
    }
}
