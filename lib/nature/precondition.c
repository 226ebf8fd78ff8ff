/* The preconditioner of the Newton equations (I + B* B) x = r in scaled coordinates.
 *
 * What makes the operator ill-conditioned are products of scaled directions that are nearly active:
 * their images T, found by D2f[v, w], give I + T T', inverted by Woodbury's formula. Small problems
 * keep the images of all pairs, and factor the whole operator. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/linalg.h"
#include "nature/system.h"

enum { CHUNK = 32 };
static const double whole_entries = 3e7, whole_work = 8e9, least_column = 0.3;

static size_t n_pairs_of(const cpt_nature_block *block)
{
    return block->order * (block->order + 1) / 2;
}

static double pair_factor(size_t a, size_t b)
{
    return a == b ? 1 : sqrt(2); /* so that <Q, Q> is the sum of squares of its pairs */
}

/* pairs (n x n_pairs) = images of w_a w_b' for all pairs a >= b of every block's basis */
static critpt_status find_all_pairs(cpt_nature_preconditioner *pre, cpt_nature_system *system)
{
    critpt_status status = CRITPT_OK;
    size_t P = system->P, column = 0;
    double *image = NULL;
    CPT_TRY(cpt_allocate(&image, pre->n, sizeof(double)));
    for (size_t j = 0; j < system->n_blocks; j++) {
        const cpt_nature_block *block = &system->blocks[j];
        for (size_t a = 0; a < block->order; a++)
            for (size_t b = 0; b <= a; b++, column++) {
                CPT_TRY(cpt_nature_pair(system, block, block->basis + a * P, block->basis + b * P,
                                        image));
                for (size_t i = 0; i < pre->n; i++)
                    pre->pairs[i * pre->n_pairs + column] = image[i];
            }
    }
done:
    cpt_free(image);
    return status;
}

critpt_status cpt_nature_preconditioner_create(cpt_nature_preconditioner *pre,
                                               cpt_nature_system *system, size_t most_columns)
{
    critpt_status status;
    double n = (double)system->n;
    memset(pre, 0, sizeof *pre);
    pre->n = system->n;
    most_columns = most_columns < system->n ? most_columns : system->n;
    pre->most_columns = most_columns;
    for (size_t j = 0; j < system->n_blocks; j++)
        pre->n_pairs += n_pairs_of(&system->blocks[j]);
    pre->whole =
        n * (double)pre->n_pairs <= whole_entries && n * n * (double)pre->n_pairs <= whole_work;
    if (pre->whole) {
        CPT_TRY(cpt_allocate(&pre->pairs, pre->n * pre->n_pairs, sizeof(double)));
        CPT_TRY(cpt_allocate(&pre->columns, pre->n * pre->n_pairs, sizeof(double)));
        CPT_TRY(cpt_allocate(&pre->factor, pre->n * pre->n, sizeof(double)));
        CPT_TRY(find_all_pairs(pre, system));
    } else {
        CPT_TRY(cpt_allocate(&pre->columns, pre->n * most_columns, sizeof(double)));
        CPT_TRY(cpt_allocate(&pre->factor, most_columns * most_columns, sizeof(double)));
        CPT_TRY(cpt_allocate(&pre->coefficients, most_columns, sizeof(double)));
    }
done:
    return status;
}

void cpt_nature_preconditioner_destroy(cpt_nature_preconditioner *pre)
{
    cpt_free(pre->columns);
    cpt_free(pre->factor);
    cpt_free(pre->coefficients);
    cpt_free(pre->pairs);
    memset(pre, 0, sizeof *pre);
}

/* Adds the identity to factor (n x n) and factors it. */
static critpt_status factor_with_identity(size_t n, double *factor)
{
    critpt_status status;
    size_t minor;
    for (size_t i = 0; i < n; i++)
        factor[i * n + i] += 1;
    CPT_TRY(cpt_linalg_cholesky(n, factor, &minor));
    if (minor)
        return cpt_error(CRITPT_NOT_CONVERGED, "rounding made the Newton equations indefinite");
done:
    return status;
}

/* The rows of a block's images in the basis become those in scaled coordinates, T Q T' of each. */
static critpt_status scale_pairs(cpt_nature_preconditioner *pre, const cpt_nature_block *block,
                                 size_t offset)
{
    critpt_status status;
    size_t m = block->order;
    double *square = NULL, *half = NULL;
    CPT_TRY(cpt_allocate(&square, CHUNK * m * m, sizeof(double)));
    CPT_TRY(cpt_allocate(&half, CHUNK * m * m, sizeof(double)));
    for (size_t first = 0; first < pre->n; first += CHUNK) {
        size_t n = pre->n - first < CHUNK ? pre->n - first : CHUNK;
        for (size_t i = 0; i < n; i++) {
            const double *row = pre->pairs + (first + i) * pre->n_pairs + offset;
            double *q = square + i * m * m;
            for (size_t a = 0; a < m; a++)
                for (size_t b = 0; b <= a; b++)
                    q[a * m + b] = q[b * m + a] = *row++;
        }
        cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, n * m, m, m, 1, square, m, block->scaling, m, 0,
                        half, m);
        for (size_t i = 0; i < n; i++) {
            double *row = pre->columns + (first + i) * pre->n_pairs + offset;
            cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, m, m, m, 1, block->scaling, m, half + i * m * m,
                            m, 0, square, m);
            for (size_t a = 0; a < m; a++)
                for (size_t b = 0; b <= a; b++)
                    *row++ = pair_factor(a, b) * square[a * m + b];
        }
    }
