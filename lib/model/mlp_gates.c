/* In which samples units act: where their slope and those on a way to the outputs are not 0. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "model/mlp_gates.h"

/* values *= |slopes| of a layer */
static void multiply_slopes(const critpt_model *model, const cpt_batch *batch, size_t l,
                            size_t count, double *values)
{
    const double *slopes = cpt_mlp_slopes(model, batch, l);
    for (size_t i = 0; slopes && i < count; i++)
        values[i] *= fabs(slopes[i]);
}

/* influence = bounds of the derivatives of the outputs with respect to a layer's z in the batch;
 * other is scratch. Both have room for the widest layer. */
static void find_influence(const critpt_model *model, const cpt_batch *batch, size_t l,
                           double *influence, double *other)
{
    size_t n_layers, n = batch->n;
    const cpt_layer *layers = cpt_mlp_layers(model, &n_layers);
    for (size_t i = 0; i < layers[n_layers - 1].n_units * n; i++)
        influence[i] = 1;
    multiply_slopes(model, batch, n_layers - 1, layers[n_layers - 1].n_units * n, influence);
    for (size_t m = n_layers - 1; m > l; m--) {
        const cpt_layer *above = &layers[m];
        memcpy(other, influence, above->n_units * n * sizeof *other);
        memset(influence, 0, above->n_inputs * n * sizeof *influence);
        for (size_t p = 0; p < above->n_units; p++)
            for (size_t r = 0; r < above->n_inputs; r++)
                cpt_linalg_axpy(n, fabs(batch->weights[above->weights + p * above->n_inputs + r]),
                                other + p * n, influence + r * n);
        multiply_slopes(model, batch, m - 1, above->n_inputs * n, influence);
    }
}

static size_t widest_layer(const critpt_model *model)
{
    size_t n_layers, widest = 0;
    const cpt_layer *layers = cpt_mlp_layers(model, &n_layers);
    for (size_t l = 0; l < n_layers; l++)
        widest = layers[l].n_units > widest ? layers[l].n_units : widest;
    return widest;
}

/* A pass under way: what it adds up, and its scratch. */
typedef struct gates {
    const critpt_model *model;
    size_t layer, unit;     /* n_units: none */
    cpt_triangle *triangle; /* of inputs */
    double *gram;           /* of slopes */
    double *chunk, *influence, *other;
} gates;

static critpt_status fold_batch(void *user, const cpt_batch *batch, size_t first)
{
    const gates *g = user;
    size_t n_layers, n = batch->n;
    const cpt_layer *layer = &cpt_mlp_layers(g->model, &n_layers)[g->layer];
    size_t entries = layer->n_inputs * n;
    (void)first;
    memcpy(g->chunk, g->layer ? cpt_mlp_values(g->model, batch, g->layer - 1) : batch->inputs,
           entries * sizeof *g->chunk);
    for (size_t i = 0; layer->bias && i < n; i++)
        g->chunk[entries + i] = 1;
    if (g->unit < layer->n_units) {
        find_influence(g->model, batch, g->layer, g->influence, g->other);
        for (size_t i = 0; i < g->triangle->order * n; i++)
            g->chunk[i] = g->influence[g->unit * n + i % n] > 0 ? g->chunk[i] : 0;
    }
    return cpt_triangle_fold(g->triangle, n, g->chunk);
}

critpt_status cpt_mlp_fold_inputs(const critpt_model *model, const cpt_passes *passes, size_t layer,
                                  size_t unit, cpt_triangle *triangle)
{
    critpt_status status;
    size_t n_layers, entries = widest_layer(model) * passes->capacity;
    const cpt_layer *l = &cpt_mlp_layers(model, &n_layers)[layer];
    gates g = {.model = model, .layer = layer, .unit = unit, .triangle = triangle};
    CPT_TRY(cpt_triangle_create(triangle, l->n_inputs + l->bias));
    CPT_TRY(cpt_triangle_begin_rows(triangle));
    CPT_TRY(cpt_allocate(&g.chunk, triangle->order * passes->capacity, sizeof *g.chunk));
    CPT_TRY(cpt_allocate(&g.influence, entries, sizeof *g.influence));
    CPT_TRY(cpt_allocate(&g.other, entries, sizeof *g.other));
    CPT_TRY(passes->run(passes, fold_batch, &g));
done:
    cpt_free(g.chunk);
    cpt_free(g.influence);
    cpt_free(g.other);
    return status;
}

/* gram += the products of the batch's slopes where some unit above acts */
static critpt_status add_slopes(void *user, const cpt_batch *batch, size_t first)
{
    const gates *g = user;
    size_t n_layers, n = batch->n;
    const cpt_layer *layers = cpt_mlp_layers(g->model, &n_layers);
    size_t n_units = layers[g->layer].n_units;
    const double *slopes = cpt_mlp_slopes(g->model, batch, g->layer), *acts = g->influence;
    (void)first;
    find_influence(g->model, batch, g->layer + 1, g->influence, g->other);
    for (size_t p = 1; p < layers[g->layer + 1].n_units; p++)
        cpt_linalg_axpy(n, 1, g->influence + p * n, g->influence);
    for (size_t p = 0; p <= n_units; p++)
        for (size_t q = 0; q <= n_units; q++)
            for (size_t i = 0; i < n; i++)
                g->gram[p * (n_units + 1) + q] += (slopes && p < n_units ? slopes[p * n + i] : 1) *
                                                  (slopes && q < n_units ? slopes[q * n + i] : 1) *
                                                  (acts[i] > 0);
    return CRITPT_OK;
}

critpt_status cpt_mlp_multiply_all_slopes(const critpt_model *model, const cpt_passes *passes,
                                          size_t layer, double *gram)
{
    critpt_status status;
    size_t n_layers, entries = widest_layer(model) * passes->capacity;
    size_t n = cpt_mlp_layers(model, &n_layers)[layer].n_units;
    gates g = {.model = model, .layer = layer, .gram = gram};
    memset(gram, 0, (n + 1) * (n + 1) * sizeof *gram);
    CPT_TRY(cpt_allocate(&g.influence, entries, sizeof *g.influence));
    CPT_TRY(cpt_allocate(&g.other, entries, sizeof *g.other));
    CPT_TRY(passes->run(passes, add_slopes, &g));
done:
    cpt_free(g.influence);
    cpt_free(g.other);
    return status;
}
