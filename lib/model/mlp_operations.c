/* The layered network on a batch of samples: values and first derivatives (MATH 4's notation).
 *
 * The tape holds the rows of every layer (model/mlp.h) and rows of scratch for each unit of the
 * widest one, where the cotangents delta (or tangents) and their errors travel through the layers.
 */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "model/activation.h"
#include "model/mlp.h"

static critpt_status tape_size(const critpt_model *model, size_t n, size_t *size)
{
    critpt_status status;
    const cpt_mlp *mlp = cpt_mlp_const(model);
    size_t rows;
    CPT_TRY(
        cpt_multiply_add(mlp->widest, CPT_MLP_SCRATCH, mlp->tape_rows, "tape of a batch", &rows));
    CPT_TRY(cpt_multiply(rows, n, "tape of a batch", size));
done:
    return status;
}

static critpt_status forward(const critpt_model *model, cpt_batch *batch, cpt_order order)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    for (size_t l = 0; l < mlp->n_layers; l++) {
        const cpt_layer *layer = &mlp->layers[l];
        double *z = cpt_mlp_preactivation_rows(layer, batch);
        cpt_mlp_apply_layer(layer, batch->weights, batch->n, cpt_mlp_input_rows(mlp, batch, l),
                            false, z);
        if (layer->activation != CRITPT_IDENTITY)
            cpt_model_activation_evaluate(
                layer->activation, layer->n_units * batch->n, z, cpt_mlp_value_rows(layer, batch),
                order >= CPT_DERIVATIVES ? cpt_mlp_slope_rows(layer, batch) : NULL,
                order >= CPT_SECOND_DERIVATIVES ? cpt_mlp_curvature_rows(layer, batch) : NULL,
                order == CPT_THIRD_DERIVATIVES ? cpt_mlp_curvature_errors(layer, batch) : NULL);
    }
    memcpy(batch->outputs, cpt_mlp_value_rows(&mlp->layers[mlp->n_layers - 1], batch),
           model->n_outputs * batch->n * sizeof(double));
    return CRITPT_OK;
}

static critpt_status pushforward(const critpt_model *model, cpt_batch *batch,
                                 const double *direction, double *result)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    double *tangent = cpt_mlp_scratch(mlp, batch, 0), *next = cpt_mlp_scratch(mlp, batch, 1);
    for (size_t l = 0; l < mlp->n_layers; l++) {
        const cpt_layer *layer = &mlp->layers[l];
        if (l > 0)
            cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, layer->n_units, batch->n, layer->n_inputs, 1,
                            batch->weights + layer->weights, layer->n_inputs, tangent, batch->n, 0,
                            next, batch->n);
        cpt_mlp_apply_layer(layer, direction, batch->n, cpt_mlp_input_rows(mlp, batch, l), l > 0,
                            next);
        cpt_mlp_multiply_slopes(layer, batch, next, tangent);
    }
    memcpy(result, tangent, model->n_outputs * batch->n * sizeof *result);
    return CRITPT_OK;
}

/* From delta_l in scratch 0 to delta_{l-1}, there again: (W_l' delta_l) o act'_{l-1}. */
static void step_back(const cpt_mlp *mlp, cpt_batch *batch, size_t l)
{
    const cpt_layer *layer = &mlp->layers[l];
    double *delta = cpt_mlp_scratch(mlp, batch, 0), *e = cpt_mlp_scratch(mlp, batch, 1);
    cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, layer->n_inputs, batch->n, layer->n_units, 1,
                    batch->weights + layer->weights, layer->n_inputs, delta, batch->n, 0, e,
                    batch->n);
    cpt_mlp_multiply_slopes(&mlp->layers[l - 1], batch, e, delta);
}

static critpt_status pullback(const critpt_model *model, cpt_batch *batch, const double *cotangent,
                              double *gradient)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    size_t n = batch->n;
    size_t lowest = cpt_mlp_lowest(mlp, batch->first_weight);
    double *delta = cpt_mlp_scratch(mlp, batch, 0);
    cpt_mlp_multiply_slopes(&mlp->layers[mlp->n_layers - 1], batch, cotangent, delta);
    for (size_t l = mlp->n_layers; l-- > lowest;) {
        const cpt_layer *layer = &mlp->layers[l];
        cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, layer->n_units, layer->n_inputs, n, 1, delta, n,
                        cpt_mlp_input_rows(mlp, batch, l), n, 1, gradient + layer->weights,
                        layer->n_inputs);
        for (size_t p = 0; layer->bias && p < layer->n_units; p++)
            gradient[layer->biases + p] += cpt_mlp_sum(delta + p * n, n);
        if (l > lowest)
            step_back(mlp, batch, l);
    }
    return CRITPT_OK;
}

