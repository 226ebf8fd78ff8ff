/* Every allocation of a call fails in turn. */
#include "torture.h"

#include <hdf5.h>
#include <stdio.h>

const net torture_net = {2, 2, {2, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};

static world *world_create(const torture_case *of)
{
    world *w = NEW(world, 1);
    memory_count.allowed = SIZE_MAX;
    w->s = scene_create(of->shape ? of->shape : &torture_net, of->samples ? of->samples : 40, 1);
    w->a = normal(TORTURE_OUT, 5);
    w->b = normal(TORTURE_OUT, 6);
    ASSERT_OK(critpt_mlp_create(&w->open, 2));
    ASSERT_OK(critpt_plan_create(&w->plan, w->s.landscape));
    ASSERT_OK(critpt_plan_options_create(&w->options));
    ASSERT_OK(critpt_spectrum_options_create(&w->spectrum_options));
    ASSERT_OK(critpt_workspace_create(&w->workspace, w->s.landscape));
    ASSERT_OK(critpt_file_create(&w->file, w->s.landscape));
    if (of->prepare)
        of->prepare(w);
    return w;
}

static void destroy_made(world *w)
{
    critpt_model_destroy(w->new_model);
    critpt_landscape_destroy(w->new_landscape);
    critpt_plan_destroy(w->new_plan);
    critpt_plan_options_destroy(w->new_options);
    critpt_spectrum_options_destroy(w->new_spectrum_options);
    critpt_workspace_destroy(w->new_workspace);
    critpt_file_destroy(w->new_file);
    critpt_spectrum_destroy(w->new_spectrum);
    w->new_model = NULL;
    w->new_landscape = NULL;
    w->new_plan = NULL;
    w->new_options = NULL;
    w->new_spectrum_options = NULL;
    w->new_workspace = NULL;
    w->new_file = NULL;
    w->new_spectrum = NULL;
}

/* Nothing else than `live` blocks is left. */
static void world_destroy_to(world *w, size_t live)
{
    destroy_made(w);
    critpt_model_destroy(w->open);
    critpt_plan_destroy(w->plan);
    critpt_plan_options_destroy(w->options);
    critpt_spectrum_options_destroy(w->spectrum_options);
    critpt_workspace_destroy(w->workspace);
    critpt_file_destroy(w->file);
    critpt_spectrum_destroy(w->spectrum);
    scene_destroy(&w->s);
    free(w->a), free(w->b);
    free(w);
    ck_assert_uint_eq(memory_count.live, live);
    ck_assert_int_eq(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}

/* ---- Handles as they are, as a number ---- */

static void add(uint64_t *hash, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < n; i++)
        *hash = (*hash ^ at[i]) * 1099511628211u;
}

static void add_size(uint64_t *hash, size_t n)
{
    add(hash, &n, sizeof n);
}

static void add_landscape(uint64_t *hash, const world *w)
{
    double values[TORTURE_OUT] = {0};
    size_t N = w->s.N, D = w->s.D;
    ASSERT_OK(critpt_landscape_targets(w->s.landscape, values, D));
    add(hash, values, N * D * sizeof *values);
    ASSERT_OK(critpt_landscape_sample_weights(w->s.landscape, values, N));
    add(hash, values, N * sizeof *values);
    ASSERT_OK(critpt_landscape_sample_metrics(w->s.landscape, values, N));
    add(hash, values, N * D * D * sizeof *values);
    ASSERT_OK(critpt_landscape_penalty(w->s.landscape, values, w->s.P, values + w->s.P, w->s.P));
    add(hash, values, 2 * w->s.P * sizeof *values);
    add_size(hash, critpt_mlp_n_layers(w->open));
    add_size(hash, critpt_model_n_weights(w->open));
}

static void add_plan(uint64_t *hash, const world *w)
{
    double values[TORTURE_OUT] = {0};
    unsigned char mask[TORTURE_OUT] = {0};
    const critpt_plan *plan = w->plan;
    size_t P = w->s.P;
    add_size(hash, critpt_plan_n_points(plan));
    for (size_t k = 0; k < critpt_plan_n_points(plan); k++) {
        ASSERT_OK(critpt_plan_point_weights(plan, k, values, P));
        ASSERT_OK(critpt_plan_point_weights_requested(plan, k, values + P, P));
        values[2 * P] = critpt_plan_point_is_critical(plan, k);
        add(hash, values, (2 * P + 1) * sizeof *values);
    }
    add_size(hash, critpt_plan_n_conditions(plan));
    for (size_t c = 0; c < critpt_plan_n_conditions(plan); c++) {
        critpt_condition_kind kind;
        size_t n, points[3] = {0};
        ASSERT_OK(critpt_plan_condition(plan, c, &kind, &n, points));
        add_size(hash, (size_t)kind);
        add(hash, points, n * sizeof *points);
    }
    ASSERT_OK(critpt_plan_frozen_targets(plan, mask, w->s.D));
    add(hash, mask, w->s.N * w->s.D);
}

static void add_text(uint64_t *hash, const char *text)
{
    add(hash, text ? text : "-", text ? strlen(text) + 1 : 1);
}

static void add_file(uint64_t *hash, const world *w)
{
    double values[TORTURE_OUT] = {0};
    const critpt_file *file = w->file;
    size_t P = critpt_file_n_weights(file);
    add_size(hash, critpt_file_n_points(file));
    for (size_t k = 0; k < critpt_file_n_points(file); k++) {
        ASSERT_OK(critpt_file_point_weights(file, k, values, P));
        ASSERT_OK(critpt_file_point_weights_requested(file, k, values + P, P));
        add(hash, values, 2 * P * sizeof *values);
        for (int q = 0; critpt_file_point_quantity_name((critpt_file_point_quantity)q); q++) {
            ASSERT_OK(critpt_file_point_value(file, k, (critpt_file_point_quantity)q, values));
            add(hash, values, sizeof *values);
        }
        for (int v = 0; critpt_file_vector_name((critpt_file_vector)v); v++) {
            ASSERT_OK(critpt_file_point_vector(file, k, (critpt_file_vector)v, values, P));
            add(hash, values, P * sizeof *values);
        }
        add_text(hash, critpt_file_point_kind(file, k));
        add_text(hash, critpt_file_point_nature(file, k));
    }
    for (int t = 0; t <= CRITPT_FILE_TEXT_MODEL_HASH; t++)
        add_text(hash, critpt_file_text_value(file, (critpt_file_text)t));
    add_text(hash, critpt_file_weight_name(file, 0));
    add_size(hash, critpt_file_n_recorded(file));
    add_size(hash, critpt_file_n_conditions(file));
    add_size(hash, critpt_file_n_warnings(file));
    add_size(hash, critpt_file_n_dropped_columns(file));
    add_size(hash, (size_t)critpt_file_has_base_targets(file));
    add_size(hash, (size_t)critpt_file_has_frozen_targets(file));
    add_size(hash, (size_t)critpt_file_has_input_columns(file));
}

static uint64_t state_of(const world *w)
{
    uint64_t hash = 14695981039346656037u;
    add_landscape(&hash, w);
    add_plan(&hash, w);
    add_file(&hash, w);
    return hash;
}

/* ---- The loop ---- */

typedef struct ending {
    critpt_status status;
    uint64_t state;
    size_t allocations;
    double *out;
} ending;

static ending run(const torture_case *of, world *w, size_t allowed)
{
    ending end = {.out = w->out};
    memset(w->out, 0, sizeof w->out);
    memory_count.allocations = 0;
    memory_count.allowed = allowed;
    end.status = of->call(w);
    memory_count.allowed = SIZE_MAX;
    end.allocations = memory_count.allocations;
    end.state = state_of(w);
    destroy_made(w);
    return end;
}

/* The next allocation to fail: all of them, or a thinning choice. */
static size_t after(size_t k)
{
    const char *wanted = getenv("CRITPT_TORTURE");
    if (wanted && !strcmp(wanted, "whole"))
        return k + 1;
    return k < 60 ? k + 1 : k + 1 + k / 12;
}

void torture(const torture_case *of)
{
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    memory_count.live = 0;
    world *whole = world_create(of), *w;
    const ending with = run(of, whole, SIZE_MAX);
    ck_assert_msg(with.status == of->ends, "%s: %s: %s", of->name, critpt_status_name(with.status),
                  critpt_error_message());
    size_t before = memory_count.live;
    w = world_create(of);
    for (size_t k = 0; k < with.allocations; k = after(k)) {
        uint64_t state = state_of(w);
        const ending end = run(of, w, k);
        if (end.status == CRITPT_NO_MEMORY) {
            ck_assert_msg(end.state == state, "%s changed a handle where allocation %zu failed",
                          of->name, k);
            continue;
        }
        ck_assert_msg(end.status == with.status && end.state == with.state &&
                          !memcmp(end.out, with.out, sizeof w->out),
                      "%s ends otherwise (%s: %s) where allocation %zu failed", of->name,
                      critpt_status_name(end.status), critpt_error_message(), k);
        world_destroy_to(w, before);
        w = world_create(of);
    }
    world_destroy_to(w, before);
    world_destroy_to(whole, 0);
    ASSERT_OK(critpt_set_allocator(NULL));
}

void torture_add_points(world *w, size_t n, bool movable)
{
    for (size_t k = 0; k < n; k++) {
        double *weights = net_weights(w->s.model, 4, k, 1.5);
        ASSERT_OK(critpt_plan_add_point(w->plan, weights, w->s.P, NULL));
        if (movable)
            ASSERT_OK(critpt_plan_let_point_move(w->plan, k));
        free(weights);
    }
}

/* Of a single process: its numbers are the sums. */
static int combine(critpt_reduction_operation operation, double *values, size_t n, void *user)
{
    (void)operation, (void)values, (void)n, (void)user;
    return 0;
}

critpt_status torture_set_reduction(world *w)
{
    return critpt_landscape_set_reduction(w->s.landscape, 0, combine, NULL);
}
