/* Extreme eigenpairs from Hessian-vector products: block Lanczos with full reorthogonalisation and
 * thick restarts (Wu and Simon 2000). The Hessian is never formed.
 *
 * The basis V is orthonormal, A V = V T + (next block) B E_last': T is found explicitly, from the
 * products that orthogonalise every block against all of V, so that restarts need no special case.
 *
 * A block finds at most as many copies of a multiple eigenvalue as it has vectors. Where that many
 * came out about equal, a fresh random block orthogonal to them is run, again and again, while it
 * finds more that belong to those wanted; if the products run out before, only those values are
 * reported before which no copy can be missing. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "spectrum/spectrum.h"

enum { BLOCK = 8 };

typedef struct lanczos {
    const cpt_spectrum_task *task;
    size_t P, wanted, block; /* wanted: at each end, one more while copies are sought */
    size_t capacity, n;      /* rows that the basis can have, and has */
    double *basis;           /* (capacity + block) x P, orthonormal rows */
    double *projected;       /* T: capacity x capacity */
    double *coupling;        /* B: block x block, of the last expanded block with the next */
    double *product;         /* block x P */
    double *overlap;         /* block x (capacity + block) */
    double *ritz, *vectors;  /* capacity; capacity x capacity, one a row */
    double *rotated;         /* room to rotate the basis: 2 wanted + 2 + block rows of P */
    double *held;            /* 2 wanted: values before a fresh block */
    size_t last;             /* rows of the last block that was expanded */
    size_t products;         /* taken so far */
    uint64_t draws;          /* random numbers taken so far */
} lanczos;

static void lanczos_destroy(lanczos *l)
{
    cpt_free(l->basis);
    cpt_free(l->projected);
    cpt_free(l->coupling);
    cpt_free(l->product);
    cpt_free(l->overlap);
    cpt_free(l->ritz);
    cpt_free(l->vectors);
    cpt_free(l->rotated);
    cpt_free(l->held);
}

cpt_spectrum_lanczos_room cpt_spectrum_lanczos_room_for(size_t P, size_t n_extreme)
{
    size_t wanted = cpt_smaller(n_extreme, P), block = cpt_smaller(BLOCK, P);
    return (cpt_spectrum_lanczos_room){wanted, block, cpt_smaller(8 * wanted + 24 * block, P)};
}

static critpt_status lanczos_create(lanczos *l, const cpt_spectrum_task *task, size_t P)
{
    critpt_status status;
    size_t entries;
    memset(l, 0, sizeof *l);
    l->task = task;
    l->P = P;
    const cpt_spectrum_lanczos_room room =
        cpt_spectrum_lanczos_room_for(P, task->options->n_extreme);
    l->wanted = room.wanted;
    l->block = room.block;
    l->capacity = room.capacity;
    CPT_TRY(cpt_multiply(l->capacity + l->block, P, "Lanczos basis", &entries));
    CPT_TRY(cpt_allocate(&l->basis, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&l->projected, l->capacity * l->capacity, sizeof(double)));
    CPT_TRY(cpt_allocate(&l->coupling, l->block * l->block, sizeof(double)));
    CPT_TRY(cpt_allocate(&l->product, l->block * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&l->overlap, l->block * (l->capacity + l->block), sizeof(double)));
    CPT_TRY(cpt_allocate(&l->ritz, l->capacity, sizeof(double)));
    CPT_TRY(cpt_allocate(&l->vectors, l->capacity * l->capacity, sizeof(double)));
    CPT_TRY(cpt_allocate(&l->rotated, (2 * l->wanted + 2 + l->block) * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&l->held, 2 * l->wanted, sizeof(double)));
done:
    return status;
}

static double *row(const lanczos *l, size_t i)
{
    return l->basis + i * l->P;
}

/* x -= V' V x for the first n rows of the basis; the coefficients are added to `coefficients`
 * unless NULL. Twice is enough for orthogonality to rounding. */
static void orthogonalise(const lanczos *l, size_t n, double *x, double *coefficients)
{
    double *part = l->overlap;
    for (int round = 0; round < 2 && n > 0; round++) {
        cpt_linalg_gemv(CPT_PLAIN, n, l->P, 1, l->basis, l->P, x, 0, part);
        cpt_linalg_gemv(CPT_TRANSPOSED, n, l->P, -1, l->basis, l->P, part, 1, x);
        for (size_t i = 0; coefficients && i < n; i++)
            coefficients[i] += part[i];
    }
}

