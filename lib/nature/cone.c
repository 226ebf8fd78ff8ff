/* One inequality of the interior-point method: its matrices, its scaling, its part of a step. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "nature/boundary.h"
#include "nature/cone.h"
#include "nature/square.h"

/* Of the central path: eigenvalues of X^(1/2) Z X^(1/2) are from this times mu to mu by this.
 * Chosen: the wide neighbourhoods of practice. */
static const double neighbourhood = 0.1;

enum { N_SQUARE = 12 }; /* matrices of a block */

static void list_square(cpt_nature_block *block, double **list[N_SQUARE])
{
    double **all[N_SQUARE] = {
        &block->constant,   &block->image,      &block->slack,        &block->multiplier,
        &block->scaling,    &block->step_slack, &block->scaled_slack, &block->scaled_multiplier,
        &block->correction, &block->best,       &block->work,         &block->work2};
    memcpy(list, all, sizeof all);
}

critpt_status cpt_nature_cone_create(cpt_nature_cone *cone, size_t P, size_t most_blocks)
{
    *cone = (cpt_nature_cone){.P = P};
    return cpt_allocate(&cone->blocks, most_blocks, sizeof *cone->blocks);
}

void cpt_nature_cone_destroy(cpt_nature_cone *cone)
{
    if (cone->blocks)
        cpt_nature_cone_clear(cone);
    cpt_free(cone->blocks);
}

critpt_status cpt_nature_cone_add(cpt_nature_cone *cone, size_t point, double sign, double margin,
                                  size_t order, const double *basis)
{
    critpt_status status;
    size_t P = cone->P;
    cpt_nature_block *block = &cone->blocks[cone->n_blocks++];
    double **square[N_SQUARE];
    memset(block, 0, sizeof *block);
    block->point = point;
    block->sign = sign;
    block->margin = margin;
    block->order = order;
    list_square(block, square);
    for (size_t i = 0; i < N_SQUARE; i++)
        CPT_TRY(cpt_allocate(square[i], order * order, sizeof(double)));
    CPT_TRY(cpt_allocate(&block->basis, order * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&block->frame, order * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&block->lambda, order, sizeof(double)));
    if (2 * order > P)
        CPT_TRY(cpt_allocate(&block->inverse, P * P, sizeof(double)));
    memcpy(block->basis, basis, order * P * sizeof(double));
done:
    return status;
}

void cpt_nature_cone_clear(cpt_nature_cone *cone)
{
    for (size_t j = 0; j < cone->n_blocks; j++) {
        cpt_nature_block *block = &cone->blocks[j];
        double **square[N_SQUARE];
        list_square(block, square);
        for (size_t i = 0; i < N_SQUARE; i++)
            cpt_free(*square[i]);
        cpt_free(block->basis);
        cpt_free(block->frame);
        cpt_free(block->lambda);
        cpt_free(block->inverse);
    }
    cone->n_blocks = 0;
}

void cpt_nature_scale_multipliers(cpt_nature_cone *cone, double factor)
{
    for (size_t j = 0; j < cone->n_blocks; j++) {
        cpt_nature_block *block = &cone->blocks[j];
        for (size_t i = 0; i < block->order * block->order; i++)
            block->multiplier[i] *= factor;
    }
}

double cpt_nature_dual_gain(const cpt_nature_cone *cone)
{
    double sum = 0;
    for (size_t j = 0; j < cone->n_blocks; j++) {
        const cpt_nature_block *block = &cone->blocks[j];
        sum -= cpt_linalg_dot(block->order * block->order, block->constant, block->multiplier);
    }
    return sum;
}

/* T = lambda^(1/2) Q' L^-1 with X = L L' and L' Z L = Q lambda^2 Q'. */
critpt_status cpt_nature_scale_block(cpt_nature_block *block, bool *definite)
{
    critpt_status status;
    size_t m = block->order, minor;
    double *l = block->work, *s = block->work2;
    *definite = false;
    memcpy(l, block->slack, m * m * sizeof *l);
    CPT_TRY(cpt_linalg_cholesky(m, l, &minor));
    if (minor)
        goto done;
    memcpy(s, block->multiplier, m * m * sizeof *s);
    cpt_linalg_triangle_congruence(m, l, s);
    cpt_nature_symmetrize(m, s);
    CPT_TRY(cpt_linalg_eigen(m, s, block->lambda)); /* s: Q' */
    if (!(block->lambda[0] > 0))
        goto done;
    cpt_linalg_divide_by_triangle(m, m, l, s);
    for (size_t i = 0; i < m; i++) {
        block->lambda[i] = sqrt(block->lambda[i]);
        double root = sqrt(block->lambda[i]);
        for (size_t j = 0; j < m; j++)
            block->scaling[i * m + j] = root * s[i * m + j];
    }
    *definite = true;
done:
    return status;
}

