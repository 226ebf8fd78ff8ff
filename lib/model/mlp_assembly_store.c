/* From the sums of a layered network's second derivatives to the whole symmetric matrix. */
#include <string.h>

#include "linalg/linalg.h"
#include "model/mlp_assembly.h"

/* The matrix being written. */
typedef struct target {
    const cpt_mlp_assembly *a;
    double scale, *matrix;
    size_t leading;
} target;

static double *row_of(const target *to, const cpt_layer *layer, size_t p, size_t r)
{
    return to->matrix + (cpt_mlp_weight(layer, p, r) - to->a->first_weight) * to->leading;
}

/* Completes the symmetric square (r, s) of order `fan` from its rows' part right of the diagonal.
 */
static void mirror(double *square, size_t fan)
{
    for (size_t r = 1; r < fan; r++)
        for (size_t s = 0; s < r; s++)
            square[r * fan + s] = square[s * fan + r];
}

/* The square from its packed triangle. */
static void unpack_triangle(size_t fan, const double *packed, double *square)
{
    for (size_t r = 0; r < fan; packed += fan - r, r++)
        memcpy(square + r * fan + r, packed, (fan - r) * sizeof *square);
    mirror(square, fan);
}

/* factor times entries s of one row in columns (q, s). */
static void store_row(const target *to, const cpt_layer *layer, size_t q, double factor,
                      const double *restrict from, double *restrict row)
{
    size_t k = layer->n_inputs;
    double *restrict at = row + (layer->weights - to->a->first_weight) + q * k;
    for (size_t s = 0; s < k; s++)
        at[s] = factor * from[s];
    if (layer->bias)
        row[layer->biases - to->a->first_weight + q] = factor * from[k];
}

/* Where the sums of units p and q of a layer are in the tile; NULL: in another one. */
static const double *pair_sums(const cpt_mlp_tile *tile, size_t units, size_t p, size_t q)
{
    size_t low = p < q ? p : q, high = p < q ? q : p;
    size_t row = low * units - low * (low + 1) / 2 + high;
    if (tile->part->kind == CPT_MLP_UNITS)
        row = p;
    if (row < tile->first || row >= tile->first + tile->rows)
        return NULL;
    return tile->sums + (row - tile->first) * tile->part->columns;
}

/* Blocks (p, q) for the units q from `first` on whose squares there is room for: unpacked, then
 * stored row by row of the matrix, which is faster by far than block by block. Returns the end. */
static size_t store_blocks(const target *to, const cpt_mlp_tile *tile, size_t p, size_t first,
                           size_t end)
{
    const cpt_layer *layer = &to->a->mlp->layers[tile->part->m];
    size_t fan = cpt_mlp_fan(layer), room = to->a->n_squares / (fan * fan);
    end = end - first < room ? end : first + room;
    for (size_t q = first; q < end; q++) {
        const double *sums = pair_sums(tile, layer->n_units, p, q);
        if (sums)
            unpack_triangle(fan, sums, to->a->squares + (q - first) * fan * fan);
    }
    for (size_t r = 0; r < fan; r++)
        for (size_t q = first; q < end; q++)
            if (pair_sums(tile, layer->n_units, p, q))
                store_row(to, layer, q, to->scale, to->a->squares + ((q - first) * fan + r) * fan,
                          row_of(to, layer, p, r));
    return end;
}

static void store_triangle(const target *to, const cpt_mlp_tile *tile)
{
    size_t units = to->a->mlp->layers[tile->part->m].n_units;
    for (size_t p = 0; p < units; p++)
        for (size_t q = 0; q < units;)
            q = store_blocks(to, tile, p, q, units);
}

static void store_units(const target *to, const cpt_mlp_tile *tile)
{
    for (size_t p = tile->first; p < tile->first + tile->rows; p++)
        store_blocks(to, tile, p, p, p + 1);
}

/* M (x) the Gram matrix of the output layer's inputs. */
static void store_gram(const target *to, const cpt_mlp_tile *tile)
{
    const cpt_layer *layer = &to->a->mlp->layers[tile->part->m];
    const double *metric = to->a->metric;
    size_t fan = cpt_mlp_fan(layer), D = layer->n_units;
    mirror(tile->sums, fan);
    for (size_t p = 0; p < D; p++)
        for (size_t r = 0; r < fan; r++)
            for (size_t q = 0; q < D; q++)
                store_row(to, layer, q, to->scale * (metric ? metric[p * D + q] : p == q),
                          tile->sums + r * fan, row_of(to, layer, p, r));
}

static void store_rectangle(const target *to, const cpt_mlp_tile *tile)
{
    const cpt_layer *low = &to->a->mlp->layers[tile->part->l];
    const cpt_layer *high = &to->a->mlp->layers[tile->part->m];
    const double *from = tile->sums;
    for (size_t index = tile->first; index < tile->first + tile->rows; index++) {
        size_t p = index / high->n_units, q = index % high->n_units;
        for (size_t r = 0; r < cpt_mlp_fan(low); r++, from += cpt_mlp_fan(high))
            store_row(to, high, q, to->scale, from, row_of(to, low, p, r));
    }
}

