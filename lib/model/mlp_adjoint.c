/* S*(Q) of a layered network: the products that assemble S(u) read backwards (MATH 4).
 *
 * The value <S(u), Q> is linear in the rows that are given or formed from u: Z_m, X_lm and delta_m.
 * Its derivatives by them, here under their names, come from a product with Q for each part and
 * from the recursions reversed, from the input layer up; the derivative by u is the result. */
#include <string.h>

#include "linalg/linalg.h"
#include "model/mlp_assembly.h"
#include "model/vector_math.h"

/* The symmetric Q being read. */
typedef struct source {
    const double *q;
    size_t leading, first_weight;
} source;

static double entry(const source *from, size_t i, size_t j)
{
    return from->q[(i - from->first_weight) * from->leading + (j - from->first_weight)];
}

/* What multiplies the sum over pairs r <= s of units p <= q of one layer: all entries of Q where it
 * is stored. */
static void read_triangle(const source *from, const cpt_layer *layer, size_t p, size_t q,
                          double *sums)
{
    double copies = p == q ? 1 : 2;
    for (size_t r = 0; r < cpt_mlp_fan(layer); r++)
        for (size_t s = r; s < cpt_mlp_fan(layer); s++) {
            size_t pr = cpt_mlp_weight(layer, p, r), qs = cpt_mlp_weight(layer, q, s);
            size_t ps = cpt_mlp_weight(layer, p, s), qr = cpt_mlp_weight(layer, q, r);
            double both = entry(from, pr, qs) + (r == s ? 0 : entry(from, ps, qr));
            *sums++ = copies * both;
        }
}

static void read_row(const cpt_mlp_assembly *a, const source *from, const cpt_mlp_part *part,
                     size_t row, double *sums)
{
    const cpt_layer *low = &a->mlp->layers[part->l], *high = &a->mlp->layers[part->m];
    size_t fan = cpt_mlp_fan(low), p = 0, first = 0;
    switch (part->kind) {
    case CPT_MLP_TRIANGLE:
        for (; first + high->n_units - p <= row; p++)
            first += high->n_units - p;
        read_triangle(from, high, p, p + row - first, sums);
        break;
    case CPT_MLP_UNITS:
        read_triangle(from, high, row, row, sums);
        break;
    case CPT_MLP_RECTANGLE:
        for (size_t r = 0; r < fan; r++)
            for (size_t s = 0; s < cpt_mlp_fan(high); s++)
                *sums++ = 2 * entry(from, cpt_mlp_weight(low, row / high->n_units, r),
                                    cpt_mlp_weight(high, row % high->n_units, s));
        break;
    case CPT_MLP_SLOPES:
        for (size_t q = 0; q < high->n_units; q++) /* as pull_slopes reads them: (p, q), r */
            for (size_t r = 0; r < fan; r++)
                *sums++ =
                    2 * entry(from, cpt_mlp_weight(low, row, r), cpt_mlp_weight(high, q, row));
        break;
    case CPT_MLP_PATHS:
        for (p = 0; p < low->n_units; p++)
            for (size_t s = 0; s < high->n_inputs; s++)
                *sums++ = 2 * entry(from, cpt_mlp_weight(low, p, row % fan),
                                    cpt_mlp_weight(high, row / fan, s));
        break;
    case CPT_MLP_GRAM:
        break; /* not a part of S */
    }
}

critpt_status cpt_adjoint_start(cpt_assembly *assembly, size_t pass, const double *q,
                                size_t leading)
{
    cpt_mlp_assembly *a = (cpt_mlp_assembly *)assembly;
    const source from = {q, leading, a->first_weight};
    a->pass = pass;
    for (size_t k = 0; k < a->n_tiles; k++) {
        const cpt_mlp_tile *tile = &a->tiles[k];
        size_t columns = tile->part->columns;
        if (tile->pass != pass)
            continue;
        for (size_t row = 0; row < tile->rows; row++)
            read_row(a, &from, tile->part, tile->first + row, tile->sums + row * columns);
        memset(tile->sums + tile->rows * columns, 0,
               (tile->padded - tile->rows) * columns * sizeof(double));
    }
    return CRITPT_OK;
}

