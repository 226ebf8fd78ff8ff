/* The heaviest pairs of directions of the inequalities, those in which the slack is small, and
 * their images under B*, found by D2f[v, w]. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/linalg.h"
#include "nature/heavy.h"

/* Norm of a column below which it hardly counts beside the identity: 1 + its square is below 1.1.
 */
static const double least_column = 0.3;
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
static critpt_status append_images(cpt_nature_maps *maps, const cpt_nature_block *block,
                                   const heavy *h, size_t j, size_t count,
                                   const candidate *candidates, cpt_pair *pairs, double *columns,
                                   size_t *n_columns)
{
    critpt_status status;
    size_t n = maps->n, m = 0;
    double *images = columns + *n_columns * n;
    for (size_t i = 0; i < count; i++)
        if (candidates[i].block == j)
            pairs[m++] = candidates[i].pair;
    if (m == 0)
        return CRITPT_OK;
    CPT_TRY(cpt_nature_pairs(maps, block, h->n, h->rows, m, pairs, images));
    for (size_t i = 0; i < m; i++) {
        double factor = cpt_nature_pair_factor(pairs[i].a, pairs[i].b), *to = columns;
        if (factor * cpt_linalg_norm(n, images + i * n) < least_column)
            continue;
        to += (*n_columns)++ * n;
        for (size_t t = 0; t < n; t++)
            to[t] = factor * images[i * n + t];
    }
done:
    return status;
}

critpt_status cpt_nature_heavy_images(cpt_nature_maps *maps, const cpt_nature_cone *cone,
                                      size_t wanted, double *columns, size_t *n_columns)
{
    critpt_status status;
    size_t n_candidates;
    heavy *blocks = NULL;
    candidate *candidates = NULL;
    cpt_pair *pairs = NULL;
    *n_columns = 0;
    CPT_TRY(cpt_allocate(&blocks, cone->n_blocks, sizeof *blocks));
    CPT_TRY(cpt_allocate(&pairs, wanted, sizeof *pairs));
    for (size_t j = 0; j < cone->n_blocks; j++)
        CPT_TRY(heavy_create(&blocks[j], &cone->blocks[j], maps->P));
    CPT_TRY(list_candidates(cone->n_blocks, blocks, &candidates, &n_candidates));
    for (size_t first = 0, count;
         first < n_candidates && *n_columns < wanted && first - *n_columns < wanted;
         first += count) {
        count = wanted - *n_columns;
        count = n_candidates - first < count ? n_candidates - first : count;
        for (size_t j = 0; j < cone->n_blocks; j++)
            CPT_TRY(append_images(maps, &cone->blocks[j], &blocks[j], j, count, candidates + first,
                                  pairs, columns, n_columns));
    }
done:
    for (size_t j = 0; blocks && j < cone->n_blocks; j++)
        heavy_destroy(&blocks[j]);
    cpt_free(blocks);
    cpt_free(candidates);
    cpt_free(pairs);
    return status;
}
