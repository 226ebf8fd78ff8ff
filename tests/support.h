/* What the test programs share: networks to try, an independent reference, assertions. */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <critpt.h>

/* ---- Assertions ---- */

/* The call succeeds; its message is shown if not. */
#define ASSERT_OK(call)                                                                            \
    do {                                                                                           \
        critpt_status status_ = (call);                                                            \
        ck_assert_msg(status_ == CRITPT_OK, "%s: %s: %s", #call, critpt_status_name(status_),      \
                      critpt_error_message());                                                     \
    } while (0)

/* The call fails with this status and a message that contains `words`. */
#define ASSERT_FAILS(call, wanted, words)                                                          \
    do {                                                                                           \
        critpt_status status_ = (call);                                                            \
        ck_assert_msg(status_ == (wanted), "%s: %s (%s), not %s", #call,                           \
                      critpt_status_name(status_), critpt_error_message(),                         \
                      critpt_status_name(wanted));                                                 \
        ck_assert_msg(strstr(critpt_error_message(), words) != NULL, "%s: \"%s\" lacks \"%s\"",    \
                      #call, critpt_error_message(), words);                                       \
    } while (0)

/* |a - b| <= tolerance * scale */
#define ASSERT_NEAR(a, b, scale, tolerance)                                                        \
    do {                                                                                           \
        double a_ = (double)(a), b_ = (double)(b), s_ = (double)(scale);                           \
        ck_assert_msg(fabs(a_ - b_) <= (tolerance)*s_,                                             \
                      "%s = %.17g, %s = %.17g, apart %.3g of %.3g", #a, a_, #b, b_, fabs(a_ - b_), \
                      s_);                                                                         \
    } while (0)

void *test_allocate(size_t count, size_t size); /* zeroed, or the test ends */
#define NEW(type, count) ((type *)test_allocate((count), sizeof(type)))

/* An allocator that counts, and fails after `allowed` allocations since `allocations` was 0. */
typedef struct counted_memory {
    size_t allocations, allowed, live, bytes_live, bytes_peak;
} counted_memory;
extern counted_memory memory_count;
extern const critpt_allocator counting_allocator;

/* Runs a suite of one case with these tests; the process's exit status. */
typedef const struct TTest *test_function;
int test_main(const char *name, const test_function *tests, size_t n_tests);

/* ---- Networks ---- */

enum { NET_LAYERS = 6 };
typedef struct net {
    size_t n_inputs, n_layers;
    size_t widths[NET_LAYERS];
    critpt_activation activations[NET_LAYERS];
    int bias[NET_LAYERS];
} net;

size_t net_outputs(const net *shape);
critpt_model *net_model(const net *shape);
/* Normal weights at the initialiser's scale, and inputs. */
double *net_weights(const critpt_model *model, uint64_t seed, size_t point, double scale);
double *net_inputs(const critpt_model *model, size_t n_samples, uint64_t seed);
double *normal(size_t n, uint64_t seed); /* n draws */

/* A landscape with its model, inputs and a point, for tests that need just one. */
typedef struct scene {
    net shape;
    size_t N, d, D, P;
    double *inputs, *weights, *targets;
    critpt_model *model;
    critpt_landscape *landscape;
    double *penalty, *centre; /* P each, or NULL */
    double *metrics;          /* N x D x D, or NULL */
} scene;
scene scene_create(const net *shape, size_t n_samples, uint64_t seed);
void scene_destroy(scene *made);
/* Penalties of about that size, on some of the weights only if `some`, with a centre if `centred`;
 * what they add to the loss, in extended precision. */
void scene_penalize(scene *made, uint64_t seed, double size, bool some, bool centred);
long double scene_penalty(const scene *made, const double *weights);
/* A random metric for each sample. */
void scene_metrize(scene *made, uint64_t seed);
/* The reference's loss with all these, for sample weights s and a metric where there are none of
 * the samples, or NULLs. */
long double scene_loss(const scene *made, const double *weights, const double *targets,
                       const double *s, const double *metric);

/* ---- The reference: plain loops in extended precision that share no code with the library ---- */

long double reference_activation(critpt_activation activation, long double z);
/* f (D) of one sample. */
void reference_outputs(const net *shape, const double *weights, const double *inputs,
                       long double *outputs);
/* The loss, with sample weights s and metric M or NULLs. */
long double reference_loss(const net *shape, const double *weights, size_t n_samples,
                           const double *inputs, const double *targets, const double *s,
                           const double *metric);

#endif
