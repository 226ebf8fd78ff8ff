/* The preconditioner of the Newton equations (I + B* B) x = r in scaled coordinates.
 *
 * Near the boundary B* B is dominated by a few pairs of directions, those in which the slack is
 * small. The columns T are their images under B*, found by D2f[v, w]; I + T T' is inverted by
 * Woodbury's formula, or through T = Q R where T is too ill-conditioned for that. Small problems,
 * and hard ones of moderate size, keep the images of all pairs and factor the whole operator. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/linalg.h"
#include "nature/preconditioner.h"

enum { CHUNK = 32 }; /* rows that are scaled at a time; chosen */

/* Flops of an update by which the whole operator counts as small, and as worth it where conjugate
 * gradients take hundreds of steps: at 1e10 a second, 0.2 seconds and two minutes. Chosen. */
static const double whole_small = 2e9;
static const double whole_hard = 1.2e12;
/* Numbers that preconditioners may need by default: 2 GiB of them. */
static const double whole_entries = 2.7e8;
/* Of images in few dimensions, those whose square beside the largest's is below this are left to
 * the iteration; chosen above the rounding of the Gram matrix, n eps. */
static const double least_square = 1e-11;
/* Norm of a column below which it hardly counts beside the identity: 1 + its square is below 1.1.
 */
static const double least_column = 0.3;
/* Part of a sum of columns that may be outside the space of free changes. Parts of 1e-12 left
 * conjugate gradients with directions outside of it by 1e-10, where B is large. */
static const double most_outside = 1e-14;
/* Part of the smallest eigenvalue of the inverse that rounding in Woodbury's formula may take;
 * chosen, as a preconditioner needs no more than two digits. */
static const double most_rounding = 0.01;

static size_t n_pairs_of(const cpt_nature_block *block)
{
    return block->order * (block->order + 1) / 2;
}

static double pair_factor(size_t a, size_t b)
{
    return a == b ? 1 : sqrt(2); /* so that <Q, Q> is the sum of squares of its pairs */
}

/* images (pairs x n) = those of w_a w_b' for all pairs a >= b of a block's basis, in scaled
 * coordinates. */
static critpt_status find_images(cpt_nature_maps *maps, const cpt_nature_block *block,
                                 double *images)
{
    critpt_status status;
    size_t n_pairs = n_pairs_of(block);
    cpt_pair *pairs = NULL, *next;
    CPT_TRY(cpt_allocate(&pairs, n_pairs, sizeof *pairs));
    next = pairs;
    for (size_t a = 0; a < block->order; a++)
        for (size_t b = 0; b <= a; b++)
            *next++ = (cpt_pair){a, b};
    CPT_TRY(cpt_nature_pairs(maps, block, block->order, block->basis, n_pairs, pairs, images));
    CPT_TRY(cpt_nature_project_rows(maps, n_pairs, images));
done:
    cpt_free(pairs);
    return status;
}

/* columns = an orthonormal basis of all images, and pairs = the images in it. */
static critpt_status keep_in_basis(cpt_nature_preconditioner *pre, cpt_nature_maps *maps,
                                   const cpt_nature_cone *cone)
{
    critpt_status status;
    size_t n = pre->n, m = pre->n_pairs, q, *pivot = NULL;
    double *images = NULL, *gram = NULL, *triangle = NULL;
    CPT_TRY(cpt_allocate(&images, m * n, sizeof(double)));
    for (size_t j = 0, first = 0; j < cone->n_blocks; first += n_pairs_of(&cone->blocks[j++]))
        CPT_TRY(find_images(maps, &cone->blocks[j], images + first * n));
    CPT_TRY(cpt_allocate(&gram, m * m, sizeof(double)));
    CPT_TRY(cpt_allocate(&pivot, m, sizeof *pivot));
    cpt_linalg_gram(m, n, images, n, 0, gram);
    CPT_TRY(cpt_linalg_independent_rows(m, gram, least_square, pivot, &q));
    q = q < n ? q : n;
    CPT_TRY(cpt_allocate(&triangle, q * q, sizeof(double)));
    CPT_TRY(cpt_allocate(&pre->columns, q * n, sizeof(double)));
    CPT_TRY(cpt_allocate(&pre->pairs, q * m, sizeof(double)));
    for (size_t i = 0; i < q; i++)
        memcpy(pre->columns + i * n, images + pivot[i] * n, n * sizeof(double));
    CPT_TRY(cpt_linalg_qr(n, q, pre->columns, triangle));
    CPT_TRY(cpt_nature_project_rows(maps, q, pre->columns));
    cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, q, m, n, 1, pre->columns, n, images, n, 0,
                    pre->pairs, m);
    pre->n_columns = q;