done:
    cpt_free(square);
    cpt_free(half);
    return status;
}

static critpt_status update_whole(cpt_nature_preconditioner *pre, cpt_nature_system *system)
{
    critpt_status status = CRITPT_OK;
    size_t offset = 0;
    for (size_t j = 0; j < system->n_blocks; j++) {
        CPT_TRY(scale_pairs(pre, &system->blocks[j], offset));
        offset += n_pairs_of(&system->blocks[j]);
    }
    cpt_linalg_gram(pre->n, pre->n_pairs, pre->columns, pre->n_pairs, 0, pre->factor);
    CPT_TRY(factor_with_identity(pre->n, pre->factor));
done:
    return status;
}

/* A pair of scaled directions of a block, and the product of their squared norms. */
typedef struct pair {
    double weight;
    size_t block, a, b;
} pair;

static int heavier(const void *left, const void *right)
{
    double a = ((const pair *)left)->weight, b = ((const pair *)right)->weight;
    return (a < b) - (a > b);
}

/* The pairs of every block's heaviest directions, the heaviest pair first. */
static critpt_status choose_pairs(const cpt_nature_system *system, pair **pairs, size_t *n_pairs)
{
    critpt_status status;
    size_t total = 0, n = 0;
    enum { DIRECTIONS = 100 };
    for (size_t j = 0; j < system->n_blocks; j++)
        total += n_pairs_of(&system->blocks[j]);
    CPT_TRY(cpt_allocate(pairs, total, sizeof **pairs));
    for (size_t j = 0; j < system->n_blocks; j++) {
        const cpt_nature_block *block = &system->blocks[j];
        size_t m = block->order, first = m > DIRECTIONS ? m - DIRECTIONS : 0;
        for (size_t a = first; a < m; a++)
            for (size_t b = first; b <= a; b++)
                (*pairs)[n++] = (pair){block->weights[a] * block->weights[b], j, a, b};
    }
    qsort(*pairs, n, sizeof **pairs, heavier);
    *n_pairs = n;
done:
    return status;
}

/* Images of the heaviest pairs, but for those that hardly count beside the identity. */
static critpt_status update_columns(cpt_nature_preconditioner *pre, cpt_nature_system *system,
                                    size_t wanted)
{
    critpt_status status;
    size_t P = system->P, n = pre->n, n_chosen, misses = 0;
    pair *chosen = NULL;
    double *triangle = NULL;
    pre->n_columns = 0;
    if (wanted == 0)
        return CRITPT_OK;
    CPT_TRY(choose_pairs(system, &chosen, &n_chosen));
    wanted = wanted < pre->most_columns ? wanted : pre->most_columns;
    for (size_t i = 0; i < n_chosen && pre->n_columns < wanted && misses < wanted; i++) {
        const cpt_nature_block *block = &system->blocks[chosen[i].block];
        double *column = pre->columns + pre->n_columns * n;
        double factor = pair_factor(chosen[i].a, chosen[i].b);
        CPT_TRY(cpt_nature_pair(system, block, block->frame + chosen[i].a * P,
                                block->frame + chosen[i].b * P, column));
        for (size_t t = 0; t < n; t++)
            column[t] *= factor;
        if (cpt_linalg_norm(n, column) >= least_column)
            pre->n_columns++;
        else
            misses++;
    }
    CPT_TRY(cpt_allocate(&triangle, pre->n_columns * pre->n_columns, sizeof(double)));
    CPT_TRY(cpt_linalg_qr(n, pre->n_columns, pre->columns, triangle));
    cpt_linalg_gram(pre->n_columns, pre->n_columns, triangle, pre->n_columns, 0, pre->factor);
    CPT_TRY(factor_with_identity(pre->n_columns, pre->factor));
done:
    cpt_free(triangle);
    cpt_free(chosen);
    return status;
}

critpt_status cpt_nature_preconditioner_update(cpt_nature_preconditioner *pre,
                                               cpt_nature_system *system, size_t wanted)
{
    return pre->whole ? update_whole(pre, system) : update_columns(pre, system, wanted);
}

void cpt_nature_precondition(const cpt_nature_preconditioner *pre, const double *r, double *h)
{
    size_t n = pre->n, c = pre->n_columns;
    memcpy(h, r, n * sizeof(double));
    if (pre->whole) {
        cpt_linalg_cholesky_solve(n, pre->factor, h);
    } else if (c) {
        cpt_linalg_gemv(CPT_PLAIN, c, n, 1, pre->columns, n, r, 0, pre->coefficients);
        cpt_linalg_gemv(CPT_TRANSPOSED, c, n, -1, pre->columns, n, pre->coefficients, 1, h);
        cpt_linalg_cholesky_solve(c, pre->factor, pre->coefficients);
        cpt_linalg_gemv(CPT_TRANSPOSED, c, n, 1, pre->columns, n, pre->coefficients, 1, h);
    }
}
