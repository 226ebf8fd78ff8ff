/* Frozen targets: fields and rows projected on those that may move.
 *
 * With E the unit vectors of a sample's free outputs and T = E (E'ME)^-1 E', the projection that is
 * orthogonal in the norm of the loss is c -> T M c, and of C'c, for M = C C', it is C' T C. */
#include <math.h>
#include <string.h>

#include "plan/solve.h"

/* D x D of one sample; the same for all samples with the same mask. */
typedef struct projector {
    const bool *mask; /* of the sample that it was made for */
    double *inverse;  /* T */
    double *matrix;   /* T M, or C' T C */
    double *product;
} projector;

static critpt_status projector_create(projector *p, size_t D)
{
    critpt_status status;
    size_t entries;
    memset(p, 0, sizeof *p);
    CPT_TRY(cpt_multiply(D, D, "projector of frozen targets", &entries));
    CPT_TRY(cpt_allocate(&p->inverse, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&p->matrix, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&p->product, entries, sizeof(double)));
done:
    return status;
}

static void projector_destroy(projector *p)
{
    cpt_free(p->inverse);
    cpt_free(p->matrix);
    cpt_free(p->product);
}

/* Sweeps the free outputs of M one by one (Gauss-Jordan on a positive definite block): what is left
 * in their rows and columns is T. */
static void invert_free(const double *metric, const bool *mask, size_t D, double *inverse)
{
    memset(inverse, 0, D * D * sizeof *inverse);
    for (size_t a = 0; a < D; a++)
        for (size_t b = 0; b < D; b++)
            if (!mask[a] && !mask[b])
                inverse[a * D + b] = metric ? metric[a * D + b] : a == b;
    for (size_t k = 0; k < D; k++) {
        if (mask[k])
            continue;
        double pivot = inverse[k * D + k];
        inverse[k * D + k] = 1;
        for (size_t b = 0; b < D; b++)
            inverse[k * D + b] /= pivot;
        for (size_t a = 0; a < D; a++) {
            double factor = a == k ? 0 : inverse[a * D + k];
            if (a != k)
                inverse[a * D + k] = 0;
            for (size_t b = 0; b < D; b++)
                inverse[a * D + b] -= factor * inverse[k * D + b];
        }
    }
}

/* The projector of a sample, for fields or for rows of a chunk. */
static void prepare(const cpt_solve *solve, const bool *mask, bool rows, projector *p)
{
    const critpt_landscape *landscape = solve->plan->landscape;
    size_t D = solve->D;
    if (p->mask && memcmp(p->mask, mask, D * sizeof *mask) == 0)
        return;
    p->mask = mask;
    invert_free(landscape->metric, mask, D, p->inverse);
    if (!landscape->metric) {
        memcpy(p->matrix, p->inverse, D * D * sizeof(double));
        return;
    }
    const double *root = landscape->metric_factor; /* C' */
    if (!rows) {
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, D, D, D, 1, p->inverse, D, landscape->metric, D, 0,
                        p->matrix, D);
        return;
    }
    cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, D, D, D, 1, p->inverse, D, root, D, 0, p->product,
                    D);
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, D, D, D, 1, root, D, p->product, D, 0, p->matrix, D);
}

static bool any(const bool *mask, size_t D)
{
    for (size_t o = 0; o < D; o++)
        if (mask[o])
            return true;
    return false;
}

/* x <- p x for D numbers `stride` apart. */
static void apply(const projector *p, size_t D, double *x, size_t stride)
{
    double *result = p->product;
    for (size_t o = 0; o < D; o++) {
        result[o] = 0;
        for (size_t q = 0; q < D; q++)
            result[o] += p->matrix[o * D + q] * x[q * stride];
    }
    for (size_t o = 0; o < D; o++)
        x[o * stride] = result[o];
}

critpt_status cpt_solve_free_rows(const cpt_solve *solve, size_t first, size_t n, size_t count,
                                  double *columns)
{
    critpt_status status = CRITPT_OK;
    size_t D = solve->D;
    projector p = {0};
    if (!solve->plan->frozen)
        return CRITPT_OK;
    CPT_TRY(projector_create(&p, D));
    for (size_t i = 0; i < n; i++) {
        const bool *mask = solve->plan->frozen + (first + i) * D;
        if (!any(mask, D))
            continue;
        prepare(solve, mask, true, &p);
        for (size_t j = 0; j < count; j++)
            apply(&p, D, columns + j * n * D + i, n);
    }
done:
    projector_destroy(&p);
    return status;
}

critpt_status cpt_solve_free_field(const cpt_solve *solve, double *field)
{
    critpt_status status = CRITPT_OK;
    size_t D = solve->D;
    projector p = {0};
    if (!solve->plan->frozen)
        return CRITPT_OK;
    CPT_TRY(projector_create(&p, D));
    for (size_t i = 0; i < solve->N; i++) {
        const bool *mask = solve->plan->frozen + i * D;
        if (!any(mask, D))
            continue;
        prepare(solve, mask, false, &p);
        apply(&p, D, field + i * D, 1);
        for (size_t o = 0; o < D; o++) /* exactly */
            field[i * D + o] = mask[o] ? 0 : field[i * D + o];
    }
done:
    projector_destroy(&p);
    return status;
}

void cpt_solve_restore_frozen(cpt_solve *solve)
{
    for (size_t i = 0; solve->plan->frozen && i < solve->N * solve->D; i++)
        if (solve->plan->frozen[i])
            solve->targets[i] = solve->base[i];
}

size_t cpt_solve_n_frozen(const critpt_plan *plan)
{
    size_t n = plan->landscape->n_samples * plan->landscape->model->n_outputs, count = 0;
    for (size_t i = 0; plan->frozen && i < n; i++)
        count += plan->frozen[i];
    return count;
}