done:
    cpt_free(images);
    cpt_free(gram);
    cpt_free(pivot);
    cpt_free(triangle);
    return status;
}

/* Flops of an update in q dimensions. */
static double update_work(const cpt_nature_preconditioner *pre, const cpt_nature_cone *cone,
                          double q)
{
    double cubes = 0;
    for (size_t j = 0; j < cone->n_blocks; j++)
        cubes += pow((double)cone->blocks[j].order, 3);
    return 4 * q * cubes + q * q * (double)pre->n_pairs + q * q * q / 3;
}

static size_t largest_block(const cpt_nature_cone *cone)
{
    size_t largest = 0;
    for (size_t j = 0; j < cone->n_blocks; j++)
        if (n_pairs_of(&cone->blocks[j]) > largest)
            largest = n_pairs_of(&cone->blocks[j]);
    return largest;
}

/* pairs = the images as they are, one block after another. */
static critpt_status keep_plain(cpt_nature_preconditioner *pre, cpt_nature_maps *maps,
                                const cpt_nature_cone *cone)
{
    critpt_status status;
    double *images = NULL;
    CPT_TRY(cpt_allocate(&images, largest_block(cone) * pre->n, sizeof(double)));
    CPT_TRY(cpt_allocate(&pre->pairs, pre->n_pairs * pre->n, sizeof(double)));
    for (size_t j = 0, first = 0; j < cone->n_blocks; j++) {
        size_t m = n_pairs_of(&cone->blocks[j]);
        CPT_TRY(find_images(maps, &cone->blocks[j], images));
        cpt_linalg_transpose(m, pre->n, images, pre->n, pre->pairs + first, pre->n_pairs);
        first += m;
    }
    pre->n_columns = pre->n;
done:
    cpt_free(images);
    return status;
}

static void free_arrays(cpt_nature_preconditioner *pre)
{
    double **all[] = {&pre->columns, &pre->pairs,        &pre->scaled,
                      &pre->factor,  &pre->coefficients, &pre->change};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        cpt_free(*all[i]);
        *all[i] = NULL;
    }
}

/* Room for `columns` columns' factor, what was there being lost. */
static critpt_status allocate_factor(cpt_nature_preconditioner *pre, size_t columns)
{
    critpt_status status;
    CPT_TRY(cpt_allocate(&pre->factor, columns * columns, sizeof(double)));
    CPT_TRY(cpt_allocate(&pre->coefficients, columns, sizeof(double)));
    CPT_TRY(cpt_allocate(&pre->change, columns, sizeof(double)));
done:
    return status;
}

static critpt_status make_room(cpt_nature_preconditioner *pre, size_t columns)
{
    critpt_status status = CRITPT_OK;
    if (columns <= pre->capacity)
        return CRITPT_OK;
    free_arrays(pre);
    CPT_TRY(cpt_allocate(&pre->columns, columns * pre->n, sizeof(double)));
    CPT_TRY(allocate_factor(pre, columns));
    pre->capacity = columns;
done:
    return status;
}

static critpt_status make_whole(cpt_nature_preconditioner *pre, cpt_nature_maps *maps,
                                const cpt_nature_cone *cone)
{
    critpt_status status;
    free_arrays(pre);
    if (pre->n_pairs < pre->n)
        CPT_TRY(keep_in_basis(pre, maps, cone));
    else
        CPT_TRY(keep_plain(pre, maps, cone));
    CPT_TRY(cpt_allocate(&pre->scaled, pre->n_columns * largest_block(cone), sizeof(double)));
    CPT_TRY(allocate_factor(pre, pre->n_columns));
    pre->whole = pre->orthonormal = true;
done:
    return status;
}

/* Numbers that the memory allowed holds. */
static double most_entries(const cpt_nature_maps *maps)
{
    double memory = (double)maps->problem->memory / sizeof(double);
    return memory > 0 && memory < whole_entries ? memory : whole_entries;
}

/* Numbers that the whole operator needs at most at a time. */
static double entries(const cpt_nature_preconditioner *pre, const cpt_nature_cone *cone)
{
    double n = (double)pre->n, m = (double)pre->n_pairs, block = (double)largest_block(cone);
    double projected = n * fmin(block, CPT_NATURE_PROJECTED_ROWS);
    return projected + (m < n ? 2 * n * m + 3 * m * m : n * m + n * (n + block));
}