/* Random row n of the basis, orthogonal to those before it. */
static critpt_status append_random(lanczos *l, size_t n)
{
    critpt_status status;
    enum { STREAM_LANCZOS = 2 };
    CPT_TRY(
        critpt_random_normal(l->task->options->seed, STREAM_LANCZOS, l->draws, row(l, n), l->P));
    l->draws += l->P;
    orthogonalise(l, n, row(l, n), NULL);
    double norm = cpt_linalg_norm(l->P, row(l, n));
    for (size_t j = 0; j < l->P; j++)
        row(l, n)[j] /= norm;
done:
    return status;
}

/* Row j of the next block: what is left of product j, orthonormal to the rows of the block before
 * it; random if there is no such product or nothing is left, the subspace being invariant. */
static critpt_status append_rest(lanczos *l, size_t j, bool product, double scale)
{
    double *x = l->product + j * l->P, *to = row(l, l->n + j);
    for (int round = 0; product && round < 2; round++)
        for (size_t i = 0; i < j; i++) {
            double overlap = cpt_linalg_dot(l->P, row(l, l->n + i), x);
            cpt_linalg_axpy(l->P, -overlap, row(l, l->n + i), x);
            l->coupling[i * l->block + j] += overlap;
        }
    double norm = product ? cpt_linalg_norm(l->P, x) : 0;
    if (norm <= (double)l->P * DBL_EPSILON * scale)
        return append_random(l, l->n + j);
    l->coupling[j * l->block + j] = norm;
    for (size_t i = 0; i < l->P; i++)
        to[i] = x[i] / norm;
    orthogonalise(l, l->n + j, to, NULL); /* what rounding left of the others */
    norm = cpt_linalg_norm(l->P, to);
    for (size_t i = 0; i < l->P; i++)
        to[i] /= norm;
    return CRITPT_OK;
}

/* Multiplies the last `count` rows of the basis, finds their columns of T, and appends what is left
 * of the products, orthonormal, as the next block (not counted in n). */
static critpt_status expand(lanczos *l, size_t count, double scale)
{
    critpt_status status;
    size_t first = l->n - count;
    CPT_TRY(cpt_landscape_curvature_vectors(l->task->workspace, l->task->weights, CPT_HESSIAN, NULL,
                                            count, row(l, first), l->P, l->product, l->P));
    CPT_TRY(cpt_spectrum_require_finite(count * l->P, l->product));
    l->products += count;
    CPT_TRY(cpt_spectrum_advance(
        l->task->options, 0.9 * (double)l->products / (double)(l->products + 500), "Lanczos"));
    memset(l->coupling, 0, l->block * l->block * sizeof(double));
    for (size_t j = 0; j < count; j++) {
        double *x = l->product + j * l->P, *column = l->projected + (first + j) * l->capacity;
        memset(column, 0, l->n * sizeof *column);
        orthogonalise(l, l->n, x, column);
        for (size_t i = 0; i < l->n; i++)
            l->projected[i * l->capacity + first + j] = column[i];
    }
    for (size_t j = 0; j < l->block && l->n + j < l->P; j++)
        CPT_TRY(append_rest(l, j, j < count, scale));
done:
    return status;
}

/* Eigenpairs of T. */
static critpt_status rayleigh_ritz(lanczos *l)
{
    for (size_t i = 0; i < l->n; i++)
        for (size_t j = 0; j < l->n; j++)
            l->vectors[i * l->n + j] =
                0.5 * (l->projected[i * l->capacity + j] + l->projected[j * l->capacity + i]);
    return cpt_linalg_eigen(l->n, l->vectors, l->ritz);
}

/* |A x - theta x| of Ritz pair i: |B y_last|, y_last its part in the last rows. */
static double ritz_residual(const lanczos *l, size_t i)
{
    const double *last = l->vectors + i * l->n + l->n - l->last;
    double norm = 0;
    for (size_t k = 0; k < l->last; k++) {
        double sum = 0;
        for (size_t j = 0; j < l->last; j++)
            sum += l->coupling[k * l->block + j] * last[j];
        norm = hypot(norm, sum);
    }
    return norm;
}

/* Ritz pair number i of those kept: the lower end, then the upper one. */
static size_t kept(const lanczos *l, size_t i)
{
    size_t count = cpt_smaller(2 * l->wanted, l->n);
    return i < count / 2 ? i : l->n - count + i;
}

static size_t n_kept(const lanczos *l)
{
    return cpt_smaller(2 * l->wanted, l->n);
}

static double ritz_scale(const lanczos *l)
{
    return l->n ? fmax(fabs(l->ritz[0]), fabs(l->ritz[l->n - 1])) : 0;
}