/* given[row] += sum over columns of Q's entries times the formed column. */
static void pull_columns(const cpt_mlp_assembly *a, const cpt_mlp_tile *tile, double *given)
{
    size_t n = a->batch->n, columns = tile->part->columns;
    const cpt_mlp_products products = cpt_mlp_formed_rows(a, tile->part);
    for (size_t first = 0, count; first < columns; first += count) {
        count = columns - first < a->formed_rows ? columns - first : a->formed_rows;
        cpt_mlp_form_rows(&products, n, first, count, a->formed);
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, tile->padded, n, count, 1, tile->sums + first,
                        columns, a->formed, n, 1, given + tile->first * n, n);
    }
}

/* delta_m[q] += sum_p act'_p o (Q's entries times abar)[(p, q)]. */
static void pull_slopes(const cpt_mlp_assembly *a, const cpt_mlp_tile *tile)
{
    const cpt_mlp_products products = cpt_mlp_formed_rows(a, tile->part);
    const cpt_mlp_factor *inputs = &products.x;
    size_t n = a->batch->n, units = products.y.count, rows = tile->rows * units;
    size_t fan = inputs->count + inputs->constant;
    const double *slopes = cpt_mlp_slopes_or_ones(a, tile->part->l) + tile->first * n;
    double *delta = cpt_mlp_rows_of(a, a->delta, tile->part->m);
    for (size_t first = 0, count; first < rows; first += count) {
        const double *entries = tile->sums + first * fan;
        count = rows - first < a->formed_rows ? rows - first : a->formed_rows;
        for (size_t row = 0; row < count; row++)
            for (size_t i = 0; i < n; i++)
                a->formed[row * n + i] = inputs->constant ? entries[row * fan + inputs->count] : 0;
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, count, n, inputs->count, 1, entries, fan,
                        inputs->rows, n, 1, a->formed, n);
        for (size_t row = 0; row < count; row++)
            cpt_model_vector_add_product(n, slopes + (first + row) / units * n, a->formed + row * n,
                                         delta + (first + row) % units * n);
    }
}

/* delta_m[q] += sum_r abar_r o (Q's entries times B)[(q, r)]. */
static void pull_paths(const cpt_mlp_assembly *a, const cpt_mlp_tile *tile, const double *b)
{
    size_t n = a->batch->n, columns = tile->part->columns;
    const cpt_mlp_products products = cpt_mlp_formed_rows(a, tile->part);
    size_t fan = products.y.count + products.y.constant;
    double *delta = cpt_mlp_rows_of(a, a->delta, tile->part->m);
    for (size_t first = 0, count; first < tile->rows; first += count) {
        count = tile->rows - first < a->formed_rows ? tile->rows - first : a->formed_rows;
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, count, n, columns, 1, tile->sums + first * columns,
                        columns, b, n, 0, a->formed, n);
        for (size_t row = 0; row < count; row++) {
            size_t index = tile->first + first + row;
            cpt_model_vector_add_product(
                n, cpt_mlp_factor_entry(&products, &products.y, n, index % fan),
                a->formed + row * n, delta + index / fan * n);
        }
    }
}

/* What this pass's tiles of block (l, m) give to Z_m or X_lm. */
static void pull_given(const cpt_mlp_assembly *a, size_t l, size_t m, double *given)
{
    for (size_t k = 0; k < a->n_tiles; k++) {
        const cpt_mlp_tile *tile = &a->tiles[k];
        bool deltas = tile->part->kind == CPT_MLP_SLOPES || tile->part->kind == CPT_MLP_PATHS;
        if (tile->pass == a->pass && tile->part->l == l && tile->part->m == m && !deltas)
            pull_columns(a, tile, given);
    }
}

