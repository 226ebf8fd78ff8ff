/* The Hessian of a layered network's loss at one sample in extended precision, by plain loops: for
 * few weights and signs that double precision does not see. Notation of MATH 4. */
#include <math.h>
#include <string.h>

#include "model/activation.h"
#include "model/mlp.h"

typedef long double real;

/* A network at one sample. Arrays of all units hold one layer after another. */
typedef struct pass {
    cpt_extended extended; /* first */
    const cpt_layer *layers;
    size_t P, n_layers, n_inputs, n_outputs, *first; /* of each layer's units */
    const real *weights;
    cpt_extended_metric apply_metric;
    const void *metric;
    size_t sample;
    real *memory;
    real *inputs;                   /* n_inputs */
    real *values, *slopes, *second; /* a, act' and act'' of all units */
    real *delta, *curvature;        /* e o act' and e o act'' */
    real *dz, *da;                  /* tangents along one weight */
    real *de, *next, *ddelta;       /* widest layer or inputs */
} pass;

static const real *inputs_of(const pass *p, size_t l)
{
    return l == 0 ? p->inputs : p->values + p->first[l - 1];
}

static void push_forward(pass *p)
{
    for (size_t l = 0; l < p->n_layers; l++) {
        const cpt_layer *layer = &p->layers[l];
        const real *a = inputs_of(p, l);
        for (size_t j = 0; j < layer->n_units; j++) {
            const real *w = p->weights + layer->weights + j * layer->n_inputs;
            size_t unit = p->first[l] + j;
            real z = layer->bias ? p->weights[layer->biases + j] : 0;
            for (size_t k = 0; k < layer->n_inputs; k++)
                z += w[k] * a[k];
            cpt_model_activation_extended(layer->activation, z, &p->values[unit], &p->slopes[unit],
                                          &p->second[unit]);
        }
    }
}

/* to = W' from, for the weights of layer l. */
static void pull_back(const pass *p, size_t l, const real *from, real *to)
{
    const cpt_layer *layer = &p->layers[l];
    for (size_t k = 0; k < layer->n_inputs; k++)
        to[k] = 0;
    for (size_t j = 0; j < layer->n_units; j++)
        for (size_t k = 0; k < layer->n_inputs; k++)
            to[k] += p->weights[layer->weights + j * layer->n_inputs + k] * from[j];
}

static void swap(pass *p)
{
    real *de = p->de;
    p->de = p->next;
    p->next = de;
}

/* delta and curvature of all units from e_L in `de`. */
static void pull_cotangents(pass *p)
{
    for (size_t l = p->n_layers; l-- > 0;) {
        for (size_t j = 0; j < p->layers[l].n_units; j++) {
            size_t unit = p->first[l] + j;
            p->delta[unit] = p->de[j] * p->slopes[unit];
            p->curvature[unit] = p->de[j] * p->second[unit];
        }
        if (l > 0) {
            pull_back(p, l, p->delta + p->first[l], p->next);
            swap(p);
        }
    }
}

/* Tangents along the weight from input k (n_inputs: the bias) to unit j of layer m, in the layers
 * from m on. */
static void push_tangents(pass *p, size_t m, size_t j, size_t k)
{
    for (size_t l = m; l < p->n_layers; l++) {
        const cpt_layer *layer = &p->layers[l];
        for (size_t i = 0; i < layer->n_units; i++) {
            size_t unit = p->first[l] + i;
            real sum = 0;
            for (size_t r = 0; l > m && r < layer->n_inputs; r++)
                sum += p->weights[layer->weights + i * layer->n_inputs + r] *
                       p->da[p->first[l - 1] + r];
            if (l == m && i == j)
                sum = k < layer->n_inputs ? inputs_of(p, l)[k] : 1;
            p->dz[unit] = sum;
            p->da[unit] = sum * p->slopes[unit];
        }
    }
}

