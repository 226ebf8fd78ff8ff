/* Memory limits: what is allocated never passes one, a call that would is refused before it
 * allocates anything, and none is refused that keeps below four fifths of the limit. Of random
 * networks. */
#include "support.h"

#include <stdio.h>

typedef struct outcome {
    critpt_status status;
    size_t peak, allocations;
} outcome;

/* A call with a limit, 0 for none; what it makes is destroyed before it returns. */
typedef critpt_status (*limited_call)(void *data, size_t limit);

static outcome measure(limited_call call, void *data, size_t limit)
{
    outcome seen;
    size_t before = memory_count.bytes_live;
    memory_count.bytes_peak = before;
    memory_count.allocations = 0;
    seen.status = call(data, limit);
    seen.peak = memory_count.bytes_peak - before;
    seen.allocations = memory_count.allocations;
    ck_assert_uint_eq(memory_count.bytes_live, before);
    return seen;
}

/* Of a call whose peak without limit is known. */
static void hold(const char *name, limited_call call, void *data)
{
    static const double parts[] = {0.02, 0.5, 0.79, 0.9, 0.99, 1, 1.05, 1.15, 1.26, 2};
    const outcome free_of = measure(call, data, 0);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t limit = (size_t)(parts[i] * (double)free_of.peak) + 1;
        const outcome seen = measure(call, data, limit);
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

static critpt_status make_spectrum(void *data, size_t limit)
{
    const spectrum_call *c = data;
    critpt_spectrum_options *options;
    critpt_spectrum *spectrum = NULL;
    size_t live = memory_count.bytes_live, peak = memory_count.bytes_peak;
    ASSERT_OK(critpt_spectrum_options_create(&options));
    ASSERT_OK(critpt_spectrum_options_set_n_extreme(options, c->n_extreme));
    ASSERT_OK(critpt_spectrum_options_set_extended_precision(options, c->extended));
    if (!c->n_extreme)
        ASSERT_OK(critpt_spectrum_options_set_eigenvectors(options, 0, c->n_vectors));
    ASSERT_OK(critpt_spectrum_options_set_memory_limit(options, limit));
    size_t beside = memory_count.bytes_live - live; /* the options are the caller's */
    memory_count.bytes_peak = peak + beside;
    memory_count.allocations = 0;
    critpt_status status =
        critpt_spectrum_create(&spectrum, c->s->landscape, c->s->weights, c->s->P, options);
    memory_count.bytes_peak -= beside;
    critpt_spectrum_destroy(spectrum);
    critpt_spectrum_options_destroy(options);
    return status;
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

int main(void)
{
    const test_function tests[] = {spectra_keep_their_limit};
    return test_main("limits", tests, sizeof tests / sizeof *tests);
}