/* Whether the whole operator can be had for so many flops an update. */
static bool is_within(const cpt_nature_preconditioner *pre, const cpt_nature_maps *maps,
                      const cpt_nature_cone *cone, double flops)
{
    return entries(pre, cone) <= most_entries(maps) &&
           update_work(pre, cone, fmin((double)pre->n, (double)pre->n_pairs)) <= flops;
}

critpt_status cpt_nature_preconditioner_create(cpt_nature_preconditioner *pre,
                                               cpt_nature_maps *maps, const cpt_nature_cone *cone)
{
    memset(pre, 0, sizeof *pre);
    pre->n = maps->n;
    for (size_t j = 0; j < cone->n_blocks; j++)
        pre->n_pairs += n_pairs_of(&cone->blocks[j]);
    return is_within(pre, maps, cone, whole_small) ? make_whole(pre, maps, cone) : CRITPT_OK;
}

critpt_status cpt_nature_preconditioner_strengthen(cpt_nature_preconditioner *pre,
                                                   cpt_nature_maps *maps,
                                                   const cpt_nature_cone *cone)
{
    if (pre->whole || !is_within(pre, maps, cone, whole_hard))
        return CRITPT_OK;
    return make_whole(pre, maps, cone);
}

void cpt_nature_preconditioner_destroy(cpt_nature_preconditioner *pre)
{
    free_arrays(pre);
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
    for (size_t first = 0; first < pre->n_columns; first += CHUNK) {
        size_t rest = pre->n_columns - first, n = rest < CHUNK ? rest : CHUNK;
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
            double *row = pre->scaled + (first + i) * n_pairs_of(block);
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

static critpt_status update_whole(cpt_nature_preconditioner *pre, const cpt_nature_cone *cone)
{
    critpt_status status = CRITPT_OK;
    for (size_t j = 0, offset = 0; j < cone->n_blocks; j++) {
        size_t m = n_pairs_of(&cone->blocks[j]);
        CPT_TRY(scale_pairs(pre, &cone->blocks[j], offset));
        cpt_linalg_gram(pre->n_columns, m, pre->scaled, m, j > 0, pre->factor);
        offset += m;
    }
    CPT_TRY(factor_with_identity(pre->n_columns, pre->factor));
done:
    return status;
}

/* ---- The heaviest pairs ---- */

enum { MOST_HEAVY = 100 }; /* of a block; chosen: their pairs are 5050, more than the columns are */

/* The directions of a block in which its slack is smallest: the rows of largest norm of Y T W', Y
 * orthogonal. */
typedef struct heavy {
    size_t n;
    double *weights; /* n: squared norms of the rows Y T, ascending */
    double *rows;    /* n x P */
} heavy;

static void heavy_destroy(heavy *h)
{
    cpt_free(h->weights);
    cpt_free(h->rows);
}

static critpt_status heavy_create(heavy *h, const cpt_nature_block *block, size_t P)
{
    critpt_status status;
    size_t m = block->order;
    double *square = NULL, *vectors = NULL;
    *h = (heavy){.n = m < MOST_HEAVY ? m : MOST_HEAVY};
    CPT_TRY(cpt_allocate(&square, m * m, sizeof(double)));
    CPT_TRY(cpt_allocate(&vectors, h->n * m, sizeof(double)));
    CPT_TRY(cpt_allocate(&h->weights, h->n, sizeof(double)));
    CPT_TRY(cpt_allocate(&h->rows, h->n * P, sizeof(double)));
    cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, m, m, m, 1, block->scaling, m, block->scaling, m, 0,
                    square, m);
    CPT_TRY(cpt_linalg_eigenpairs(m, square, m - h->n, h->n, h->weights, vectors));
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, h->n, P, m, 1, vectors, m, block->frame, P, 0, h->rows,
                    P);
done:
    cpt_free(square);
    cpt_free(vectors);
    return status;
}

/* A pair of them, and the product of their squared norms. */
typedef struct candidate {
    double weight;
    size_t block;
    cpt_pair pair;
} candidate;

static int heavier(const void *left, const void *right)
{
    double a = ((const candidate *)left)->weight, b = ((const candidate *)right)->weight;
    return (a < b) - (a > b);
}

/* All pairs, the heaviest first. */
static critpt_status list_candidates(size_t n_blocks, const heavy *blocks, candidate **candidates,
                                     size_t *count)
{
    critpt_status status;
    size_t n = 0;
    for (size_t j = 0; j < n_blocks; j++)
        n += blocks[j].n * (blocks[j].n + 1) / 2;
    CPT_TRY(cpt_allocate(candidates, n, sizeof **candidates));
    n = 0;
    for (size_t j = 0; j < n_blocks; j++)
        for (size_t a = 0; a < blocks[j].n; a++)
            for (size_t b = 0; b <= a; b++)
                (*candidates)[n++] =
                    (candidate){blocks[j].weights[a] * blocks[j].weights[b], j, {a, b}};
    qsort(*candidates, n, sizeof **candidates, heavier);
    *count = n;
done:
    return status;
}