/* delta_q act'_p abar_r belongs to (p, r), (q, p). Where Z_m is constant, the inputs s come first:
 * their sums are still to be multiplied by (W_L' M)[p, q]. */
static void store_slopes(const target *to, const cpt_mlp_tile *tile)
{
    const cpt_mlp_assembly *a = to->a;
    const cpt_layer *low = &a->mlp->layers[tile->part->l], *high = &a->mlp->layers[tile->part->m];
    size_t fan = cpt_mlp_fan(low);
    const double *sums = tile->sums;
    for (size_t index = tile->first * fan; index < (tile->first + tile->rows) * fan; index++) {
        size_t p = index / fan;
        double *row = row_of(to, low, p, index % fan);
        if (tile->part->assigns) {
            for (size_t q = 0; q < high->n_units; q++)
                store_row(to, high, q, to->scale * a->w_metric[p * high->n_units + q], sums, row);
            sums += cpt_mlp_fan(high);
        }
        for (size_t q = 0; a->curved && q < high->n_units; q++)
            row[cpt_mlp_weight(high, q, p) - a->first_weight] += to->scale * *sums++;
    }
}

static void store_paths(const target *to, const cpt_mlp_tile *tile)
{
    const cpt_layer *low = &to->a->mlp->layers[tile->part->l];
    const cpt_layer *high = &to->a->mlp->layers[tile->part->m];
    size_t fan = cpt_mlp_fan(low), k = high->n_inputs;
    const double *from = tile->sums;
    for (size_t index = tile->first; index < tile->first + tile->rows; index++)
        for (size_t p = 0; p < low->n_units; p++) {
            double *at = row_of(to, low, p, index % fan) + (high->weights - to->a->first_weight) +
                         index / fan * k;
            for (size_t s = 0; s < k; s++)
                at[s] += to->scale * *from++;
        }
}

static void store_tile(const target *to, const cpt_mlp_tile *tile)
{
    switch (tile->part->kind) {
    case CPT_MLP_TRIANGLE:
        store_triangle(to, tile);
        break;
    case CPT_MLP_UNITS:
        store_units(to, tile);
        break;
    case CPT_MLP_GRAM:
        store_gram(to, tile);
        break;
    case CPT_MLP_RECTANGLE:
        store_rectangle(to, tile);
        break;
    case CPT_MLP_SLOPES:
        store_slopes(to, tile);
        break;
    case CPT_MLP_PATHS:
        store_paths(to, tile);
        break;
    }
}

static size_t end_of(const cpt_layer *layer)
{
    return layer->weights + layer->n_units * cpt_mlp_fan(layer);
}

/* Clears the blocks (l, m), l <= m, that no part assigns as a whole. */
static void clear_blocks(const target *to)
{
    const cpt_mlp_assembly *a = to->a;
    size_t before = a->first_weight;
    for (size_t l = a->lowest; l < a->mlp->n_layers; l++)
        for (size_t m = l; m < a->mlp->n_layers; m++) {
            const cpt_layer *low = &a->mlp->layers[l], *high = &a->mlp->layers[m];
            bool assigned = false;
            for (size_t k = 0; k < a->n_parts; k++)
                assigned |= a->parts[k].assigns && a->parts[k].l == l && a->parts[k].m == m;
            for (size_t row = low->weights; !assigned && row < end_of(low); row++)
                memset(to->matrix + (row - before) * to->leading + (high->weights - before), 0,
                       (end_of(high) - high->weights) * sizeof(double));
        }
}

/* Blocks (m, l) from (l, m). */
static void mirror_blocks(const target *to)
{
    const cpt_mlp *mlp = to->a->mlp;
    size_t before = to->a->first_weight, n = mlp->model.n_weights - before;
    for (size_t l = to->a->lowest; l + 1 < mlp->n_layers; l++) {
        size_t first = mlp->layers[l].weights - before, end = end_of(&mlp->layers[l]) - before;
        cpt_linalg_transpose(end - first, n - end, to->matrix + first * to->leading + end,
                             to->leading, to->matrix + end * to->leading + first, to->leading);
    }
}

critpt_status cpt_assembly_store(cpt_assembly *assembly, double scale, double *matrix,
                                 size_t leading)
{
    const cpt_mlp_assembly *a = (const cpt_mlp_assembly *)assembly;
    const target to = {a, scale, matrix, leading};
    if (a->pass == 0)
        clear_blocks(&to);
    for (size_t k = 0; k < a->n_tiles; k++)
        if (a->tiles[k].pass == a->pass)
            store_tile(&to, &a->tiles[k]);
    if (a->pass + 1 == assembly->n_passes)
        mirror_blocks(&to);
    return CRITPT_OK;
}
