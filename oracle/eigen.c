/* Householder's reduction to a tridiagonal matrix, then implicit QL (Golub, Van Loan, "Matrix
 * Computations", 8.3), by plain loops. */
#include "oracle/eigen.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "oracle/dot.h"
#include "oracle/first_order.h"
#include "oracle/parallel.h"

enum { MAX_SWEEPS = 200 }; /* for one eigenvalue; a handful is usual */

/* As many rows or columns as are worth a task, of which each takes `length` steps. */
static size_t share(size_t length)
{
    enum { STEPS = 20000 };
    return length < STEPS ? STEPS / (length + 1) + 1 : 1;
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

/* ---- Reflections ---- */

/* One of them: the trailing matrix b, `rest` rows of it, becomes b - past w' - w past' by the one
 * before, and then product = beta b v is taken; vectors (its `rest` rows of n numbers) become
 * (1 - beta v v') vectors. In tasks of so many rows, or columns. */
typedef struct reflection {
    size_t n, rest, rows, columns;
    real *b, *vectors;
    const real *v, *past, *w;
    real *product, *along; /* along: room for n */
    real beta;
} reflection;

/* row -= past_i w' + w_i past'; returns row v. */
static real update_row(size_t n, real past_i, real w_i, const reflection *r, real *row)
{
    real sum = 0;
    for (size_t j = 0; j < n; j++) {
        real entry = row[j] - (past_i * r->w[j] + w_i * r->past[j]);
        row[j] = entry;
        sum += entry * r->v[j];
    }
    return sum;
}

static oracle_status reflect_both_sides(void *data, size_t task)
{
    const reflection *r = data;
    for (size_t i = task * r->rows; i < (task + 1) * r->rows && i < r->rest; i++)
        r->product[i] = r->beta * update_row(r->rest, r->past[i], r->w[i], r, r->b + i * r->n);
    return ORACLE_OK;
}

static oracle_status reflect_vectors(void *data, size_t task)
{
    const reflection *r = data;
    size_t from = task * r->columns, to = from + r->columns < r->n ? from + r->columns : r->n;
    for (size_t j = from; j < to; j++)
        r->along[j] = 0;
    for (size_t i = 0; i < r->rest; i++)
        for (size_t j = from; j < to; j++)
            r->along[j] += r->v[i] * r->vectors[i * r->n + j];
    for (size_t i = 0; i < r->rest; i++)
        for (size_t j = from; j < to; j++)
            r->vectors[i * r->n + j] -= r->beta * r->v[i] * r->along[j];
    return ORACLE_OK;
}

/* d and e become the diagonal and what stands beside it; vectors the transformation. `scratch` has
 * room for 5 n numbers. Each matrix is read once for each reflection: it is brought up to date, and
 * multiplied with the next vector at the same time. */
static oracle_status tridiagonalise(size_t n, real *a, real *d, real *e, real *vectors,
                                    real *scratch, size_t n_threads, oracle_stop stop)
{
    real *v = scratch, *past = v + n, *w = past + n, *product = w + n, *swapped;
    for (size_t i = 0; vectors && i < n * n; i++)
        vectors[i] = i % (n + 1) == 0;
    for (size_t i = 0; i < n; i++)
        past[i] = w[i] = 0;
    for (size_t k = 0; k < n; k++) { /* past and w begin at row k */
        size_t rest = n - k - 1;
        real *row = a + k * n + k;
        if (oracle_check_stop(stop) != ORACLE_OK)
            return ORACLE_STOPPED;
        for (size_t j = 0; j < n - k; j++)
            row[j] -= past[0] * w[j] + w[0] * past[j];
        d[k] = row[0];
        e[k] = 0;
        if (!rest)
            break;
        reflection r = {n,
                        rest,
                        share(rest),
                        share(2 * rest),
                        row + n + 1,
                        vectors ? vectors + (k + 1) * n : NULL,
                        v,
                        past + 1,
                        w + 1,
                        product,
                        scratch + 4 * n,
                        reflector(rest, row + 1, v, &e[k])};
        oracle_run(n_threads, (rest + r.rows - 1) / r.rows, reflect_both_sides, &r);
        if (vectors && r.beta > 0)
            oracle_run(n_threads, (n + r.columns - 1) / r.columns, reflect_vectors, &r);
        real half = r.beta * dot(product, v, rest) / 2;
        for (size_t i = 0; i < rest; i++)
            w[i] = product[i] - half * v[i];
        swapped = past;
        past = v;
        v = swapped;
    }
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

/* Rotations of the rows low and low + 1 of `vectors`, kept until there are many of them. */
typedef struct rotation {
    size_t low;
    real c, s;
} rotation;
typedef struct rotations {
    size_t n, count, capacity, columns, n_threads;
    rotation *list;
    real *vectors; /* NULL: nobody wants them */
} rotations;

/* All of them, in their order, for some of the columns. */
static oracle_status rotate_columns(void *data, size_t task)
{
    const rotations *q = data;
    size_t n = q->n, from = task * q->columns;
    size_t to = from + q->columns < n ? from + q->columns : n;
    for (size_t i = 0; i < q->count; i++) {
        real c = q->list[i].c, s = q->list[i].s;
        real *low = q->vectors + q->list[i].low * n, *high = low + n;
        for (size_t k = from; k < to; k++) {
            real f = high[k];
            high[k] = s * low[k] + c * f;
            low[k] = c * low[k] - s * f;
        }
    }
    return ORACLE_OK;
}

static void rotate(rotations *q)
{
    if (q->count)
        oracle_run(q->n_threads, (q->n + q->columns - 1) / q->columns, rotate_columns, q);
    q->count = 0;
}

/* One implicit QL step, with Wilkinson's shift, on the block first .. last. */
static void ql_step(size_t first, size_t last, real *d, real *e, rotations *q)
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
        if (q->vectors)
            q->list[q->count++] = (rotation){i, c, s};
    }
    d[first] -= p;
    e[first] = g;
    e[last] = 0;
}

static oracle_status diagonalise(size_t n, real *d, real *e, rotations *q, oracle_stop stop)
{
    for (size_t first = 0; first < n; first++)
        for (int sweep = 0;; sweep++) {
            size_t last = block_end(n, first, d, e);
            if (last == first)
                break;
            if (sweep == MAX_SWEEPS)
                return ORACLE_NOT_CONVERGED;
            if (q->count + n > q->capacity)
                rotate(q);
            ql_step(first, last, d, e, q);
            if (oracle_check_stop(stop) != ORACLE_OK)
                return ORACLE_STOPPED;
        }
    rotate(q);
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

oracle_status oracle_eigen(size_t n, real *a, real *values, real *vectors, size_t n_threads,
                           oracle_stop stop)
{
    enum { STEPS = 32, COLUMNS = 16 }; /* rows of so many numbers stay in a cache */
    real *scratch = NULL, *beside;
    rotations q = {n, 0, STEPS * n, COLUMNS, n_threads, NULL, vectors};
    oracle_status result;
    if (!n)
        return ORACLE_OK;
    ORACLE_TRY(oracle_allocate(&scratch, 6 * n, sizeof *scratch));
    if (vectors)
        ORACLE_TRY(oracle_allocate(&q.list, q.capacity, sizeof *q.list));
    beside = scratch + 5 * n;
    ORACLE_TRY(tridiagonalise(n, a, values, beside, vectors, scratch, n_threads, stop));
    ORACLE_TRY(diagonalise(n, values, beside, &q, stop));
    sort_ascending(n, values, vectors);
done:
    free(q.list);
    free(scratch);
    return result;
}