/* More columns: the images of those candidates that are of block j, but for the ones that hardly
 * count beside the identity. pairs: room for `count`. */
static critpt_status append_images(cpt_nature_preconditioner *pre, cpt_nature_maps *maps,
                                   const cpt_nature_block *block, const heavy *h, size_t j,
                                   size_t count, const candidate *candidates, cpt_pair *pairs)
{
    critpt_status status;
    size_t n = pre->n, m = 0;
    double *images = pre->columns + pre->n_columns * n;
    for (size_t i = 0; i < count; i++)
        if (candidates[i].block == j)
            pairs[m++] = candidates[i].pair;
    if (m == 0)
        return CRITPT_OK;
    CPT_TRY(cpt_nature_pairs(maps, block, h->n, h->rows, m, pairs, images));
    for (size_t i = 0; i < m; i++) {
        double factor = pair_factor(pairs[i].a, pairs[i].b), *to = pre->columns;
        if (factor * cpt_linalg_norm(n, images + i * n) < least_column)
            continue;
        to += pre->n_columns++ * n;
        for (size_t t = 0; t < n; t++)
            to[t] = factor * images[i * n + t];
    }
done:
    return status;
}

/* columns = the images of the heaviest pairs, as many as are wanted, or fewer if as many as that
 * were too light. */
static critpt_status find_heavy_images(cpt_nature_preconditioner *pre, cpt_nature_maps *maps,
                                       const cpt_nature_cone *cone, size_t wanted)
{
    critpt_status status;
    size_t n_candidates;
    heavy *blocks = NULL;
    candidate *candidates = NULL;
    cpt_pair *pairs = NULL;
    CPT_TRY(cpt_allocate(&blocks, cone->n_blocks, sizeof *blocks));
    CPT_TRY(cpt_allocate(&pairs, wanted, sizeof *pairs));
    for (size_t j = 0; j < cone->n_blocks; j++)
        CPT_TRY(heavy_create(&blocks[j], &cone->blocks[j], maps->P));
    CPT_TRY(list_candidates(cone->n_blocks, blocks, &candidates, &n_candidates));
    for (size_t first = 0, count;
         first < n_candidates && pre->n_columns < wanted && first - pre->n_columns < wanted;
         first += count) {
        count = wanted - pre->n_columns;
        count = n_candidates - first < count ? n_candidates - first : count;
        for (size_t j = 0; j < cone->n_blocks; j++)
            CPT_TRY(append_images(pre, maps, &cone->blocks[j], &blocks[j], j, count,
                                  candidates + first, pairs));
    }
done:
    for (size_t j = 0; blocks && j < cone->n_blocks; j++)
        heavy_destroy(&blocks[j]);
    cpt_free(blocks);
    cpt_free(candidates);
    cpt_free(pairs);
    return status;
}

/* Whether rounding made the columns leave the space of free changes, as one sum of them shows in
 * which all that count beside the identity have the same weight. */
static critpt_status are_outside(cpt_nature_preconditioner *pre, cpt_nature_maps *maps,
                                 bool *outside)
{
    critpt_status status;
    size_t n = pre->n, c = pre->n_columns;
    double *sum = NULL, *projected = NULL;
    CPT_TRY(cpt_allocate(&sum, n, sizeof *sum));
    CPT_TRY(cpt_allocate(&projected, n, sizeof *projected));
    for (size_t i = 0; i < c; i++)
        pre->coefficients[i] =
            (i % 2 ? 1 : -1) / hypot(1, cpt_linalg_norm(n, pre->columns + i * n));
    cpt_linalg_gemv(CPT_TRANSPOSED, c, n, 1, pre->columns, n, pre->coefficients, 0, sum);
    memcpy(projected, sum, n * sizeof *sum);
    CPT_TRY(cpt_nature_project(maps, projected));
    cpt_linalg_axpy(n, -1, sum, projected);
    *outside = cpt_linalg_norm(n, projected) > most_outside * cpt_linalg_norm(n, sum);
done:
    cpt_free(sum);
    cpt_free(projected);
    return status;
}

/* factor = that of I + T'T. It is accurate enough where the smallest eigenvalue of its inverse, at
 * least 1 / trace, is well above the factorisation's rounding: epsilon divided by the least part of
 * a column that is independent of the others. */