static bool has_converged(const lanczos *l, size_t i)
{
    return l->n == l->P || ritz_residual(l, i) <= l->task->options->tolerance * ritz_scale(l);
}

static bool converged(const lanczos *l)
{
    for (size_t i = 0; i < n_kept(l); i++)
        if (!has_converged(l, kept(l, i)))
            return false;
    return true;
}

/* The kept Ritz vectors, in `rotated`. */
static void rotate(const lanczos *l)
{
    for (size_t i = 0; i < n_kept(l); i++)
        cpt_linalg_gemv(CPT_TRANSPOSED, l->n, l->P, 1, l->basis, l->P,
                        l->vectors + kept(l, i) * l->n, 0, l->rotated + i * l->P);
}

/* The basis becomes the kept Ritz vectors, with T diagonal, and the next block behind them. */
static void restart(lanczos *l)
{
    size_t keep = n_kept(l);
    double *next = l->rotated + keep * l->P;
    rotate(l);
    memcpy(next, row(l, l->n), l->block * l->P * sizeof(double));
    for (size_t i = 0; i < keep; i++)
        l->overlap[i] = l->ritz[kept(l, i)];
    memset(l->projected, 0, l->capacity * l->capacity * sizeof(double));
    for (size_t i = 0; i < keep; i++)
        l->projected[i * l->capacity + i] = l->overlap[i];
    memcpy(l->basis, l->rotated, (keep + l->block) * l->P * sizeof(double));
    l->n = keep;
}

/* Expands and restarts until all that is wanted has converged, or no products are left. */
static critpt_status run(lanczos *l, bool *done)
{
    critpt_status status;
    double scale = ritz_scale(l);
    for (*done = false; !*done;) {
        /* Whole blocks only, but for the last dimensions there are: A V has parts in all of the
         * next block. */
        for (size_t next;
             next = cpt_smaller(l->block, l->P - l->n), next && l->n + next <= l->capacity;) {
            l->last = next;
            l->n += next;
            CPT_TRY(expand(l, next, scale));
            for (size_t j = 0; j < l->n; j++)
                scale = fmax(scale, fabs(l->projected[j * l->capacity + j]));
        }
        CPT_TRY(rayleigh_ritz(l));
        *done = converged(l);
        if (!*done && l->products >= l->task->options->max_products)
            break;
        if (!*done)
            restart(l);
    }
done:
    return status;
}

/* How many values at each end are certain: those that have converged, up to the first before which
 * copies of another may be missing. */
static size_t count_certain(const lanczos *l)
{
    double window = 1e3 * l->task->options->tolerance * ritz_scale(l);
    size_t wanted = n_kept(l) / 2, top = l->n - 1;
    for (size_t i = 0; i < wanted; i++) {
        if (!has_converged(l, i) || !has_converged(l, top - i))
            return i;
        if (l->n < l->P && i + 1 >= l->block &&
            (l->ritz[i] - l->ritz[i + 1 - l->block] <= window ||
             l->ritz[top - i + l->block - 1] - l->ritz[top - i] <= window))
            return i + 1;
    }
    return wanted;
}

/* Goes on from what is held with a random block in place of the next one. */
static critpt_status run_afresh(lanczos *l, bool *done)
{
    critpt_status status;
    restart(l);
    for (size_t j = 0; j < cpt_smaller(l->block, l->P - l->n); j++)
        CPT_TRY(append_random(l, l->n + j));
    CPT_TRY(run(l, done));
done:
    return status;
}

/* Whether the values held differ from those held before; remembers them. */
static bool found_others(lanczos *l)
{
    bool others = false;
    double tolerance = l->task->options->tolerance * ritz_scale(l);
    for (size_t i = 0; i < n_kept(l); i++) {
        double value = l->ritz[kept(l, i)];
        others = others || fabs(value - l->held[i]) > tolerance;
        l->held[i] = value;
    }
    return others;
}

/* A Krylov space built from one block meets an eigenspace in at most as many dimensions as the
 * block has vectors. Copies of an eigenvalue are therefore missing only where more values are
 * wanted than that, and only after as many equal ones as the block has vectors: where fewer came
 * out equal, the eigenspace is complete, or its values are the last held. A cluster behaves alike:
 * while it is not resolved, residuals are about as large as it is wide, so that values that have
 * converged to the tolerance while others are missing are about equal. A random block orthogonal to
 * those held has found the missing values when it has converged to one beyond those wanted; running
 * it in every case would take almost twice the products. */
