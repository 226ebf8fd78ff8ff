/* Householder's reduction to a tridiagonal matrix, then implicit QL (Golub, Van Loan, "Matrix
 * Computations", 8.3), by plain loops. */
#include "oracle/eigen.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "oracle/first_order.h"

enum { MAX_SWEEPS = 200 }; /* for one eigenvalue; a handful is usual */

static real dot(const real *a, const real *b, size_t n)
{
    real sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* v and the result beta with (1 - beta v v') x = (+-|x|, 0, ...), |x|: *length with its sign. */
static real reflector(size_t n, const real *x, real *v, real *length)
{
    real norm = REAL(sqrt)(dot(x, x, n)), tail = n > 1 ? dot(x + 1, x + 1, n - 1) : 0;
    for (size_t i = 0; i < n; i++)
        v[i] = x[i];
    *length = x[0];
    if (!(tail > 0))
        return 0;
    *length = x[0] > 0 ? -norm : norm;
    v[0] = x[0] - *length;
    return 2 / dot(v, v, n);
}

/* rows -= beta v (v' rows) */
static void reflect_rows(size_t n, size_t columns, const real *v, real beta, real *rows,
                         size_t leading, real *scratch)
{
    for (size_t j = 0; j < columns; j++)
        scratch[j] = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < columns; j++)
            scratch[j] += v[i] * rows[i * leading + j];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < columns; j++)
            rows[i * leading + j] -= beta * v[i] * scratch[j];
}

/* The trailing matrix b (n x n) becomes (1 - beta v v') b (1 - beta v v') = b - v w' - w v'. */
static void reflect_both_sides(size_t n, real *b, size_t leading, const real *v, real beta, real *w)
{
    for (size_t i = 0; i < n; i++)
        w[i] = beta * dot(b + i * leading, v, n);
    real share = beta * dot(w, v, n) / 2;
    for (size_t i = 0; i < n; i++)
        w[i] -= share * v[i];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            b[i * leading + j] -= v[i] * w[j] + w[i] * v[j];
}

/* d and e become the diagonal and what stands beside it; vectors the transformation. `scratch` has
 * 2 n numbers. */
static oracle_status tridiagonalise(size_t n, real *a, real *d, real *e, real *vectors,
                                    real *scratch, oracle_stop stop)
{
    real *v = scratch, *w = scratch + n;
    for (size_t i = 0; vectors && i < n * n; i++)
        vectors[i] = i % (n + 1) == 0;
    for (size_t k = 0; k + 1 < n; k++) {
        size_t rest = n - k - 1;
        real *trailing = a + (k + 1) * n + k + 1;
        real beta = reflector(rest, a + k * n + k + 1, v, &e[k]);
        if (oracle_check_stop(stop) != ORACLE_OK)
            return ORACLE_STOPPED;
        if (!(beta > 0))
            continue;
        reflect_both_sides(rest, trailing, n, v, beta, w);
        if (vectors)
            reflect_rows(rest, n, v, beta, vectors + (k + 1) * n, n, w);
    }
    for (size_t i = 0; i < n; i++)
        d[i] = a[i * n + i];
    e[n - 1] = 0;
    return ORACLE_OK;
}

/* The last index of the block that begins at `first` and does not fall apart. */
static size_t block_end(size_t n, size_t first, const real *d, const real *e)
{
    size_t m = first;
    real unit = (real)oracle_epsilon();
    while (m + 1 < n && REAL(fabs)(e[m]) > unit * (REAL(fabs)(d[m]) + REAL(fabs)(d[m + 1])))
        m++;
    return m;
}

static void rotate_rows(size_t n, real c, real s, real *low, real *high)
{
    for (size_t k = 0; k < n; k++) {
        real f = high[k];
        high[k] = s * low[k] + c * f;
        low[k] = c * low[k] - s * f;
    }
}

/* One implicit QL step, with Wilkinson's shift, on the block first .. last. */
static void ql_step(size_t n, size_t first, size_t last, real *d, real *e, real *vectors)
{
    real g = (d[first + 1] - d[first]) / (2 * e[first]), r = REAL(hypot)(g, 1);
    real s = 1, c = 1, p = 0;
    g = d[last] - d[first] + e[first] / (g + (g < 0 ? -r : r));
    for (size_t i = last; i-- > first;) {
        real f = s * e[i], b = c * e[i];
        r = REAL(hypot)(f, g);
        e[i + 1] = r;
        if (!(r > 0)) { /* the block falls apart here */
            d[i + 1] -= p;
            e[last] = 0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        if (vectors)
            rotate_rows(n, c, s, vectors + i * n, vectors + (i + 1) * n);
    }
    d[first] -= p;
    e[first] = g;
    e[last] = 0;
}

static oracle_status diagonalise(size_t n, real *d, real *e, real *vectors, oracle_stop stop)
{
    for (size_t first = 0; first < n; first++)
        for (int sweep = 0;; sweep++) {
            size_t last = block_end(n, first, d, e);
            if (last == first)
                break;
            if (sweep == MAX_SWEEPS)
                return ORACLE_NOT_CONVERGED;
            ql_step(n, first, last, d, e, vectors);
            if (oracle_check_stop(stop) != ORACLE_OK)
                return ORACLE_STOPPED;
        }
    return ORACLE_OK;
}

/* By selection: n^2 comparisons are nothing here. */
static void sort_ascending(size_t n, real *d, real *vectors)
{
    for (size_t i = 0; i < n; i++) {
        size_t least = i;
        for (size_t j = i + 1; j < n; j++)
            least = d[j] < d[least] ? j : least;
        real value = d[i];
        d[i] = d[least];
        d[least] = value;
        for (size_t k = 0; vectors && least != i && k < n; k++) {
            value = vectors[i * n + k];
            vectors[i * n + k] = vectors[least * n + k];
            vectors[least * n + k] = value;
        }
    }
}

oracle_status oracle_eigen(size_t n, real *a, real *values, real *vectors, oracle_stop stop)
{
    real *scratch = NULL, *beside;
    oracle_status result;
    if (!n)
        return ORACLE_OK;
    ORACLE_TRY(oracle_allocate(&scratch, 3 * n, sizeof *scratch));
    beside = scratch + 2 * n;
    ORACLE_TRY(tridiagonalise(n, a, values, beside, vectors, scratch, stop));
    ORACLE_TRY(diagonalise(n, values, beside, vectors, stop));
    sort_ascending(n, values, vectors);
done:
    free(scratch);
    return result;
}