static critpt_status factor_gram(cpt_nature_preconditioner *pre, bool *accurate)
{
    critpt_status status;
    size_t c = pre->n_columns, minor;
    double *diagonal = pre->change, trace = 0, least = 1;
    cpt_linalg_gram(c, pre->n, pre->columns, pre->n, 0, pre->factor);
    for (size_t i = 0; i < c; i++)
        diagonal[i] = pre->factor[i * (c + 1)] += 1;
    CPT_TRY(cpt_linalg_cholesky(c, pre->factor, &minor));
    for (size_t i = 0; minor == 0 && i < c; i++) {
        double pivot = pre->factor[i * (c + 1)];
        trace += diagonal[i];
        least = fmin(least, pivot * pivot / diagonal[i]);
    }
    *accurate = minor == 0 && DBL_EPSILON * trace <= most_rounding * least;
done:
    return status;
}

/* columns = Q and factor = that of I + R R' for the columns Q R. */
static critpt_status orthogonalize(cpt_nature_preconditioner *pre, cpt_nature_maps *maps)
{
    critpt_status status;
    size_t c = pre->n_columns;
    double *triangle = NULL;
    bool outside;
    CPT_TRY(cpt_allocate(&triangle, c * c, sizeof(double)));
    CPT_TRY(cpt_linalg_qr(pre->n, c, pre->columns, triangle));
    CPT_TRY(are_outside(pre, maps, &outside));
    if (outside)
        CPT_TRY(cpt_nature_project_rows(maps, pre->n_columns, pre->columns));
    cpt_linalg_gram(c, c, triangle, c, 0, pre->factor);
    CPT_TRY(factor_with_identity(c, pre->factor));
done:
    cpt_free(triangle);
    return status;
}

/* Columns that the memory holds: half of it is theirs, with two squares of their number; the other
 * half is for projecting them. */
static double most_columns(const cpt_nature_preconditioner *pre, const cpt_nature_maps *maps)
{
    double n = (double)pre->n;
    return fmin(n, (sqrt(n * n + 4 * most_entries(maps)) - n) / 4);
}

static critpt_status update_columns(cpt_nature_preconditioner *pre, cpt_nature_maps *maps,
                                    const cpt_nature_cone *cone, size_t wanted)
{
    critpt_status status;
    bool accurate, outside;
    pre->n_columns = 0;
    wanted = (size_t)fmin((double)wanted, most_columns(pre, maps));
    if (wanted == 0)
        return CRITPT_OK;
    CPT_TRY(make_room(pre, wanted));
    CPT_TRY(find_heavy_images(pre, maps, cone, wanted));
    CPT_TRY(cpt_nature_project_rows(maps, pre->n_columns, pre->columns));
    CPT_TRY(are_outside(pre, maps, &outside));
    if (outside)
        CPT_TRY(cpt_nature_project_rows(maps, pre->n_columns, pre->columns));
    CPT_TRY(factor_gram(pre, &accurate));
    pre->orthonormal = !accurate;
    if (!accurate)
        CPT_TRY(orthogonalize(pre, maps));
done:
    return status;
}

critpt_status cpt_nature_preconditioner_update(cpt_nature_preconditioner *pre,
                                               cpt_nature_maps *maps, const cpt_nature_cone *cone,
                                               size_t wanted)
{
    return pre->whole ? update_whole(pre, cone) : update_columns(pre, maps, cone, wanted);
}

critpt_status cpt_nature_precondition(const cpt_nature_preconditioner *pre, cpt_nature_maps *maps,
                                      const double *r, double *h)
{
    size_t n = pre->n, c = pre->n_columns;
    memcpy(h, r, n * sizeof(double));
    if (c == 0)
        return CRITPT_OK;
    if (!pre->columns) {
        cpt_linalg_cholesky_solve(n, pre->factor, h);
        return cpt_nature_project(maps, h); /* as rounding left the space of free changes */
    }
    /* r - T (I + T'T)^-1 T' r, or r - Q (I - (I + R R')^-1) Q' r */
    cpt_linalg_gemv(CPT_PLAIN, c, n, 1, pre->columns, n, r, 0, pre->coefficients);
    memcpy(pre->change, pre->coefficients, c * sizeof(double));
    cpt_linalg_cholesky_solve(c, pre->factor, pre->change);
    for (size_t i = 0; pre->orthonormal && i < c; i++)
        pre->change[i] = pre->coefficients[i] - pre->change[i];
    cpt_linalg_gemv(CPT_TRANSPOSED, c, n, -1, pre->columns, n, pre->change, 1, h);
    return CRITPT_OK;
}