static critpt_status seek_copies(lanczos *l)
{
    critpt_status status = CRITPT_OK;
    size_t wanted = l->wanted;
    bool done = true, others = count_certain(l) < n_kept(l) / 2;
    found_others(l);
    while (done && others) {
        done = l->products < l->task->options->max_products;
        if (!done)
            break;
        l->wanted = wanted + 1;
        CPT_TRY(run_afresh(l, &done));
        l->wanted = wanted;
        others = found_others(l) && l->n < l->P;
    }
    if (!done)
        l->wanted = count_certain(l);
done:
    return status;
}

static critpt_status iterate(lanczos *l)
{
    critpt_status status;
    bool done;
    for (size_t j = 0; j < l->block; j++)
        CPT_TRY(append_random(l, j));
    CPT_TRY(run(l, &done));
    if (done)
        CPT_TRY(seek_copies(l));
    if (!done || l->wanted == 0)
        CPT_TRY(cpt_error(CRITPT_NOT_CONVERGED,
                          "Lanczos took %zu Hessian-vector products for %zu eigenvalues at each "
                          "end; ask for fewer, or allow a larger tolerance or more products",
                          l->products, cpt_smaller(l->task->options->n_extreme, l->P)));
done:
    return status;
}

/* A bound of the rounding error of a product with the Hessian, for a vector of norm 1: the largest
 * row sum of the bounds of the entries. */
static critpt_status product_rounding(const lanczos *l, double *rounding)
{
    critpt_status status;
    double *ones = l->product, *sums = l->rotated;
    for (size_t j = 0; j < l->P; j++)
        ones[j] = 1;
    CPT_TRY(cpt_landscape_product_bound(l->task->workspace, l->task->weights, ones, sums));
    CPT_TRY(cpt_spectrum_require_finite(l->P, sums));
    *rounding = 0;
    for (size_t j = 0; j < l->P; j++)
        *rounding = fmax(*rounding, sums[j]);
done:
    return status;
}

/* Eigenpairs with residuals computed afresh. */
static critpt_status hand_over(lanczos *l, critpt_spectrum *spectrum)
{
    critpt_status status;
    size_t n = n_kept(l), P = l->P;
    double rounding;
    CPT_TRY(cpt_allocate(&spectrum->values, n, sizeof(double)));
    CPT_TRY(cpt_allocate(&spectrum->errors, n, sizeof(double)));
    CPT_TRY(cpt_allocate(&spectrum->vectors, n * P, sizeof(double)));
    CPT_TRY(product_rounding(l, &rounding));
    rotate(l);
    memcpy(spectrum->vectors, l->rotated, n * P * sizeof(double));
    for (size_t first = 0; first < n; first += l->block) {
        size_t count = cpt_smaller(l->block, n - first);
        CPT_TRY(cpt_landscape_curvature_vectors(l->task->workspace, l->task->weights, CPT_HESSIAN,
                                                NULL, count, spectrum->vectors + first * P, P,
                                                l->product, P));
        for (size_t j = 0; j < count; j++) {
            double value = l->ritz[kept(l, first + j)];
            double *residual = l->product + j * P;
            cpt_linalg_axpy(P, -value, spectrum->vectors + (first + j) * P, residual);
            spectrum->values[first + j] = value;
            spectrum->errors[first + j] = cpt_linalg_norm(P, residual) + rounding +
                                          10 * (double)n * DBL_EPSILON * ritz_scale(l);
        }
    }
    spectrum->n = spectrum->n_vectors = n;
    spectrum->whole = n == P;
done:
    return status;
}

/* Ritz values of an orthonormal basis interlace with the eigenvalues: at least as many of these are
 * negative. */
static void count_signs(critpt_spectrum *spectrum)
{
    spectrum->gap = INFINITY;
    for (size_t i = 0; i < spectrum->n; i++) {
        double value = spectrum->values[i], error = spectrum->errors[i];
        spectrum->n_negative += value < -error;
        spectrum->n_positive += value > error;
        if (fabs(value) > error)
            spectrum->gap = fmin(spectrum->gap, fabs(value));
    }
    spectrum->n_undecided = spectrum->n - spectrum->n_negative - spectrum->n_positive;
    if (!spectrum->whole || isinf(spectrum->gap))
        spectrum->gap = NAN;
}

critpt_status cpt_spectrum_lanczos(const cpt_spectrum_task *task, critpt_spectrum *spectrum)
{
    critpt_status status;
    lanczos l;
    CPT_TRY(lanczos_create(&l, task, spectrum->P));
    CPT_TRY(iterate(&l));
    CPT_TRY(hand_over(&l, spectrum));
    count_signs(spectrum);
done:
    lanczos_destroy(&l);
    return status;
}
