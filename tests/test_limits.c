/* Memory limits: what is allocated never passes one, a call that would is refused before it
 * allocates anything, and none is refused that keeps below four fifths of the limit. Of random
 * networks. */
#include "support.h"

#include <stdio.h>

typedef struct outcome {
    critpt_status status;
    size_t peak, allocations;
} outcome;

/* Makes what a call needs, measures the call alone with a limit, 0 for none, and destroys all. */
typedef outcome (*limited_call)(const void *data, size_t limit);

static size_t begin(void)
{
    memory_count.bytes_peak = memory_count.bytes_live;
    memory_count.allocations = 0;
    return memory_count.bytes_live;
}

static outcome end(critpt_status status, size_t before)
{
    return (outcome){status, memory_count.bytes_peak - before, memory_count.allocations};
}

/* Of a call whose peak without limit is known. */
static void hold(const char *name, limited_call call, const void *data)
{
    static const double parts[] = {0.02, 0.5, 0.79, 0.9, 0.99, 1, 1.05, 1.15, 1.26, 2};
    const outcome free_of = call(data, 0);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t limit = (size_t)(parts[i] * (double)free_of.peak) + 1;
        const outcome seen = call(data, limit);
        ck_assert_msg(seen.peak <= limit, "%s: peak %zu beyond the limit %zu", name, seen.peak,
                      limit);
        ck_assert_msg(seen.status == free_of.status || seen.status == CRITPT_NO_MEMORY,
                      "%s: %s with the limit %zu: %s", name, critpt_status_name(seen.status), limit,
                      critpt_error_message());
        ck_assert_msg(seen.status != CRITPT_NO_MEMORY || seen.allocations == 0,
                      "%s: refused after %zu allocations of a limit of %zu, peak %zu: %s", name,
                      seen.allocations, limit, free_of.peak, critpt_error_message());
        ck_assert_msg(seen.status != CRITPT_NO_MEMORY || parts[i] < 1.25,
                      "%s: refused at %zu, though the peak is %zu: %s", name, limit, free_of.peak,
                      critpt_error_message());
    }
}

/* ---- Random networks ---- */

static uint64_t state;

static size_t draw(size_t n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(state >> 33) % n;
}

static scene random_scene(uint64_t seed, size_t widest)
{
    state = seed * 77 + 1;
    net shape = {1 + draw(5), 1 + draw(3), {0}, {0}, {0}};
    for (size_t l = 0; l < shape.n_layers; l++) {
        bool last = l + 1 == shape.n_layers;
        shape.widths[l] = 1 + draw(last ? 3 : widest);
        shape.activations[l] = last && draw(3) ? CRITPT_IDENTITY : (critpt_activation)(1 + draw(7));
        shape.bias[l] = draw(4) > 0;
    }
    return scene_create(&shape, 1 + draw(600), seed);
}

/* ---- Spectra ---- */

typedef struct spectrum_call {
    const scene *s;
    size_t n_extreme, n_vectors;
    bool extended;
} spectrum_call;

static outcome make_spectrum(const void *data, size_t limit)
{
    const spectrum_call *c = data;
    critpt_spectrum_options *options;
    critpt_spectrum *spectrum = NULL;
    ASSERT_OK(critpt_spectrum_options_create(&options));
    ASSERT_OK(critpt_spectrum_options_set_n_extreme(options, c->n_extreme));
    ASSERT_OK(critpt_spectrum_options_set_extended_precision(options, c->extended));
    if (!c->n_extreme)
        ASSERT_OK(critpt_spectrum_options_set_eigenvectors(options, 0, c->n_vectors));
    ASSERT_OK(critpt_spectrum_options_set_memory_limit(options, limit));
    size_t before = begin();
    critpt_status status =
        critpt_spectrum_create(&spectrum, c->s->landscape, c->s->weights, c->s->P, options);
    const outcome seen = end(status, before);
    critpt_spectrum_destroy(spectrum);
    critpt_spectrum_options_destroy(options);
    return seen;
}

