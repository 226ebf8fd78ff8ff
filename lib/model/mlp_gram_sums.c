/* What a batch of samples adds to the products of the points' Jacobians, and how their sums become
 * a matrix. */
#include <string.h>

#include "linalg/linalg.h"
#include "model/mlp_gram.h"
#include "model/vector_math.h"

/* ---- Deltas and inputs of a batch ---- */

static void place_rows(cpt_mlp_gram *gram, size_t n)
{
    double *next = cpt_align(gram->memory);
    gram->n = n;
    for (size_t i = 0; i < gram->n_groups; i++) {
        cpt_mlp_group *g = &gram->groups[i];
        g->delta = next;
        next += g->units * gram->mlp->model.n_outputs * n;
        g->inputs = next;
        next += g->fan * n;
    }
    gram->reference = next;
    gram->pairs = gram->reference + n;
    gram->products = gram->pairs + CPT_MLP_UNIT_PAIRS * n;
}

static void take_inputs(const cpt_mlp_gram *gram, size_t l, size_t point, const cpt_batch *batch)
{
    const cpt_mlp_group *g = cpt_mlp_gram_group(gram, l, point);
    size_t n = batch->n, rows = g->layer->n_inputs;
    size_t before = g->kind == CPT_MLP_LINEAR_OUTPUTS ? point * rows : 0;
    double *constant = g->inputs + (g->fan - 1) * n;
    memcpy(g->inputs + before * n, cpt_mlp_input_rows(gram->mlp, batch, l),
           rows * n * sizeof(double));
    for (size_t i = 0; g->layer->bias && i < n; i++)
        constant[i] = 1;
}

static double *delta_of(const cpt_mlp_gram *gram, size_t l, size_t point)
{
    const cpt_mlp_group *g = cpt_mlp_gram_group(gram, l, point);
    size_t before = g->kind == CPT_MLP_FIRST_LAYER ? point * g->layer->n_units : 0;
    return g->delta + before * gram->mlp->model.n_outputs * gram->n;
}

critpt_status cpt_mlp_gram_take(cpt_gram *given, size_t point, const cpt_batch *batch,
                                const double *seeds)
{
    cpt_mlp_gram *gram = (cpt_mlp_gram *)given;
    const cpt_mlp *mlp = gram->mlp;
    if (point == 0)
        place_rows(gram, batch->n);
    for (size_t l = mlp->n_layers; l-- > 0;) {
        const double *above = l + 1 < mlp->n_layers ? delta_of(gram, l + 1, point) : NULL;
        cpt_mlp_pull_seeds(mlp, batch, l, seeds, above, delta_of(gram, l, point));
        take_inputs(gram, l, point, batch);
    }
    return CRITPT_OK;
}

/* ---- Sums ---- */

/* The linear outputs' metric: s_i times its first entry in `reference`, and the factors by which
 * its other entries differ from that. */
static void find_ratios(cpt_mlp_gram *gram, const cpt_mlp_group *g)
{
    size_t n = gram->n, D = gram->mlp->model.n_outputs, heaviest = 0;
    const cpt_mlp_products first = {{g->delta, 1, false}, {g->delta, 1, false}, false, D, NULL};
    cpt_mlp_form_rows(&first, n, 0, 1, gram->reference);
    for (size_t i = 1; i < n; i++)
        if (gram->reference[i] > gram->reference[heaviest])
            heaviest = i;
    for (size_t entry = 0; gram->reference[heaviest] > 0 && entry < D * D; entry++) {
        const double *x = g->delta + entry / D * D * n + heaviest;
        const double *y = g->delta + entry % D * D * n + heaviest;
        double sum = 0;
        for (size_t o = 0; o < D; o++)
            sum += x[o * n] * y[o * n];
        gram->ratios[entry] = sum / gram->reference[heaviest];
    }
}

/* Sums of the rows of pairs of units against the columns of pairs of inputs, in chunks of both. */
static void add_tile(const cpt_mlp_gram *gram, const cpt_mlp_pairing_tile *tile)
{
    const cpt_mlp_pairing *part = tile->part;
    const cpt_mlp_group *g = part->g, *h = part->h;
    size_t n = gram->n, columns = part->columns, D = gram->mlp->model.n_outputs;
    cpt_mlp_products units = {
        {g->delta, g->units, false}, {h->delta, h->units, false}, g == h, D, NULL};
    const cpt_mlp_products inputs = {
        {g->inputs, g->fan, false}, {h->inputs, h->fan, false}, g == h, 1, NULL};
    if (part->constant)
        units = (cpt_mlp_products){
            {gram->reference, 1, false}, {g->inputs, g->fan, false}, false, 1, NULL};
    for (size_t row = 0, rows; row < tile->rows; row += rows) {
        rows = cpt_smaller(tile->rows - row, CPT_MLP_UNIT_PAIRS);
        cpt_mlp_form_rows(&units, n, tile->first + row, rows, gram->pairs);
        for (size_t column = 0, count; column < columns; column += count) {
            const double *products = gram->products;
            count = cpt_smaller(columns - column, CPT_MLP_INPUT_PAIRS);
            if (part->constant)
                products = g->inputs + column * n;
            else
                cpt_mlp_form_rows(&inputs, n, column, count, gram->products);
            cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, rows, count, n, 1, gram->pairs, n, products,
                            n, gram->keep, tile->sums + row * columns + column, columns);
        }
    }
}

