/* First derivatives of a layered network along many directions, or of many cotangents, at once.
 *
 * They are the products of mlp_operations.c with the rows of all fields stacked: rows (unit, field)
 * of n samples each. A layer's weights then multiply rows of count x n numbers, and its gradients
 * are a product with units x count rows. */
#include <string.h>

#include "linalg/linalg.h"
#include "model/mlp.h"

/* The arrays of a pass in its scratch. */
typedef struct stack {
    const cpt_mlp *mlp;
    const cpt_batch *batch;
    size_t count, width; /* fields; numbers of a unit's rows */
    double *rows, *next; /* widest x count x n each */
    double *matrix;      /* rows (unit, field) of one layer's weights */
} stack;

static critpt_status scratch_size(const critpt_model *model, size_t n, size_t count, size_t *size)
{
    critpt_status status;
    const cpt_mlp *mlp = cpt_mlp_const(model);
    size_t largest = 0, rows;
    for (size_t l = 0; l < mlp->n_layers; l++) {
        size_t entries = mlp->layers[l].n_units * mlp->layers[l].n_inputs;
        largest = entries > largest ? entries : largest;
    }
    CPT_TRY(cpt_multiply(2 * n, mlp->widest, "fields of a batch", &rows));
    CPT_TRY(cpt_multiply_add(1, rows, largest, "fields of a batch", &rows));
    CPT_TRY(cpt_multiply(rows, count, "fields of a batch", size));
done:
    return status;
}

static stack open_stack(const critpt_model *model, const cpt_batch *batch, size_t count,
                        double *scratch)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    size_t width = count * batch->n;
    return (stack){.mlp = mlp,
                   .batch = batch,
                   .count = count,
                   .width = width,
                   .rows = scratch,
                   .next = scratch + mlp->widest * width,
                   .matrix = scratch + 2 * mlp->widest * width};
}

/* to = from o act'_l, for every field */
static void multiply_slopes(const stack *s, size_t l, const double *from, double *to)
{
    const cpt_layer *layer = &s->mlp->layers[l];
    const double *slope = cpt_mlp_slope_rows(layer, s->batch);
    size_t n = s->batch->n;
    if (!slope)
        memcpy(to, from, layer->n_units * s->width * sizeof *to);
    for (size_t p = 0; slope && p < layer->n_units; p++)
        for (size_t j = 0; j < s->count; j++)
            for (size_t i = 0; i < n; i++)
                to[p * s->width + j * n + i] = from[p * s->width + j * n + i] * slope[p * n + i];
}

/* next += the layer's inputs times the directions' own weights and biases */
static void add_own(const stack *s, size_t l, const double *directions, size_t leading)
{
    const cpt_layer *layer = &s->mlp->layers[l];
    size_t n = s->batch->n, k = layer->n_inputs;
    for (size_t p = 0; p < layer->n_units; p++)
        for (size_t j = 0; j < s->count; j++) {
            const double *direction = directions + j * leading;
            double *row = s->next + p * s->width + j * n;
            memcpy(s->matrix + (p * s->count + j) * k, direction + layer->weights + p * k,
                   k * sizeof(double));
            for (size_t i = 0; layer->bias && i < n; i++)
                row[i] += direction[layer->biases + p];
        }
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, layer->n_units * s->count, n, k, 1, s->matrix, k,
                    cpt_mlp_input_rows(s->mlp, s->batch, l), n, 1, s->next, n);
}

static critpt_status pushforwards(const critpt_model *model, const cpt_batch *batch, size_t count,
                                  const double *directions, size_t leading, double *scratch,
                                  double *results)
{
    const stack s = open_stack(model, batch, count, scratch);
    for (size_t l = 0; l < s.mlp->n_layers; l++) {
        const cpt_layer *layer = &s.mlp->layers[l];
        if (l == 0)
            memset(s.next, 0, layer->n_units * s.width * sizeof *s.next);
        else
            cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, layer->n_units, s.width, layer->n_inputs, 1,
                            batch->weights + layer->weights, layer->n_inputs, s.rows, s.width, 0,
                            s.next, s.width);
        add_own(&s, l, directions, leading);
        multiply_slopes(&s, l, s.next, s.rows);
    }
    memcpy(results, s.rows, model->n_outputs * s.width * sizeof *results);
    return CRITPT_OK;
}

/* gradients += the products of delta_l, in `rows`, with the layer's inputs */
static void add_gradients(const stack *s, size_t l, double *gradients, size_t leading)
{
    const cpt_layer *layer = &s->mlp->layers[l];
    size_t n = s->batch->n, k = layer->n_inputs;
    cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, layer->n_units * s->count, k, n, 1, s->rows, n,
                    cpt_mlp_input_rows(s->mlp, s->batch, l), n, 0, s->matrix, k);
    for (size_t p = 0; p < layer->n_units; p++)
        for (size_t j = 0; j < s->count; j++) {
            double *gradient = gradients + j * leading;
            cpt_linalg_axpy(k, 1, s->matrix + (p * s->count + j) * k,
                            gradient + layer->weights + p * k);
            if (layer->bias)
                gradient[layer->biases + p] += cpt_mlp_sum(s->rows + p * s->width + j * n, n);
        }
}

static critpt_status pullbacks(const critpt_model *model, const cpt_batch *batch, size_t count,
                               const double *cotangents, double *scratch, double *gradients,
                               size_t leading)
{
    const stack s = open_stack(model, batch, count, scratch);
    size_t lowest = cpt_mlp_lowest(s.mlp, batch->first_weight);
    multiply_slopes(&s, s.mlp->n_layers - 1, cotangents, s.rows);
    for (size_t l = s.mlp->n_layers; l-- > lowest;) {
        const cpt_layer *layer = &s.mlp->layers[l];
        add_gradients(&s, l, gradients, leading);
        if (l == lowest)
            break;
        cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, layer->n_inputs, s.width, layer->n_units, 1,
                        batch->weights + layer->weights, layer->n_inputs, s.rows, s.width, 0,
                        s.next, s.width);
        multiply_slopes(&s, l - 1, s.next, s.rows);
    }
    return CRITPT_OK;
}

const cpt_model_fields cpt_mlp_fields = {scratch_size, pushforwards, pullbacks};