/* Leaves delta_L for row `o` of the Jacobian, with cotangent scale[i] seeds[o][.], in scratch 0. */
static void start_row(const cpt_mlp *mlp, cpt_batch *batch, size_t o, const double *seeds,
                      const double *scale)
{
    double *delta = cpt_mlp_scratch(mlp, batch, 0);
    cpt_mlp_seed_row(mlp->model.n_outputs, batch->n, o, seeds, scale, delta);
    cpt_mlp_multiply_slopes(&mlp->layers[mlp->n_layers - 1], batch, delta, delta);
}

/* dz_p/dW_pr = a_r, so the entries of layer l are delta_p a_r, and delta_p for its biases. */
static void store_layer(const cpt_mlp *mlp, const cpt_batch *batch, size_t l, double *jacobian,
                        const cpt_jacobian_layout *layout)
{
    const cpt_layer *layer = &mlp->layers[l];
    const double *inputs = cpt_mlp_input_rows(mlp, batch, l),
                 *delta = cpt_mlp_scratch(mlp, batch, 0);
    size_t n = batch->n;
    for (size_t p = 0; p < layer->n_units; p++) {
        size_t weight = layer->weights + p * layer->n_inputs;
        for (size_t r = 0; r < layer->n_inputs; r++)
            cpt_jacobian_store(layout, weight + r, n, delta + p * n, inputs + r * n, jacobian);
        if (layer->bias)
            cpt_jacobian_store(layout, layer->biases + p, n, delta + p * n, NULL, jacobian);
    }
}

static critpt_status jacobian(const critpt_model *model, cpt_batch *batch, const double *seeds,
                              const double *scale, double *entries,
                              const cpt_jacobian_layout *layout)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    size_t lowest = cpt_mlp_lowest(mlp, batch->first_weight);
    for (size_t o = 0; o < model->n_outputs; o++) {
        start_row(mlp, batch, o, seeds, scale);
        for (size_t l = mlp->n_layers; l-- > lowest;) {
            store_layer(mlp, batch, l, entries + o * layout->output, layout);
            if (l > lowest)
                step_back(mlp, batch, l);
        }
    }
    return CRITPT_OK;
}

/* Adds sum (x y)^2 to *square and sum |x y| bound to *product; y NULL stands for ones. */
static void add_magnitudes(const double *x, const double *y, const double *bound, size_t n,
                           double *square, double *product)
{
    double squares = 0, products = 0;
    for (size_t i = 0; i < n; i++) {
        double entry = y ? fabs(x[i] * y[i]) : fabs(x[i]);
        squares += entry * entry;
        products += entry * bound[i];
    }
    *square += squares;
    *product += products;
}

static void add_layer_magnitudes(const cpt_mlp *mlp, const cpt_batch *batch, size_t l,
                                 const double *bound, double *squares, double *products)
{
    const cpt_layer *layer = &mlp->layers[l];
    const double *inputs = cpt_mlp_input_rows(mlp, batch, l),
                 *delta = cpt_mlp_scratch(mlp, batch, 0);
    size_t n = batch->n;
    for (size_t p = 0; p < layer->n_units; p++) {
        size_t at = layer->weights + p * layer->n_inputs;
        for (size_t r = 0; r < layer->n_inputs; r++)
            add_magnitudes(delta + p * n, inputs + r * n, bound, n, &squares[at + r],
                           &products[at + r]);
        if (layer->bias)
            add_magnitudes(delta + p * n, NULL, bound, n, &squares[layer->biases + p],
                           &products[layer->biases + p]);
    }
}

static critpt_status magnitudes(const critpt_model *model, cpt_batch *batch, const double *bound,
                                double *squares, double *products)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    size_t lowest = cpt_mlp_lowest(mlp, batch->first_weight);
    for (size_t o = 0; o < model->n_outputs; o++) {
        start_row(mlp, batch, o, NULL, NULL);
        for (size_t l = mlp->n_layers; l-- > lowest;) {
            add_layer_magnitudes(mlp, batch, l, bound + o * batch->n, squares, products);
            if (l > lowest)
                step_back(mlp, batch, l);
        }
    }
    return CRITPT_OK;
}