void cpt_nature_set_violation(cpt_nature_block *block, bool stays)
{
    for (size_t i = 0; i < block->order * block->order; i++)
        block->step_slack[i] = stays ? 0 : block->constant[i] + block->image[i] - block->slack[i];
}

void cpt_nature_scale_step(cpt_nature_block *block, bool stays)
{
    size_t m = block->order;
    cpt_nature_set_violation(block, stays);
    cpt_linalg_axpy(m * m, 1, block->work, block->step_slack);
    cpt_nature_congruence(m, m, block->scaling, block->step_slack, block->work2,
                          block->scaled_slack);
}

critpt_status cpt_nature_block_step(cpt_nature_block *block, double target, double *primal,
                                    double *dual)
{
    critpt_status status;
    size_t m = block->order;
    double *a = block->scaled_slack, *d = block->scaled_multiplier;
    for (size_t i = 0; i < m * m; i++)
        d[i] = -a[i] - block->correction[i];
    for (size_t i = 0; i < m; i++)
        d[i * m + i] += target / block->lambda[i] - block->lambda[i];
    CPT_TRY(cpt_nature_boundary(m, block->lambda, a, block->work2, primal));
    CPT_TRY(cpt_nature_boundary(m, block->lambda, d, block->work2, dual));
done:
    return status;
}

double cpt_nature_product_after(const cpt_nature_block *block, double primal, double dual)
{
    size_t m = block->order;
    const double *a = block->scaled_slack, *d = block->scaled_multiplier;
    double sum = primal * dual * cpt_linalg_dot(m * m, a, d);
    for (size_t i = 0; i < m; i++)
        sum += block->lambda[i] * (block->lambda[i] + primal * a[i * m + i] + dual * d[i * m + i]);
    return sum;
}

void cpt_nature_correct(cpt_nature_block *block)
{
    size_t m = block->order;
    double *a = block->scaled_slack, *square = block->work2;
    cpt_linalg_symmetric_gemm(CPT_PLAIN, CPT_PLAIN, m, m, 1, a, m, a, m, 0, square);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            block->correction[i * m + j] =
                -a[i * m + j] - 2 * square[i * m + j] / (block->lambda[i] + block->lambda[j]);
}

void cpt_nature_step_multiplier(cpt_nature_block *block, double length)
{
    size_t m = block->order;
    cpt_nature_expand(m, m, length, block->scaling, block->scaled_multiplier, block->work2, 1,
                      block->multiplier);
}

void cpt_nature_shift_slack(cpt_nature_block *block, double shift)
{
    size_t m = block->order;
    memcpy(block->slack, block->constant, m * m * sizeof(double));
    for (size_t i = 0; i < m; i++)
        block->slack[i * m + i] += shift;
    memset(block->image, 0, m * m * sizeof(double));
}

void cpt_nature_invert_slack(cpt_nature_block *block, const double *vectors, double shift)
{
    size_t m = block->order;
    double *scaled = block->work2;
    for (size_t i = 0; i < m * m; i++)
        scaled[i] = vectors[i] / sqrt(block->lambda[i / m] + shift);
    cpt_linalg_symmetric_gemm(CPT_TRANSPOSED, CPT_PLAIN, m, m, 1, scaled, m, scaled, m, 0,
                              block->multiplier);
}

/* b = a with rows times the square roots of values, or by them. */
static void scale_rows(size_t m, const double *values, bool divide, const double *a, double *b)
{
    for (size_t i = 0; i < m; i++) {
        double factor = divide ? 1 / sqrt(values[i]) : sqrt(values[i]);
        for (size_t j = 0; j < m; j++)
            b[i * m + j] = factor * a[i * m + j];
    }
}

critpt_status cpt_nature_centre_multiplier(cpt_nature_block *block, double mu)
{
    critpt_status status;
    size_t m = block->order;
    double *values = NULL, *half = block->scaled_slack, *product = block->scaled_multiplier;
    CPT_TRY(cpt_allocate(&values, m, sizeof *values));
    scale_rows(m, block->lambda, false, block->work, block->work2);
    cpt_nature_congruence(m, m, block->work2, block->multiplier, half, product);
    CPT_TRY(cpt_linalg_eigen(m, product, values));
    for (size_t i = 0; i < m; i++)
        values[i] = fmin(fmax(values[i], neighbourhood * mu), mu / neighbourhood);
    scale_rows(m, block->lambda, true, block->work, block->work2);
    scale_rows(m, values, false, product, half);
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, m, m, m, 1, half, m, block->work2, m, 0, product, m);
    cpt_linalg_symmetric_gemm(CPT_TRANSPOSED, CPT_PLAIN, m, m, 1, product, m, product, m, 0,
                              block->multiplier);
done:
    cpt_free(values);
    return status;
}