/* And to delta_m, B_lm being given. */
static void pull_delta(const cpt_mlp_assembly *a, size_t l, size_t m, const double *b)
{
    for (size_t k = 0; k < a->n_tiles; k++) {
        const cpt_mlp_tile *tile = &a->tiles[k];
        if (tile->pass != a->pass || tile->part->l != l || tile->part->m != m)
            continue;
        if (tile->part->kind == CPT_MLP_SLOPES)
            pull_slopes(a, tile);
        if (tile->part->kind == CPT_MLP_PATHS)
            pull_paths(a, tile, b);
    }
}

/* x[p][.] o act'_l[p], for `width` rows each. */
static void multiply_slopes(const cpt_mlp_assembly *a, size_t l, size_t width, double *x)
{
    const cpt_layer *layer = &a->mlp->layers[l];
    const double *slope = cpt_mlp_slope_rows(layer, a->batch);
    size_t n = a->batch->n;
    for (size_t p = 0; slope && p < layer->n_units; p++)
        for (size_t q = 0; q < width; q++, x += n)
            for (size_t i = 0; i < n; i++)
                x[i] *= slope[p * n + i];
}

/* y = W_{l+1} (act'_l o x): the reverse of a step down; x is destroyed. */
static void step_up(const cpt_mlp_assembly *a, size_t l, size_t width, double *x, double *y)
{
    const cpt_layer *low = &a->mlp->layers[l], *high = &a->mlp->layers[l + 1];
    size_t row = width * a->batch->n;
    multiply_slopes(a, l, width, x);
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, high->n_units, row, low->n_units, 1,
                    a->batch->weights + high->weights, high->n_inputs, x, row, 0, y, row);
}

/* X_{l,l+1} += Z_l's, from Z_l[p, q] = act'_l[q] sum_t X[p, t] W_{l+1}[t, q]; Z_l is destroyed. */
static void pull_z_below(const cpt_mlp_assembly *a, size_t l, double *x)
{
    const cpt_layer *layer = &a->mlp->layers[l], *above = &a->mlp->layers[l + 1];
    size_t n = a->batch->n, k = layer->n_units;
    const double *slope = cpt_mlp_slope_rows(layer, a->batch);
    double *z = a->z;
    for (size_t p = 0; p < k; p++, x += above->n_units * n) {
        for (size_t i = 0; slope && i < (k - p) * n; i++)
            z[i] *= slope[p * n + i];
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, above->n_units, n, k - p, 1,
                        a->batch->weights + above->weights + p, k, z, n, 1, x, n);
        z += (k - p) * n;
    }
}

/* e_l += act''_l o the rows of Z_l where a unit meets itself. */
static void pull_curvature(const cpt_mlp_assembly *a, size_t l)
{
    const cpt_layer *layer = &a->mlp->layers[l];
    size_t n = a->batch->n;
    const double *second = cpt_mlp_curvature_rows(layer, a->batch), *z = a->z;
    double *e = cpt_mlp_rows_of(a, a->e, l);
    for (size_t q = 0; second && q < layer->n_units; q++) {
        for (size_t i = 0; i < n; i++)
            e[q * n + i] += second[q * n + i] * z[i];
        z += a->forms[l] == CPT_MLP_DENSE ? (layer->n_units - q) * n : n;
    }
}

/* Z_m from X_{m-1,m}, whose step down started from Z_m. */
static void pull_first_cross(const cpt_mlp_assembly *a, size_t m)
{
    const cpt_layer *layer = &a->mlp->layers[m];
    size_t n = a->batch->n, D = layer->n_units;
    double *z = a->z;
    if (a->forms[m] == CPT_MLP_DENSE) {
        step_up(a, m - 1, D, a->x[0], a->x[1]);
        for (size_t p = 0; p < D; p++)
            for (size_t q = p; q < D; q++, z += n) {
                const double *upper = a->x[1] + (p * D + q) * n, *lower = a->x[1] + (q * D + p) * n;
                for (size_t i = 0; i < n; i++)
                    z[i] = q == p ? upper[i] : upper[i] + lower[i];
            }
        return;
    }
    multiply_slopes(a, m - 1, D, a->x[0]);
    memset(z, 0, D * n * sizeof *z);
    for (size_t p = 0; p < layer->n_inputs; p++)
        for (size_t q = 0; q < D; q++)
            cpt_linalg_axpy(n, a->batch->weights[layer->weights + q * layer->n_inputs + p],
                            a->x[0] + (p * D + q) * n, z + q * n);
}