START_TEST(spectra_keep_their_limit)
{
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    for (uint64_t seed = 1; seed <= 25; seed++) {
        scene s = random_scene(seed, seed % 5 ? 8 : 25);
        char name[80];
        for (size_t mode = 0; mode < 4; mode++) {
            spectrum_call call = {&s, mode == 3 ? 1 + draw(3) : 0,
                                  mode == 1   ? s.P / 2
                                  : mode == 2 ? 0
                                              : SIZE_MAX,
                                  mode == 0};
            snprintf(name, sizeof name, "seed %d, mode %zu, P = %zu, N = %zu", (int)seed, mode, s.P,
                     s.N);
            hold(name, make_spectrum, &call);
        }
        scene_destroy(&s);
    }
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

/* ---- Solves ---- */

typedef struct solve_call {
    const scene *s;
    size_t n_points, n_free, n_conditions, kind;
    bool solved; /* before, and has a report */
} solve_call;

static void add_condition(critpt_plan *plan, const solve_call *c, size_t i)
{
    size_t P = c->s->P, k = c->n_points + i % c->n_free;
    double *v = normal(P, 30 + i);
    switch ((c->kind + i) % 3) {
    case 0:
        ASSERT_OK(critpt_plan_require_curvature(plan, k, v, v, P, 1, NULL));
        break;
    case 1:
        ASSERT_OK(critpt_plan_require_hessian_entry(plan, k, i % P, 0, 1, NULL));
        break;
    default:
        ASSERT_OK(critpt_plan_require_loss_difference(plan, k, (k + 1) % c->n_points, 0.1, NULL));
        break;
    }
    free(v);
}

static critpt_plan *plan_for(const solve_call *c)
{
    critpt_plan *plan;
    ASSERT_OK(critpt_plan_create(&plan, c->s->landscape));
    for (size_t k = 0; k < c->n_points + c->n_free; k++) {
        double *w = net_weights(c->s->model, 4, k, 1.5);
        if (k < c->n_points) {
            ASSERT_OK(critpt_plan_add_point(plan, w, c->s->P, NULL));
            ASSERT_OK(critpt_plan_let_point_move(plan, k));
        } else
            ASSERT_OK(critpt_plan_add_free_point(plan, w, c->s->P, NULL));
        free(w);
    }
    for (size_t i = 0; i < c->n_conditions; i++)
        add_condition(plan, c, i);
    return plan;
}

static outcome solve(const void *data, size_t limit)
{
    const solve_call *c = data;
    critpt_plan_options *options;
    critpt_plan *plan = plan_for(c);
    ASSERT_OK(critpt_plan_options_create(&options));
    ASSERT_OK(critpt_plan_options_set_memory_limit(options, limit));
    if (c->solved)
        (void)critpt_plan_solve(plan, NULL);
    size_t before = begin();
    critpt_status status = critpt_plan_solve(plan, options);
    const outcome seen = end(status, before);
    critpt_plan_options_destroy(options);
    critpt_plan_destroy(plan);
    return seen;
}

START_TEST(solves_keep_their_limit)
{
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    for (uint64_t seed = 1; seed <= 40; seed++) {
        scene s = random_scene(seed, 8);
        const solve_call call = {&s,      1 + draw(2), 1 + draw(seed % 3 ? 3 : 40),
                                 draw(4), draw(3),     draw(2) == 0};
        char name[80];
        snprintf(name, sizeof name, "seed %d, P = %zu, N = %zu, %zu and %zu points, %zu conditions",
                 (int)seed, s.P, s.N, call.n_points, call.n_free, call.n_conditions);
        hold(name, solve, &call);
        scene_destroy(&s);
    }
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

int main(void)
{
    const test_function tests[] = {spectra_keep_their_limit, solves_keep_their_limit};
    return test_main("limits", tests, sizeof tests / sizeof *tests);
}