/* Whether a layer's inputs at sample i are 0 at all weights near these: inputs of the network that
 * are, and units that are off or, themselves without input, 0. */
static bool inputs_vanish(const cpt_mlp *mlp, const cpt_batch *batch, size_t l, size_t i)
{
    const double *inputs = cpt_mlp_input_rows(mlp, batch, l);
    size_t n = batch->n, count = mlp->layers[l].n_inputs;
    bool off = true, zero = true;
    const double *z = l ? cpt_mlp_preactivation_rows(&mlp->layers[l - 1], batch) : NULL;
    bool rectifies = l && mlp->layers[l - 1].activation == CRITPT_RELU;
    for (size_t r = 0; r < count; r++) {
        zero = zero && inputs[r * n + i] == 0;
        off = off && rectifies && z[r * n + i] < 0;
    }
    return off ||
           (zero && (l == 0 || (!mlp->layers[l - 1].bias && inputs_vanish(mlp, batch, l - 1, i))));
}

/* A unit that stays 0 near these weights has no kink there, one that is 0 at them alone has. */
static bool stands_on_kink(const cpt_mlp *mlp, const cpt_batch *batch, size_t l, size_t i)
{
    return mlp->layers[l].bias || !inputs_vanish(mlp, batch, l, i);
}

static critpt_status find_kink(const critpt_model *model, const cpt_batch *batch, cpt_kink *kink)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    for (size_t l = 0; l < mlp->n_layers; l++) {
        const cpt_layer *layer = &mlp->layers[l];
        const double *z = cpt_mlp_preactivation_rows(layer, batch);
        if (cpt_model_activation_find(layer->activation)->kink == 0)
            continue;
        for (size_t i = 0; i < layer->n_units * batch->n; i++)
            if (fabs(z[i]) < kink->margin &&
                (z[i] != 0 || stands_on_kink(mlp, batch, l, i % batch->n)))
                *kink = (cpt_kink){fabs(z[i]), l, i / batch->n, i % batch->n};
    }
    return CRITPT_OK;
}

/* ---- What is kept: activations and slopes of all layers ---- */

static size_t kept_size(const critpt_model *model)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    size_t rows = 0;
    for (size_t l = 0; l < mlp->n_layers; l++) {
        const cpt_layer *layer = &mlp->layers[l];
        rows += layer->n_units * (layer->activation == CRITPT_IDENTITY ? 1 : 2);
    }
    return rows;
}

/* A layer's activations, and behind them its slopes: they follow each other on the tape. */
static size_t kept_rows(const cpt_layer *layer, const cpt_batch *batch, double **rows)
{
    *rows = cpt_mlp_value_rows(layer, batch);
    return layer->n_units * batch->n * (layer->activation == CRITPT_IDENTITY ? 1 : 2);
}

static void take(const critpt_model *model, const cpt_batch *batch, double *to)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    for (size_t l = 0; l < mlp->n_layers; l++) {
        double *rows;
        size_t n = kept_rows(&mlp->layers[l], batch, &rows);
        memcpy(to, rows, n * sizeof *to);
        to += n;
    }
}

static void put_back(const critpt_model *model, cpt_batch *batch, const double *from)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    for (size_t l = 0; l < mlp->n_layers; l++) {
        double *rows;
        size_t n = kept_rows(&mlp->layers[l], batch, &rows);
        memcpy(rows, from, n * sizeof *from);
        from += n;
    }
    memcpy(batch->outputs, cpt_mlp_value_rows(&mlp->layers[mlp->n_layers - 1], batch),
           model->n_outputs * batch->n * sizeof(double));
}

static const cpt_model_kept kept = {kept_size, take, put_back};

const cpt_model_operations cpt_mlp_operations = {
    .tape_size = tape_size,
    .forward = forward,
    .pushforward = pushforward,
    .pullback = pullback,
    .jacobian = jacobian,
    .magnitudes = magnitudes,
    .error_scale = cpt_mlp_error_scale,
    .derivative_errors = cpt_mlp_derivative_errors,
    .find_kink = find_kink,
    .destroy = cpt_mlp_destroy,
    .second = &cpt_mlp_second_order,
    .fields = &cpt_mlp_fields,
    .gram = &cpt_mlp_gram_operations,
    .blocks = &cpt_mlp_blocks_operations,
    .kept = &kept,
    .structure = &cpt_mlp_structure,
};