critpt_status cpt_mlp_gram_add(cpt_gram *given)
{
    cpt_mlp_gram *gram = (cpt_mlp_gram *)given;
    for (size_t k = 0; k < gram->n_tiles; k++) {
        const cpt_mlp_pairing_tile *tile = &gram->tiles[k];
        if (tile->pass != gram->pass)
            continue;
        if (tile->part->constant)
            find_ratios(gram, tile->part->g);
        add_tile(gram, tile);
    }
    gram->keep = 1;
    return CRITPT_OK;
}

/* ---- The matrix ---- */

typedef struct target {
    cpt_mlp_gram *gram;
    const size_t *first, *numbers;
    cpt_upper *matrix;
} target;

/* The equations of a unit of a group, how many there are, and the input that each belongs to. */
static size_t list_places(const target *to, const cpt_mlp_group *g, size_t unit, size_t *equations,
                          size_t *sources)
{
    const cpt_layer *layer = g->layer;
    size_t fan = cpt_mlp_fan(layer), p = unit % layer->n_units, count = 0;
    for (size_t place = 0; place < g->places; place++) {
        size_t r = place % fan, point = g->point, number = cpt_mlp_weight(layer, p, r);
        if (to->numbers)
            number = to->numbers[number];
        if (number == SIZE_MAX)
            continue;
        sources[count] = r;
        if (g->kind == CPT_MLP_FIRST_LAYER)
            point = unit / layer->n_units;
        if (g->kind == CPT_MLP_LINEAR_OUTPUTS) {
            point = place / fan;
            sources[count] = r < layer->n_inputs ? point * layer->n_inputs + r : g->fan - 1;
        }
        equations[count++] = to->first[point] + number;
    }
    return count;
}

/* Entries of a unit of g with one of h: factor times the square of their inputs' sums, g->fan x
 * h->fan. */
static void store_square(const target *to, const cpt_mlp_pairing *part, size_t p, size_t q,
                         double factor, const double *square)
{
    cpt_mlp_gram *gram = to->gram;
    size_t *rows = gram->equations, *columns = rows + gram->most_places;
    size_t *from_rows = gram->sources, *from_columns = from_rows + gram->most_places;
    size_t n_rows = list_places(to, part->g, p, rows, from_rows);
    size_t n_columns = list_places(to, part->h, q, columns, from_columns);
    for (size_t i = 0; i < n_rows; i++) {
        const double *from = square + from_rows[i] * part->h->fan;
        for (size_t j = 0; j < n_columns; j++) {
            size_t a = cpt_smaller(rows[i], columns[j]), b = cpt_larger(rows[i], columns[j]);
            cpt_upper_column(to->matrix, b)[a] = factor * from[from_columns[j]];
        }
    }
}

/* The symmetric square from the sums (r, s), r <= s. */
static void unpack(size_t fan, const double *sums, double *square)
{
    for (size_t r = 0; r < fan; r++)
        for (size_t s = r; s < fan; s++)
            square[r * fan + s] = square[s * fan + r] = *sums++;
}

static void store_constant(const target *to, const cpt_mlp_pairing_tile *tile)
{
    size_t D = tile->part->g->units;
    for (size_t p = 0; p < D; p++)
        for (size_t q = p; q < D; q++)
            store_square(to, tile->part, p, q, to->gram->ratios[p * D + q], tile->sums);
}

static void store_pairs(const target *to, const cpt_mlp_pairing_tile *tile)
{
    const cpt_mlp_pairing *part = tile->part;
    size_t p = 0, q = 0;
    for (size_t row = 0; row < tile->first + tile->rows; row++) {
        if (row >= tile->first) {
            const double *square = tile->sums + (row - tile->first) * part->columns;
            if (part->g == part->h) {
                unpack(part->g->fan, square, to->gram->square);
                square = to->gram->square;
            }
            store_square(to, part, p, q, 1, square);
        }
        if (++q == part->h->units) {
            p++;
            q = part->g == part->h ? p : 0;
        }
    }
}

critpt_status cpt_mlp_gram_store(cpt_gram *given, const size_t *first, const size_t *numbers,
                                 cpt_upper *matrix)
{
    cpt_mlp_gram *gram = (cpt_mlp_gram *)given;
    const target to = {gram, first, numbers, matrix};
    for (size_t k = 0; k < gram->n_tiles; k++) {
        const cpt_mlp_pairing_tile *tile = &gram->tiles[k];
        if (tile->pass != gram->pass)
            continue;
        if (tile->part->constant)
            store_constant(&to, tile);
        else
            store_pairs(&to, tile);
    }
    return CRITPT_OK;
}

const cpt_model_gram cpt_mlp_gram_operations = {
    cpt_mlp_gram_size, cpt_mlp_gram_create, cpt_mlp_gram_destroy, cpt_mlp_gram_start,
    cpt_mlp_gram_take, cpt_mlp_gram_add,    cpt_mlp_gram_store,
};
