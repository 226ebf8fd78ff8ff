/* What the tests of memory limits share. */
#include "limits_support.h"

/* Times the peak: where a call is not refused. */
static const double ENOUGH = 1.25;

size_t limits_begin(void)
{
    memory_count.bytes_peak = memory_count.bytes_live;
    memory_count.allocations = 0;
    return memory_count.bytes_live;
}

outcome limits_end(critpt_status status, size_t before)
{
    return (outcome){status, memory_count.bytes_peak - before, memory_count.allocations};
}

/* A limit leaves the search for natures less for preconditioners: its steps may run out. One below
 * what is needed leaves no room for a triangle: the steps without it may stall. */
static bool may_end(critpt_status status, critpt_status without_limit, double part)
{
    return status == without_limit || status == CRITPT_NO_MEMORY || status == CRITPT_NOT_ATTAINED ||
           without_limit == CRITPT_NOT_ATTAINED ||
           (status == CRITPT_NOT_CONVERGED && part < ENOUGH);
}

outcome limits_hold(const char *name, limited_call call, const void *data)
{
    static const double parts[] = {0.02, 0.5, 0.79, 0.9, 0.99, 1, 1.05, 1.15, 1.26, 2};
    const outcome free_of = call(data, 0);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t limit = (size_t)(parts[i] * (double)free_of.peak) + 1;
        const outcome seen = call(data, limit);
        ck_assert_msg(seen.peak <= limit, "%s: peak %zu beyond the limit %zu", name, seen.peak,
                      limit);
        ck_assert_msg(may_end(seen.status, free_of.status, parts[i]),
                      "%s: %s with the limit %zu: %s", name, critpt_status_name(seen.status), limit,
                      critpt_error_message());
        ck_assert_msg(seen.status != CRITPT_NO_MEMORY || seen.allocations == 0,
                      "%s: refused after %zu allocations of a limit of %zu, peak %zu: %s", name,
                      seen.allocations, limit, free_of.peak, critpt_error_message());
        ck_assert_msg(seen.status != CRITPT_NO_MEMORY || parts[i] < ENOUGH,
                      "%s: refused at %zu, though the peak is %zu: %s", name, limit, free_of.peak,
                      critpt_error_message());
    }
    return free_of;
}

static uint64_t state;

void limits_seed(uint64_t seed)
{
    state = seed * 77 + 1;
}

size_t limits_draw(size_t n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(state >> 33) % n;
}

scene limits_scene(uint64_t seed, size_t widest, size_t most_samples)
{
    limits_seed(seed);
    net shape = {1 + limits_draw(5), 1 + limits_draw(3), {0}, {0}, {0}};
    for (size_t l = 0; l < shape.n_layers; l++) {
        bool last = l + 1 == shape.n_layers;
        shape.widths[l] = 1 + limits_draw(last ? 3 : widest);
        shape.activations[l] =
            last && limits_draw(3) ? CRITPT_IDENTITY : (critpt_activation)(1 + limits_draw(7));
        shape.bias[l] = limits_draw(4) > 0;
    }
    return scene_create(&shape, 1 + limits_draw(most_samples), seed);
}

void limits_halve(scene *s, bool mixed)
{
    size_t V = (s->P + 1) / 2, *rows = NEW(size_t, 2 * V), *columns = NEW(size_t, 2 * V);
    double *values = normal(2 * V, 5);
    critpt_model *model;
    critpt_landscape *landscape;
    for (size_t k = 0; k < V; k++) {
        rows[k] = 2 * k;
        rows[V + k] = 2 * ((k + 1) % V);
        columns[k] = columns[V + k] = k;
    }
    if (mixed && V > 2)
        ASSERT_OK(critpt_model_reparametrize(&model, s->model, s->weights, s->P, V, rows, columns,
                                             values, 2 * V));
    else
        ASSERT_OK(critpt_model_choose_weights(&model, s->model, s->weights, s->P, rows, V));
    ASSERT_OK(critpt_landscape_create(&landscape, model, s->N, s->inputs, s->d));
    ASSERT_OK(critpt_landscape_set_targets(landscape, s->targets, s->D));
    critpt_landscape_destroy(s->landscape);
    critpt_model_destroy(s->model);
    s->landscape = landscape;
    s->model = model;
    s->P = V;
    free(rows), free(columns), free(values);
}