/* row += the derivative of the gradient along that weight, its entries in the layers up to m. */
static void add_row(pass *p, size_t m, size_t j, size_t k, real *row)
{
    push_tangents(p, m, j, k);
    p->apply_metric(p->metric, p->sample, p->da + p->first[p->n_layers - 1], p->de);
    for (size_t l = p->n_layers; l-- > 0; swap(p)) {
        const cpt_layer *layer = &p->layers[l];
        const real *a = inputs_of(p, l);
        for (size_t i = 0; i < layer->n_units; i++) {
            size_t unit = p->first[l] + i;
            p->ddelta[i] = p->de[i] * p->slopes[unit];
            if (l >= m)
                p->ddelta[i] += p->curvature[unit] * p->dz[unit];
            for (size_t r = 0; l <= m && r < layer->n_inputs; r++)
                row[layer->weights + i * layer->n_inputs + r] += p->ddelta[i] * a[r];
            if (l <= m && layer->bias)
                row[layer->biases + i] += p->ddelta[i];
        }
        pull_back(p, l, p->ddelta, p->next);
        if (l == m && k < layer->n_inputs)
            p->next[k] += p->delta[p->first[l] + j];
    }
}

static critpt_status place_arrays(pass *p)
{
    critpt_status status;
    size_t units = 0, widest = p->n_inputs;
    CPT_TRY(cpt_allocate(&p->first, p->n_layers, sizeof *p->first));
    for (size_t l = 0; l < p->n_layers; l++) {
        p->first[l] = units;
        units += p->layers[l].n_units;
        widest = widest < p->layers[l].n_units ? p->layers[l].n_units : widest;
    }
    CPT_TRY(cpt_allocate(&p->memory, p->n_inputs + 7 * units + 3 * widest, sizeof(real)));
    real **units_of[] = {&p->values,    &p->slopes, &p->second, &p->delta,
                         &p->curvature, &p->dz,     &p->da};
    real *next = p->memory + p->n_inputs;
    p->inputs = p->memory;
    for (size_t i = 0; i < sizeof units_of / sizeof *units_of; i++, next += units)
        *units_of[i] = next;
    p->de = next;
    p->next = next + widest;
    p->ddelta = next + 2 * widest;
done:
    return status;
}

/* Entries between a layer and those above it are in the rows of the latter. */
static void add_sample(cpt_extended *extended, size_t sample, const double *x, const double *y,
                       real *sum)
{
    pass *p = (pass *)extended;
    const real *f = p->values + p->first[p->n_layers - 1];
    p->sample = sample;
    for (size_t i = 0; i < p->n_inputs; i++)
        p->inputs[i] = x[i];
    push_forward(p);
    for (size_t o = 0; o < p->n_outputs; o++)
        p->ddelta[o] = f[o] - y[o];
    p->apply_metric(p->metric, sample, p->ddelta, p->de);
    pull_cotangents(p);
    for (size_t m = 0; m < p->n_layers; m++) {
        const cpt_layer *layer = &p->layers[m];
        for (size_t j = 0; j < layer->n_units; j++) {
            for (size_t k = 0; k < layer->n_inputs; k++)
                add_row(p, m, j, k, sum + (layer->weights + j * layer->n_inputs + k) * p->P);
            if (layer->bias)
                add_row(p, m, j, layer->n_inputs, sum + (layer->biases + j) * p->P);
        }
    }
}

static void destroy(cpt_extended *extended)
{
    pass *p = (pass *)extended;
    cpt_free(p->first);
    cpt_free(p->memory);
    cpt_free(p);
}

critpt_status cpt_mlp_extended_create(cpt_extended **extended, const critpt_model *model,
                                      const real *weights, cpt_extended_metric apply_metric,
                                      const void *metric)
{
    critpt_status status;
    pass *p = NULL;
    CPT_TRY(cpt_allocate(&p, 1, sizeof *p));
    *p = (pass){.extended = {add_sample, destroy},
                .P = model->n_weights,
                .weights = weights,
                .apply_metric = apply_metric,
                .metric = metric,
                .n_inputs = model->n_inputs,
                .n_outputs = model->n_outputs};
    p->layers = cpt_mlp_layers(model, &p->n_layers);
    *extended = &p->extended;
    CPT_TRY(place_arrays(p));
done:
    if (status != CRITPT_OK && p) {
        destroy(&p->extended);
        *extended = NULL;
    }
    return status;
}