static void swap(double *pair[2])
{
    double *first = pair[0];
    pair[0] = pair[1];
    pair[1] = first;
}

/* delta_m of the blocks (l, m), l < m. */
static void pull_deltas(cpt_mlp_assembly *a, size_t m)
{
    for (size_t l = m; l-- > a->lowest;) {
        if (l + 2 == m)
            cpt_mlp_step_down_diagonal(a, l, cpt_mlp_slope_rows(&a->mlp->layers[m - 1], a->batch),
                                       a->b[0]);
        else if (l + 2 < m) {
            cpt_mlp_step_down(a, l, a->mlp->layers[m].n_inputs, a->b[0], a->b[1]);
            swap(a->b);
        }
        pull_delta(a, l, m, a->b[0]);
    }
}

/* X_lm for l from the lowest up to m - 1, then Z_m, which replaces Z_{m-1}. */
static void pull_column_of_blocks(cpt_mlp_assembly *a, size_t m)
{
    size_t n = a->batch->n, D = a->mlp->layers[m].n_units;
    for (size_t l = a->lowest; l < m; l++) {
        if (l == a->lowest)
            memset(a->x[0], 0, a->mlp->layers[l].n_units * D * n * sizeof(double));
        else {
            step_up(a, l - 1, D, a->x[0], a->x[1]);
            swap(a->x);
        }
        pull_given(a, l, m, a->x[0]);
    }
    pull_z_below(a, m - 1, a->x[0]);
    pull_first_cross(a, m);
}

/* u from e and delta of all layers: e_{l-1} = W_l' delta_l, delta_l = e_l o act'_l reversed. */
static void push_cotangents(const cpt_mlp_assembly *a, double *result)
{
    size_t n = a->batch->n, last = a->mlp->n_layers - 1;
    for (size_t l = a->lowest; l <= last; l++) {
        const cpt_layer *layer = &a->mlp->layers[l];
        double *e = cpt_mlp_rows_of(a, a->e, l), *delta = cpt_mlp_rows_of(a, a->delta, l);
        if (l > a->lowest)
            cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, layer->n_units, n, layer->n_inputs, 1,
                            a->batch->weights + layer->weights, layer->n_inputs,
                            cpt_mlp_rows_of(a, a->e, l - 1), n, 1, delta, n);
        cpt_mlp_multiply_slopes(layer, a->batch, delta, delta);
        cpt_linalg_axpy(layer->n_units * n, 1, delta, e);
    }
    cpt_linalg_axpy(a->mlp->model.n_outputs * n, 1, cpt_mlp_rows_of(a, a->e, last), result);
}

critpt_status cpt_adjoint_add(cpt_assembly *assembly, const cpt_batch *batch, double *result)
{
    cpt_mlp_assembly *a = (cpt_mlp_assembly *)assembly;
    size_t last = a->mlp->n_layers - 1;
    cpt_mlp_begin_batch(a, batch);
    memset(a->e, 0, a->units * batch->n * sizeof(double));
    memset(a->delta, 0, a->units * batch->n * sizeof(double));
    memset(a->z, 0, a->z_rows * batch->n * sizeof(double));
    for (size_t m = a->lowest; m <= last; m++) {
        pull_deltas(a, m);
        if (a->forms[m] == CPT_MLP_ZERO)
            continue;
        if (m > a->lowest)
            pull_column_of_blocks(a, m);
        pull_given(a, m, m, a->z);
        pull_curvature(a, m);
    }
    push_cotangents(a, result);
    return CRITPT_OK;
}
