/* Diagonal blocks of J' Mn J of a layered network (MATH 6): the weights of a unit go together, as
 * they share their delta, and those of the last layer, whose deltas differ little between samples.
 */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "model/mlp.h"
#include "model/mlp_products.h"
#include "model/vector_math.h"

/* Weights of the last layer that are one block at most: 128 MiB. Beyond, its units have their own.
 */
enum { LARGEST = 4096 };

/* The units of a block: `units` of a layer from `first` on. */
typedef struct place {
    const cpt_layer *layer;
    size_t first, units;
} place;

static bool is_joint(const cpt_mlp *mlp)
{
    const cpt_layer *last = &mlp->layers[mlp->n_layers - 1];
    return last->n_units * cpt_mlp_fan(last) <= LARGEST;
}

static size_t count(const critpt_model *model)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    size_t units = 0, last = mlp->n_layers - 1;
    for (size_t l = 0; l < last; l++)
        units += mlp->layers[l].n_units;
    return units + (is_joint(mlp) ? 1 : mlp->layers[last].n_units);
}

static place locate(const cpt_mlp *mlp, size_t block)
{
    const cpt_layer *layer = mlp->layers, *last = layer + mlp->n_layers - 1;
    while (layer < last && block >= layer->n_units)
        block -= (layer++)->n_units;
    return layer == last && is_joint(mlp) ? (place){layer, 0, layer->n_units}
                                          : (place){layer, block, 1};
}

static size_t list_weights(const critpt_model *model, size_t block, size_t *weights)
{
    const place at = locate(cpt_mlp_const(model), block);
    size_t fan = cpt_mlp_fan(at.layer);
    for (size_t i = 0; weights && i < at.units * fan; i++)
        weights[i] = cpt_mlp_weight(at.layer, at.first + i / fan, i % fan);
    return at.units * fan;
}

static size_t widest_fan(const cpt_mlp *mlp)
{
    size_t widest = 0;
    for (size_t l = 0; l < mlp->n_layers; l++)
        widest = cpt_larger(widest, cpt_mlp_fan(&mlp->layers[l]));
    return widest;
}

/* Scratch of a batch of n samples. */
typedef struct rows {
    size_t n, fan;
    double *delta, *above;  /* widest x D x n: of the present layer and of the one above it */
    double *inputs, *times; /* fan x n: with the constant, and times the factor */
    double *factor;         /* n */
    double *square;         /* fan x fan */
} rows;

static critpt_status scratch_size(const critpt_model *model, size_t n, size_t *size)
{
    critpt_status status;
    const cpt_mlp *mlp = cpt_mlp_const(model);
    size_t fan = widest_fan(mlp), numbers;
    CPT_TRY(cpt_multiply(2 * mlp->widest, model->n_outputs, "blocks of the weights", &numbers));
    CPT_TRY(cpt_multiply(numbers + 2 * fan + 1, n, "blocks of the weights", &numbers));
    CPT_TRY(cpt_multiply_add(fan, fan, numbers, "blocks of the weights", size));
done:
    return status;
}

static rows place_rows(const cpt_mlp *mlp, size_t n, double *scratch)
{
    size_t delta = mlp->widest * mlp->model.n_outputs * n, fan = widest_fan(mlp);
    rows r = {.n = n, .delta = scratch};
    r.above = r.delta + delta;
    r.inputs = r.above + delta;
    r.times = r.inputs + fan * n;
    r.factor = r.times + fan * n;
    r.square = r.factor + n;
    return r;
}

static void take_inputs(const cpt_mlp *mlp, const cpt_batch *batch, size_t l, rows *r)
{
    const cpt_layer *layer = &mlp->layers[l];
    r->fan = cpt_mlp_fan(layer);
    memcpy(r->inputs, cpt_mlp_input_rows(mlp, batch, l), layer->n_inputs * r->n * sizeof(double));
    for (size_t i = 0; layer->bias && i < r->n; i++)
        r->inputs[layer->n_inputs * r->n + i] = 1;
}

/* times = the inputs times sum_o delta_o[p] delta_o[q], or times its root. */
static void multiply_inputs(size_t D, size_t p, size_t q, bool root, rows *r)
{
    size_t n = r->n;
    const double *x = r->delta + p * D * n, *y = r->delta + q * D * n;
    cpt_model_vector_multiply(n, 1, x, y, r->factor);
    for (size_t o = 1; o < D; o++)
        cpt_model_vector_add_product(n, x + o * n, y + o * n, r->factor);
    for (size_t i = 0; root && i < n; i++)
        r->factor[i] = sqrt(r->factor[i]);
    for (size_t j = 0; j < r->fan; j++)
        cpt_model_vector_multiply(n, 1, r->inputs + j * n, r->factor, r->times + j * n);
}

/* The block of several units: pairs of them, each a square of the inputs. */
static void add_joint(size_t D, size_t units, rows *r, cpt_upper *block)
{
    size_t fan = r->fan, n = r->n;
    for (size_t p = 0; p < units; p++)
        for (size_t q = p; q < units; q++) {
            multiply_inputs(D, p, q, false, r);
            cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, fan, fan, n, 1, r->times, n, r->inputs, n, 0,
                            r->square, fan);
            for (size_t s = 0; s < fan; s++)
                cpt_linalg_axpy(p == q ? s + 1 : fan, 1, r->square + s * fan,
                                cpt_upper_column(block, q * fan + s) + p * fan);
        }
}

static critpt_status add(const critpt_model *model, const cpt_batch *batch, const double *seeds,
                         double *scratch, cpt_upper *const *blocks)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    size_t D = model->n_outputs, next = count(model);
    rows r = place_rows(mlp, batch->n, scratch);
    for (size_t l = mlp->n_layers; l-- > 0;) {
        const cpt_layer *layer = &mlp->layers[l];
        double *spare = r.above;
        r.above = r.delta;
        r.delta = spare;
        cpt_mlp_pull_seeds(mlp, batch, l, seeds, r.above, r.delta);
        take_inputs(mlp, batch, l, &r);
        if (l + 1 == mlp->n_layers && is_joint(mlp)) {
            add_joint(D, layer->n_units, &r, blocks[--next]);
            continue;
        }
        next -= layer->n_units;
        for (size_t p = 0; p < layer->n_units; p++) {
            multiply_inputs(D, p, p, true, &r);
            cpt_upper_add_products(blocks[next + p], r.n, r.times);
        }
    }
    return CRITPT_OK;
}

const cpt_model_blocks cpt_mlp_blocks_operations = {count, list_weights, scratch_size, add};
