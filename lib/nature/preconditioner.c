/* The preconditioner of the Newton equations (I + B* B) x = r in scaled coordinates.
 *
 * Near the boundary B* B is dominated by a few pairs of directions, those in which the slack is
 * small. The columns T are their images under B*, or where the entries of S(u) are few enough those
 * combinations of their images that count; I + T T' is inverted by Woodbury's formula, or through
 * T = Q R where T is too ill-conditioned for that. Small problems, and hard ones of moderate size,
 * keep the images of all pairs and factor the whole operator. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "nature/heavy.h"
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
/* Part of a sum of columns that may be outside the space of free changes. Parts of 1e-12 left
 * conjugate gradients with directions outside of it by 1e-10, where B is large. */
static const double most_outside = 1e-14;
/* Part of the smallest eigenvalue of the inverse that rounding in Woodbury's formula may take;
 * chosen, as a preconditioner needs no more than two digits. */
static const double most_rounding = 0.01;

/* Columns of heaviest pairs from which on entries are made in their place, and operations that they
 * may take to be made before, a second at 4e10 a second. Chosen: easy problems of moderate size
 * need a few hundred columns. */
enum { HARD = 1024 };
static const double little_work = 4e10;

static size_t n_pairs_of(const cpt_nature_block *block)
{
    return block->order * (block->order + 1) / 2;
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

/* Numbers that the memory allowed holds. */
static double most_entries(const cpt_nature_maps *maps)
{
    double memory = (double)maps->problem->memory / sizeof(double);
    return memory > 0 && memory < whole_entries ? memory : whole_entries;
}

/* The entries, or that they do not fit. */
static critpt_status find_entries(cpt_nature_preconditioner *pre, cpt_nature_maps *maps)
{
    return pre->entries.tried ? CRITPT_OK
                              : cpt_nature_entries_create(&pre->entries, maps, most_entries(maps));
}

static critpt_status make_whole(cpt_nature_preconditioner *pre, cpt_nature_maps *maps,
                                const cpt_nature_cone *cone)
{
    critpt_status status;
    bool in_basis = pre->n_pairs < pre->n;
    if (!in_basis)
        CPT_TRY(find_entries(pre, maps));
    if (!in_basis && !pre->entries.fits)
        return CRITPT_OK;
    free_arrays(pre);
    if (in_basis)
        CPT_TRY(keep_in_basis(pre, maps, cone));
    else
        pre->n_columns = pre->n; /* those of the entries serve as they are */
    CPT_TRY(cpt_allocate(&pre->scaled, pre->n_columns * largest_block(cone), sizeof(double)));
    CPT_TRY(allocate_factor(pre, pre->n_columns));
    pre->whole = pre->orthonormal = true;
done:
    return status;
}

/* Numbers that the whole operator needs at most at a time. */
static double entries(const cpt_nature_preconditioner *pre, const cpt_nature_cone *cone)
{
    double n = (double)pre->n, m = (double)pre->n_pairs, block = (double)largest_block(cone);
    double projected = n * fmin(block, CPT_NATURE_PROJECTED_ROWS);
    double images = pre->entries.fits ? pre->entries.n_numbers : n * m;
    return projected + (m < n ? 2 * n * m + 3 * m * m : images + n * (n + block));
}

/* Whether the whole operator can be had for so many flops an update. */
static bool is_within(const cpt_nature_preconditioner *pre, const cpt_nature_maps *maps,
                      const cpt_nature_cone *cone, double flops)
{
    return entries(pre, cone) <= most_entries(maps) &&
           update_work(pre, cone, fmin((double)pre->n, (double)pre->n_pairs)) <= flops;
}

critpt_status cpt_nature_preconditioner_begin(cpt_nature_preconditioner *pre, cpt_nature_maps *maps,
                                              const cpt_nature_cone *cone)
{
    cpt_nature_preconditioner_end(pre);
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

void cpt_nature_preconditioner_end(cpt_nature_preconditioner *pre)
{
    free_arrays(pre);
    *pre = (cpt_nature_preconditioner){.entries = pre->entries};
}

void cpt_nature_preconditioner_destroy(cpt_nature_preconditioner *pre)
{
    cpt_nature_preconditioner_end(pre);
    cpt_nature_entries_destroy(&pre->entries);
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

/* squares (count, order x order each) = the images of a block in columns `first` and following, of
 * pairs of its basis. */
static void gather_pairs(const cpt_nature_preconditioner *pre, const cpt_nature_block *block,
                         size_t offset, size_t first, size_t count, double *squares)
{
    size_t m = block->order;
    for (size_t i = 0; i < count; i++) {
        const double *row = pre->pairs + (first + i) * pre->n_pairs + offset;
        double *q = squares + i * m * m;
        for (size_t a = 0; a < m; a++)
            for (size_t b = 0; b <= a; b++)
                q[a * m + b] = q[b * m + a] = *row++;
    }
}

/* The rows of a block's images become those in scaled coordinates: T Q T' of each, Q in its basis,
 * or F S F' of the entries S. */
static critpt_status scale_pairs(cpt_nature_preconditioner *pre, const cpt_nature_block *block,
                                 size_t P, size_t offset)
{
    critpt_status status;
    size_t m = block->order, k = pre->pairs ? m : P;
    const double *rows = pre->pairs ? block->scaling : block->frame;
    double *square = NULL, *half = NULL;
    CPT_TRY(cpt_allocate(&square, CHUNK * k * k, sizeof(double)));
    CPT_TRY(cpt_allocate(&half, CHUNK * k * m, sizeof(double)));
    for (size_t first = 0; first < pre->n_columns; first += CHUNK) {
        size_t rest = pre->n_columns - first, n = rest < CHUNK ? rest : CHUNK;
        if (pre->pairs)
            gather_pairs(pre, block, offset, first, n, square);
        else
            cpt_nature_entries_gather(&pre->entries, block->point, P, first, n, square);
        cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, n * k, m, k, 1, square, k, rows, k, 0, half, m);
        for (size_t i = 0; i < n; i++) {
            double *row = pre->scaled + (first + i) * n_pairs_of(block);
            cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, m, m, k, 1, rows, k, half + i * k * m, m, 0,
                            square, m);
            for (size_t a = 0; a < m; a++)
                for (size_t b = 0; b <= a; b++)
                    *row++ = cpt_nature_pair_factor(a, b) * square[a * m + b];
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
        CPT_TRY(scale_pairs(pre, &cone->blocks[j], cone->P, offset));
        cpt_linalg_gram(pre->n_columns, m, pre->scaled, m, j > 0, pre->factor);
        offset += m;
    }
    CPT_TRY(factor_with_identity(pre->n_columns, pre->factor));
done:
    return status;
}

/* ---- Columns ---- */

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

/* Columns that the memory holds beside the entries: half of it is theirs, with two squares of their
 * number; the other half is for projecting them. */
static double most_columns(const cpt_nature_preconditioner *pre, const cpt_nature_maps *maps)
{
    double n = (double)pre->n, left = most_entries(maps) - pre->entries.n_numbers;
    return fmin(n, (sqrt(n * n + 4 * left) - n) / 4);
}

/* factor, and the columns as it needs them, of the images in the columns. */
static critpt_status factor_columns(cpt_nature_preconditioner *pre, cpt_nature_maps *maps)
{
    critpt_status status;
    bool accurate, outside;
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

static critpt_status update_columns(cpt_nature_preconditioner *pre, cpt_nature_maps *maps,
                                    const cpt_nature_cone *cone, size_t wanted)
{
    critpt_status status;
    pre->n_columns = 0;
    wanted = (size_t)fmin((double)wanted, most_columns(pre, maps));
    if (wanted == 0)
        return CRITPT_OK;
    CPT_TRY(make_room(pre, wanted));
    CPT_TRY(cpt_nature_heavy_images(maps, cone, wanted, pre->columns, &pre->n_columns));
    CPT_TRY(factor_columns(pre, maps));
done:
    return status;
}

/* Where there are more entries than numbers of a change, the columns are their images, and where
 * many of these count, the whole operator is factored at no more cost. */
static critpt_status update_entries(cpt_nature_preconditioner *pre, cpt_nature_maps *maps,
                                    const cpt_nature_cone *cone, size_t wanted, size_t last_steps)
{
    critpt_status status;
    CPT_TRY(cpt_nature_entries_update(&pre->entries, cone, last_steps));
    pre->by_entries = !pre->entries.many;
    pre->n_columns = pre->entries.n_columns;
    if (pre->by_entries || pre->n_columns == 0)
        goto done;
    if (2 * pre->n_columns > pre->n && is_within(pre, maps, cone, whole_hard)) {
        CPT_TRY(make_whole(pre, maps, cone));
        CPT_TRY(update_whole(pre, cone));
        goto done;
    }
    if ((double)pre->n_columns > most_columns(pre, maps))
        return update_columns(pre, maps, cone, wanted);
    CPT_TRY(make_room(pre, pre->n_columns));
    cpt_nature_entries_columns(&pre->entries, pre->columns);
    CPT_TRY(factor_columns(pre, maps));
done:
    return status;
}

critpt_status cpt_nature_preconditioner_update(cpt_nature_preconditioner *pre,
                                               cpt_nature_maps *maps, const cpt_nature_cone *cone,
                                               size_t wanted, size_t last_steps)
{
    critpt_status status;
    if (pre->whole)
        return update_whole(pre, cone);
    if (wanted >= HARD || (wanted > 0 && cpt_nature_entries_work(maps) <= little_work))
        CPT_TRY(find_entries(pre, maps));
    pre->by_entries = false;
    status = wanted > 0 && pre->entries.fits ? update_entries(pre, maps, cone, wanted, last_steps)
                                             : update_columns(pre, maps, cone, wanted);
done:
    return status;
}

critpt_status cpt_nature_precondition(const cpt_nature_preconditioner *pre, cpt_nature_maps *maps,
                                      const double *r, double *h)
{
    size_t n = pre->n, c = pre->n_columns;
    memcpy(h, r, n * sizeof(double));
    if (c == 0)
        return CRITPT_OK;
    if (pre->by_entries) {
        cpt_nature_entries_apply(&pre->entries, r, h);
        return CRITPT_OK;
    }
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
