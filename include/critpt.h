/* libcritpt: training targets that put critical points of the squared-error loss where you choose.
 *
 * For fixed weights the gradient and the Hessian of a quadratic loss are affine in the targets
 * (L. Malago, D. Marinelli, "Synthetic Generation of Local Minima and Saddle Points for Neural
 * Networks", PADL workshop, ICML 2017). So, given a model f(x; w), inputs and weight vectors, the
 * targets nearest to given ones for which every chosen weight vector is a critical point solve a
 * linear system; this library forms, solves and diagnoses it, and measures what was made.
 *
 * The loss of targets y at weights w is
 *
 *     L(w) = 1/(2N) sum_i s_i (f_i - y_i)' M (f_i - y_i),      s_i = 1 and M = I by default,
 *
 * over N samples with D outputs each. (PyTorch's MSELoss is 2/D of it: same critical points.)
 *
 * Habits that hold throughout:
 * - Handles are opaque; critpt_X_destroy(NULL) does nothing. A landscape keeps its model alive and
 *   a plan or workspace its landscape: they may be destroyed in any order.
 * - A function that can fail returns critpt_status, and critpt_error_message() then says why in one
 *   sentence. On failure nothing that existed has changed, and arrays given for results may hold
 *   anything.
 * - Arrays given are copied, arrays for results are the caller's. Every array comes with its length
 *   or leading dimension and is checked. Matrices are row-major with one sample a row; `leading` is
 *   the distance between the starts of rows in elements.
 * - Weights are one vector of P doubles, layer by layer: the weight matrix (outputs x inputs,
 *   row-major), then the bias if there is one: the order of PyTorch's parameters_to_vector.
 * - Indices of points, samples, layers, rows and columns count from 0.
 * - Const handles may be shared by threads; each thread needs its own workspace. Messages are the
 *   thread's own. Nothing prints, exits or aborts. */
#ifndef CRITPT_H
#define CRITPT_H

#include <stddef.h>
#include <stdint.h>

#define CRITPT_VERSION_MAJOR 0
#define CRITPT_VERSION_MINOR 1
#define CRITPT_VERSION_PATCH 0

#if defined(__GNUC__) && !defined(CRITPT_NO_VISIBILITY)
#define CRITPT_PUBLIC __attribute__((visibility("default")))
#else
#define CRITPT_PUBLIC
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Status, messages, version (critpt_status(3)) ---------------------------------------------
 */

/* Numbers are grouped with room and never change their meaning. */
typedef enum critpt_status {
    CRITPT_OK = 0,
    /* the call was wrong */
    CRITPT_INVALID_ARGUMENT = -1, /* a value, length or handle that the function does not take */
    CRITPT_NON_FINITE = -2,       /* a NaN or an infinity; the message names its position */
    CRITPT_SIZE_OVERFLOW = -3,    /* a size beyond size_t or the integers of BLAS */
    CRITPT_UNSUPPORTED = -4,      /* well formed, but this version or this BLAS does not offer it */
    CRITPT_INCONSISTENT = -5,     /* the callbacks of a model contradict each other */
    /* the request has no answer */
    CRITPT_INFEASIBLE = -20,    /* the conditions contradict each other: see the plan's conflicts */
    CRITPT_TRIVIAL = -21,       /* only y = f is left: loss 0 at every point */
    CRITPT_NOT_CONVERGED = -22, /* rounding kept an iteration from the accuracy it promises */
    CRITPT_NOT_ATTAINED = -23,  /* not within the limits or the budget that were set */
    CRITPT_BUDGET_SPENT = -24,  /* a run has no evaluations left for it */
    /* the caller stopped it */
    CRITPT_CANCELLED = -40, /* the progress callback asked for it */
    /* the environment failed */
    CRITPT_NO_MEMORY = -60, /* the allocator returned NULL, or a memory limit would be passed */
    CRITPT_SYSTEM = -61,    /* the system refused: reading, writing, a callback that failed */
    CRITPT_REDUCTION_FAILED = -62 /* between processes: one failed, or they are out of step */
} critpt_status;

/* The code's name, as "CRITPT_NO_MEMORY", and its meaning in a few words; never NULL. */
CRITPT_PUBLIC const char *critpt_status_name(critpt_status status);
CRITPT_PUBLIC const char *critpt_status_text(critpt_status status);

/* The last failure in this thread, one sentence of at most 1023 bytes; "" if there was none. The
 * string is the thread's own and changes at its next failing call. */
CRITPT_PUBLIC const char *critpt_error_message(void);

CRITPT_PUBLIC const char *critpt_version(void);                                /* "0.1.0" */
CRITPT_PUBLIC void critpt_version_numbers(int *major, int *minor, int *patch); /* NULLs allowed */

/* Which BLAS was found at run time, with its version and core type where it tells them. */
CRITPT_PUBLIC const char *critpt_linalg_name(void);

/* ---- Memory (critpt_allocator(3)) --------------------------------------------------------------
 */

/* allocate returns memory aligned as malloc's, or NULL; release is never called with NULL. Both may
 * be called from several threads. struct_size is sizeof(critpt_allocator) of the caller. */
typedef struct critpt_allocator {
    size_t struct_size;
    void *(*allocate)(size_t bytes, void *user);
    void (*release)(void *memory, void *user);
    void *user;
} critpt_allocator;

/* Replaces malloc and free for all that the library allocates from now on; NULL restores them. Call
 * it before anything else and while nothing made by the library exists. */
CRITPT_PUBLIC critpt_status critpt_set_allocator(const critpt_allocator *allocator);

/* ---- Progress ----------------------------------------------------------------------------------
 */

/* Called in the computing thread, `done` growing from 0 to 1, where a stage moves on and now and
 * then beside, so that less than a second passes between two calls but inside one call of LAPACK; a
 * return other than 0 cancels. It may call anything but functions on the handles in use. */
typedef int (*critpt_progress)(double done, const char *stage, void *user);

/* ---- Models (critpt_model(3)) ------------------------------------------------------------------
 */

typedef struct critpt_model critpt_model;

/* Names and definitions are PyTorch's where it has them. */
typedef enum critpt_activation {
    CRITPT_IDENTITY = 0,
    CRITPT_TANH = 1,
    CRITPT_SIGMOID = 2,
    CRITPT_SOFTPLUS = 3, /* log(1 + e^z) for every z; PyTorch's is linear above 20 */
    CRITPT_SILU = 4,
    CRITPT_GELU = 5, /* z Phi(z), by erf */
    CRITPT_SIN = 6,
    CRITPT_GAUSSIAN = 7, /* exp(-z^2) */
    CRITPT_SQUARE = 8,
    CRITPT_ELU = 9,
    CRITPT_RELU = 10,
    CRITPT_LEAKY_RELU = 11 /* slope 0.01 */
} critpt_activation;

/* "tanh" and so on; NULL if there is no such activation. */
CRITPT_PUBLIC const char *critpt_activation_name(critpt_activation activation);
/* The activation of that name. */
CRITPT_PUBLIC critpt_status critpt_activation_from_name(const char *name,
                                                        critpt_activation *activation);

enum { CRITPT_NO_BIAS = 0, CRITPT_BIAS = 1 };

/* A feed-forward network: create it, add its layers from the inputs on (the last is the output
 * layer). It is frozen when a landscape is made from it. */
CRITPT_PUBLIC critpt_status critpt_mlp_create(critpt_model **model, size_t n_inputs);
CRITPT_PUBLIC critpt_status critpt_mlp_add_layer(critpt_model *model, size_t width,
                                                 critpt_activation activation, int bias);
/* What layer `layer` is; any of the results may be NULL. */
CRITPT_PUBLIC size_t critpt_mlp_n_layers(const critpt_model *model);
CRITPT_PUBLIC critpt_status critpt_mlp_layer(const critpt_model *model, size_t layer, size_t *width,
                                             critpt_activation *activation, int *bias);
/* Where entry `index` of the weight vector stands: column = the layer's number of inputs for a
 * bias. */
CRITPT_PUBLIC critpt_status critpt_mlp_locate_weight(const critpt_model *model, size_t index,
                                                     size_t *layer, size_t *row, size_t *column);

/* The number of weight vectors, the given one included, that compute the same function because
 * hidden units can be permuted and, by the symmetry of their activation, flipped: for weights in
 * general position. Infinity where units can be rescaled or shifted by a period, and beyond the
 * range of a double. */
CRITPT_PUBLIC critpt_status critpt_mlp_symmetric_copies(const critpt_model *model, double *copies);
/* The same for the weights given: flips of even output units count too, and it is infinity where
 * zero outgoing weights, units with the same incoming ones or constant units make a whole line of
 * weights compute the same function, and where a sin output unit with bias can be shifted by a
 * period. */
CRITPT_PUBLIC critpt_status critpt_mlp_symmetric_copies_at(const critpt_model *model,
                                                           const double *weights, size_t n_weights,
                                                           double *copies);
/* The least distance of a to a copy of b under permutations of hidden units and sign flips (of odd
 * and even activations). With more than one hidden layer units are matched layer by layer from the
 * inputs on, an upper bound: *exact (NULL allowed) is then 0. */
CRITPT_PUBLIC critpt_status critpt_mlp_distance(const critpt_model *model, const double *a,
                                                const double *b, size_t n_weights, double *distance,
                                                int *exact);

/* Why a function of the weights does not change in some direction. */
typedef enum critpt_null_reason {
    CRITPT_NULL_DEAD_INPUT = 0,      /* an input of the layer that is 0 in every sample */
    CRITPT_NULL_SATURATED_UNIT = 1,  /* a unit whose activation's slope vanishes in every sample */
    CRITPT_NULL_NO_INFLUENCE = 2,    /* a unit that no output depends on */
    CRITPT_NULL_RESCALED_UNIT = 3,   /* a hidden unit of homogeneous activation: what comes in can
                                        grow  while what goes out shrinks */
    CRITPT_NULL_DUPLICATED_UNIT = 4, /* a hidden unit that does what one before it does */
    CRITPT_NULL_MIXED_UNIT = 5,      /* a hidden unit, linear or a square, that mixes with others */
    CRITPT_NULL_DEPENDENT_INPUT = 6, /* an input of the layer that others, and the constant of a
                                        bias, determine in every sample */
    CRITPT_NULL_NUMERICAL = 7        /* in a model of callbacks: what its Jacobian maps to 0 */
} critpt_null_reason;

/* Your own model f(x; w) as callbacks, each called with P weights and a batch of n samples' inputs,
 * n x n_inputs; all arrays are row-major and without gaps. Only `outputs` is needed: what is NULL
 * is made of the others, in the best way there is, down to differences (critpt_model(3) says which
 * and how exact). struct_size is sizeof(critpt_model_callbacks) of the caller. A callback returns
 * 0; critpt_model_fail("a sentence") or anything else to fail the call (CRITPT_SYSTEM); or
 * CRITPT_CANCELLED to end it so. It must give the same numbers for the same arguments, and a
 * sample's whatever others are in the batch, and not call anything that evaluates its own model. */
typedef struct critpt_model_callbacks {
    size_t struct_size;
    /* f, n x D (D: n_outputs). */
    int (*outputs)(void *user, const double *weights, size_t n, const double *inputs,
                   double *outputs);
    /* J, n x D x P. */
    int (*jacobian)(void *user, const double *weights, size_t n, const double *inputs,
                    double *jacobian);
    /* J v, n x D, for a direction of P numbers. */
    int (*jacobian_vector)(void *user, const double *weights, size_t n, const double *inputs,
                           const double *direction, double *result);
    /* Adds J' u to the P numbers of gradient, for a cotangent u of n x D. */
    int (*jacobian_transposed_vector)(void *user, const double *weights, size_t n,
                                      const double *inputs, const double *cotangent,
                                      double *gradient);
    /* Adds S(u), the sum of u times the Hessians of all outputs, to the P x P matrix, all of it. */
    int (*curvature)(void *user, const double *weights, size_t n, const double *inputs,
                     const double *cotangent, double *matrix);
    /* Adds S(u) v to the P numbers of result. */
    int (*curvature_vector)(void *user, const double *weights, size_t n, const double *inputs,
                            const double *cotangent, const double *direction, double *result);
    /* v' (Hessian of the output) u for every output, n x D. */
    int (*second_directional)(void *user, const double *weights, size_t n, const double *inputs,
                              const double *v, const double *u, double *result);
    /* Of a model with kinks: how far each sample is from the nearest, n numbers, infinity where
     * there is none. */
    int (*kink_margins)(void *user, const double *weights, size_t n, const double *inputs,
                        double *margins);
    /* f for complex weights, n x D: pairs of real and imaginary part, as C's double complex. */
    int (*outputs_complex)(void *user, const double *weights, size_t n, const double *inputs,
                           double *outputs);
    /* f in extended precision, n x D. */
    int (*outputs_extended)(void *user, const long double *weights, size_t n, const double *inputs,
                            long double *outputs);
    size_t batch_limit; /* samples of a call at most; 0: as many as there are */
    int concurrent;     /* not 0: calls may run at once in several threads; else one at a time */
    /* Adds the sum of s_i J_i' M J_i over the samples, and S(u), to the P x P matrix, all of it.
     * sample_weights NULL: s_i = 1; metric, D x D, NULL: the identity; cotangent NULL: no S. */
    int (*hessian)(void *user, const double *weights, size_t n, const double *inputs,
                   const double *sample_weights, const double *metric, const double *cotangent,
                   double *matrix);
    /* Adds that matrix times each of `count` directions, rows of P, to the rows of results. */
    int (*hessian_vectors)(void *user, const double *weights, size_t n, const double *inputs,
                           const double *sample_weights, const double *metric,
                           const double *cotangent, size_t count, const double *directions,
                           double *results);
    /* The sum of q_ab times the second derivative by weights a and b, for every output, n x D, and
     * a symmetric q, P x P: the adjoint of S. */
    int (*curvature_adjoint)(void *user, const double *weights, size_t n, const double *inputs,
                             const double *q, double *result);
} critpt_model_callbacks;
/* For a callback to end with: keeps the sentence for the message, and returns a number that is not
 * 0. */
CRITPT_PUBLIC int critpt_model_fail(const char *sentence);
/* Whether the callbacks of a model agree with each other at these weights, on these samples
 * (n_samples x n_inputs): the same call twice; a sample alone and among others; complex and
 * extended outputs; the operators with each other and with their adjoints; the symmetry of second
 * derivatives; each order of derivatives with differences of the one below. CRITPT_INCONSISTENT
 * names the worst entry with both values. Every solve of a plan does so at each point, on a few
 * samples, see critpt_plan_options_set_model_check. */
CRITPT_PUBLIC critpt_status critpt_model_check(const critpt_model *model, const double *weights,
                                               size_t n_weights, size_t n_samples,
                                               const double *inputs, size_t leading);
CRITPT_PUBLIC critpt_status critpt_model_create(critpt_model **model, size_t n_inputs,
                                                size_t n_outputs, size_t n_weights,
                                                const critpt_model_callbacks *callbacks,
                                                void *user);

/* What is known of a model of callbacks, declared before a landscape is made of it; each replaces
 * what was declared before, and critpt_model_check holds it against the outputs.
 * Linear: weights in which the outputs are jointly linear, the others fixed: f = sum of w_j df/dw_j
 * over them. Losses of critical points then differ by what scaling these makes of them.
 * Constants: weights[o] adds a constant to output o, for all outputs: points that may move are
 * balanced by them.
 * Draws: weight j of a drawn point is centre[j] + scale spread[j] times a normal number. */
CRITPT_PUBLIC critpt_status critpt_model_declare_linear(critpt_model *model, const size_t *weights,
                                                        size_t n);
CRITPT_PUBLIC critpt_status critpt_model_declare_constants(critpt_model *model,
                                                           const size_t *weights, size_t n_outputs);
CRITPT_PUBLIC critpt_status critpt_model_declare_draws(critpt_model *model, const double *centre,
                                                       const double *spread, size_t n_weights);

/* A model of fewer weights v (critpt_model_reparametrize(3)): the base's outputs at its weights
 * w = origin + B v, each rounded once. Everything is copied, and the base, which may be any model,
 * retained and frozen. B has n_weights columns, linearly independent and none of them zero, and a
 * row for each weight of the base; entry i is values[i], in row rows[i] and column columns[i], each
 * place at most once. */
CRITPT_PUBLIC critpt_status critpt_model_reparametrize(critpt_model **model, critpt_model *base,
                                                       const double *origin, size_t n_base_weights,
                                                       size_t n_weights, const size_t *rows,
                                                       const size_t *columns, const double *values,
                                                       size_t n_entries);
/* The same where v are weights of the base themselves, chosen[k] being the k-th, and all others
 * stay as in the origin; what that has for the chosen ones does not matter. */
CRITPT_PUBLIC critpt_status critpt_model_choose_weights(critpt_model **model, critpt_model *base,
                                                        const double *origin, size_t n_base_weights,
                                                        const size_t *chosen, size_t n_chosen);
/* The base of such a model, NULL of others; and the base's weights w for v. */
CRITPT_PUBLIC const critpt_model *critpt_model_base(const critpt_model *model);
CRITPT_PUBLIC critpt_status critpt_model_base_weights(const critpt_model *model,
                                                      const double *weights, size_t n_weights,
                                                      double *base_weights, size_t n_base_weights);

/* How many orders of derivatives are exact to rounding: 2 for a network; 1 for a model of callbacks
 * whose second derivatives are differences, 0 where the first ones are as well. */
CRITPT_PUBLIC int critpt_model_exact_orders(const critpt_model *model);

CRITPT_PUBLIC size_t critpt_model_n_inputs(const critpt_model *model);
CRITPT_PUBLIC size_t critpt_model_n_outputs(const critpt_model *model);
CRITPT_PUBLIC size_t critpt_model_n_weights(const critpt_model *model);
CRITPT_PUBLIC void critpt_model_destroy(critpt_model *model);

/* ---- Random draws (critpt_random(3)) ------------------------------------------------------------
 */

/* The same seed (0 .. 2^63 - 1) gives the same numbers on every machine, for ever: Philox 4x32-10.
 * Streams are independent: 0 is meant for inputs, 1 for noise, 16 + k for the weights of point k.
 * values[i] is draw first + i of the stream. */
enum { CRITPT_STREAM_INPUTS = 0, CRITPT_STREAM_NOISE = 1, CRITPT_STREAM_POINTS = 16 };
CRITPT_PUBLIC critpt_status critpt_random_uniform(uint64_t seed, uint64_t stream, uint64_t first,
                                                  double *values, size_t n);
CRITPT_PUBLIC critpt_status critpt_random_normal(uint64_t seed, uint64_t stream, uint64_t first,
                                                 double *values, size_t n);
/* Weights of a network for point `point`: weights and biases of a layer normal with standard
 * deviation scale / sqrt(number of inputs of the layer), from stream 16 + point. */
CRITPT_PUBLIC critpt_status critpt_mlp_draw_weights(const critpt_model *model, uint64_t seed,
                                                    size_t point, double scale, double *weights,
                                                    size_t n_weights);
/* Weights of any model for point `point`: those of critpt_mlp_draw_weights for a network, for a
 * model of callbacks as critpt_model_declare_draws says. */
CRITPT_PUBLIC critpt_status critpt_model_draw_weights(const critpt_model *model, uint64_t seed,
                                                      size_t point, double scale, double *weights,
                                                      size_t n_weights);

/* ---- Landscapes (critpt_landscape(3))
 * ------------------------------------------------------------ */

typedef struct critpt_landscape critpt_landscape;
typedef struct critpt_workspace critpt_workspace;

/* Inputs are n_samples x (inputs of the model). The second form keeps a pointer instead of a copy:
 * the inputs must outlive the landscape and not change. Without samples (inputs may then be NULL)
 * it computes only as a part of a whole, see critpt_landscape_set_reduction. */
CRITPT_PUBLIC critpt_status critpt_landscape_create(critpt_landscape **landscape,
                                                    critpt_model *model, size_t n_samples,
                                                    const double *inputs, size_t leading);
CRITPT_PUBLIC critpt_status critpt_landscape_create_borrowed(critpt_landscape **landscape,
                                                             critpt_model *model, size_t n_samples,
                                                             const double *inputs, size_t leading);
CRITPT_PUBLIC void critpt_landscape_destroy(critpt_landscape *landscape);

/* Targets are n_samples x (outputs of the model). Sample weights are positive; the output metric is
 * symmetric positive definite, D x D; NULL with length or leading dimension 0 restores the default.
 * The calls that set something of a landscape, and critpt_plan_solve, are those that need it alone.
 */
CRITPT_PUBLIC critpt_status critpt_landscape_set_targets(critpt_landscape *landscape,
                                                         const double *targets, size_t leading);
CRITPT_PUBLIC critpt_status critpt_landscape_set_sample_weights(critpt_landscape *landscape,
                                                                const double *weights,
                                                                size_t n_samples);
CRITPT_PUBLIC critpt_status critpt_landscape_set_output_metric(critpt_landscape *landscape,
                                                               const double *metric,
                                                               size_t leading);
/* A metric for each sample, n_samples x D x D, in the place of the output metric: the inverse of
 * the covariance of a measurement. Each of the two replaces the other; NULL and 0 restore the
 * identity. */
CRITPT_PUBLIC critpt_status critpt_landscape_set_sample_metrics(critpt_landscape *landscape,
                                                                const double *metrics,
                                                                size_t n_samples);
/* Adds 1/2 (w - c)' Lambda (w - c) to the loss (weight decay), Lambda >= 0 diagonal: one number for
 * all weights, or one for each; centre NULL stands for zeros. The gradient then has Lambda (w - c),
 * Hessian and Gauss-Newton matrix have Lambda. NULL and 0 everywhere: none. */
CRITPT_PUBLIC critpt_status critpt_landscape_set_penalty(critpt_landscape *landscape,
                                                         const double *penalty, size_t n_penalty,
                                                         const double *centre, size_t n_centre);

CRITPT_PUBLIC const critpt_model *critpt_landscape_model(const critpt_landscape *landscape);
CRITPT_PUBLIC size_t critpt_landscape_n_samples(const critpt_landscape *landscape);
CRITPT_PUBLIC critpt_status critpt_landscape_inputs(const critpt_landscape *landscape,
                                                    double *inputs, size_t leading);
CRITPT_PUBLIC critpt_status critpt_landscape_targets(const critpt_landscape *landscape,
                                                     double *targets, size_t leading);
/* Ones, and the identity, where none were set. */
CRITPT_PUBLIC critpt_status critpt_landscape_sample_weights(const critpt_landscape *landscape,
                                                            double *weights, size_t n_samples);
CRITPT_PUBLIC critpt_status critpt_landscape_output_metric(const critpt_landscape *landscape,
                                                           double *metric, size_t leading);
/* Whether there is a metric for each sample, which the call before then refuses; and those in
 * force, n_samples x D x D. */
CRITPT_PUBLIC int critpt_landscape_has_sample_metrics(const critpt_landscape *landscape);
CRITPT_PUBLIC critpt_status critpt_landscape_sample_metrics(const critpt_landscape *landscape,
                                                            double *metrics, size_t n_samples);
/* Lambda's diagonal and the centre, one number for each weight: zeros where none were set. Either
 * may be left out by NULL and 0. */
CRITPT_PUBLIC critpt_status critpt_landscape_penalty(const critpt_landscape *landscape,
                                                     double *penalty, size_t n_penalty,
                                                     double *centre, size_t n_centre);

/* Scratch memory of one thread, and the samples its calls run over: all of them at first. Where a
 * function takes a workspace, NULL stands for a temporary one over all samples. */
CRITPT_PUBLIC critpt_status critpt_workspace_create(critpt_workspace **workspace,
                                                    const critpt_landscape *landscape);
/* Calls with this workspace now run over these samples (repetitions allowed), N in the loss being
 * their number; (NULL, 0) selects all again. At most n_samples indices; nothing is allocated. */
CRITPT_PUBLIC critpt_status critpt_workspace_select(critpt_workspace *workspace,
                                                    const size_t *indices, size_t n_indices);
CRITPT_PUBLIC void critpt_workspace_destroy(critpt_workspace *workspace);

/* With a workspace none of the following allocates. "Selected" are the workspace's samples, n of
 * them; arrays over samples have one row for each, in the order of selection. */

/* Outputs f, n x D. */
CRITPT_PUBLIC critpt_status critpt_landscape_outputs(const critpt_landscape *landscape,
                                                     critpt_workspace *workspace,
                                                     const double *weights, size_t n_weights,
                                                     double *outputs, size_t leading);
CRITPT_PUBLIC critpt_status critpt_landscape_loss(const critpt_landscape *landscape,
                                                  critpt_workspace *workspace,
                                                  const double *weights, size_t n_weights,
                                                  double *loss);
/* The gradient J' Mn (f - y), P numbers, and the loss in the same pass unless `loss` is NULL. */
CRITPT_PUBLIC critpt_status critpt_landscape_gradient(const critpt_landscape *landscape,
                                                      critpt_workspace *workspace,
                                                      const double *weights, size_t n_weights,
                                                      double *gradient, size_t n_gradient,
                                                      double *loss);
/* J v, n x D, for a direction v of P numbers. */
CRITPT_PUBLIC critpt_status critpt_landscape_jacobian_vector(
    const critpt_landscape *landscape, critpt_workspace *workspace, const double *weights,
    size_t n_weights, const double *direction, size_t n_direction, double *result, size_t leading);
/* J' u, P numbers, for a cotangent u of n x D. */
CRITPT_PUBLIC critpt_status critpt_landscape_jacobian_transposed_vector(
    const critpt_landscape *landscape, critpt_workspace *workspace, const double *weights,
    size_t n_weights, const double *cotangent, size_t leading, double *result, size_t n_result);
/* J itself, (n D) x P: the row of output o of the i-th selected sample is i D + o. */
CRITPT_PUBLIC critpt_status critpt_landscape_jacobian(const critpt_landscape *landscape,
                                                      critpt_workspace *workspace,
                                                      const double *weights, size_t n_weights,
                                                      double *jacobian, size_t leading);
/* The rounding unit of |gradient|: eps (|J|_F |Mn r| + |J' Mn y| + ||J|' Mn phi|), phi the forward
 * error scale of f. A gradient of norm a few times this is zero in double precision. */
CRITPT_PUBLIC critpt_status critpt_landscape_gradient_unit(const critpt_landscape *landscape,
                                                           critpt_workspace *workspace,
                                                           const double *weights, size_t n_weights,
                                                           double *unit);
/* The gradient once inputs, targets and weights are rounded to float32, computed in double;
 * infinity in every entry where one of them is beyond the range of float32, or the gradient
 * overflows. */
CRITPT_PUBLIC critpt_status critpt_landscape_gradient_float32(const critpt_landscape *landscape,
                                                              critpt_workspace *workspace,
                                                              const double *weights,
                                                              size_t n_weights, double *gradient,
                                                              size_t n_gradient);
/* min |z| over the selected samples and the units whose activation has a kink at 0, but where z is
 * 0 at all weights near these; infinity for a smooth model. Where it is 0 the loss has no gradient.
 */
CRITPT_PUBLIC critpt_status critpt_landscape_kink_margin(const critpt_landscape *landscape,
                                                         critpt_workspace *workspace,
                                                         const double *weights, size_t n_weights,
                                                         double *margin);

/* ---- Samples spread over processes (critpt_reduction(3)) ----------------------------------------
 */

typedef enum critpt_reduction_operation {
    CRITPT_REDUCE_SUM = 0,
    CRITPT_REDUCE_MAX = 1,
    CRITPT_REDUCE_MIN = 2
} critpt_reduction_operation;

/* Combines values[0 .. n - 1] in place over all processes, entry by entry, and returns the same
 * numbers to all of them; n < 2^31. Returns 0, or anything else to fail the call
 * (CRITPT_REDUCTION_FAILED), in all processes. It may call anything but functions on the handles in
 * use. */
typedef int (*critpt_reduction)(critpt_reduction_operation operation, double *values, size_t n,
                                void *user);

/* From now on the landscape is one process's part of a whole: its sample 0 is number first_sample
 * of the whole, N in the loss the whole's number of samples, and losses, gradients, Hessians, their
 * products, units, kink margins, spectra and solved plans are those of the whole, whatever the
 * split. Targets, weights of samples, base and frozen targets, outputs, Jacobians and fields
 * remain the part's own rows. This call and each that gives results of the whole must be made by
 * all processes, in the same order, with the same weights, model, metric, plan and options; one
 * that fails in one process fails in all. NULL makes the landscape a whole of its own again. Like
 * critpt_landscape_set_targets it needs the landscape alone; so do, under a reduction, the calls
 * that reduce. */
CRITPT_PUBLIC critpt_status critpt_landscape_set_reduction(critpt_landscape *landscape,
                                                           size_t first_sample,
                                                           critpt_reduction callback, void *user);
/* What it is a part of, any of the results NULL: the number of its sample 0, the whole's number of
 * samples, processes. Without a reduction 0, n_samples, 1. */
CRITPT_PUBLIC critpt_status critpt_landscape_whole(const critpt_landscape *landscape,
                                                   size_t *first_sample, size_t *n_samples,
                                                   size_t *n_processes);

/* ---- Second derivatives (critpt_landscape_hessian(3)) -------------------------------------------
 */

/* The Hessian is J' Mn J + S(Mn r): the Gauss-Newton part, which is positive semidefinite, and the
 * curvature of the outputs weighted by the residual r. All of these refuse a sample that stands on
 * a kink, and a model of callbacks with very many weights (CRITPT_UNSUPPORTED, see
 * critpt_model(3)). */

/* P x P, stored whole and exactly symmetric. Exact, without differences: the cost is about that of
 * J'J for one output, whatever D is. Allocates less than 256 MiB of scratch, of which a workspace
 * keeps up to 32 MiB for the next of the kind. */
CRITPT_PUBLIC critpt_status critpt_landscape_hessian(const critpt_landscape *landscape,
                                                     critpt_workspace *workspace,
                                                     const double *weights, size_t n_weights,
                                                     double *hessian, size_t leading);
/* J' Mn J alone, which needs no targets. */
CRITPT_PUBLIC critpt_status critpt_landscape_gauss_newton(const critpt_landscape *landscape,
                                                          critpt_workspace *workspace,
                                                          const double *weights, size_t n_weights,
                                                          double *matrix, size_t leading);
/* S(Mn r) alone. */
CRITPT_PUBLIC critpt_status critpt_landscape_residual_curvature(const critpt_landscape *landscape,
                                                                critpt_workspace *workspace,
                                                                const double *weights,
                                                                size_t n_weights, double *matrix,
                                                                size_t leading);
/* The Hessian times a direction, P numbers, without forming it. */
CRITPT_PUBLIC critpt_status critpt_landscape_hessian_vector(
    const critpt_landscape *landscape, critpt_workspace *workspace, const double *weights,
    size_t n_weights, const double *direction, size_t n_direction, double *result, size_t n_result);
/* The same for a block of directions, n_vectors rows of P, faster than one by one. A workspace
 * allocates at its first block and keeps that memory. */
CRITPT_PUBLIC critpt_status critpt_landscape_hessian_vectors(
    const critpt_landscape *landscape, critpt_workspace *workspace, const double *weights,
    size_t n_weights, size_t n_vectors, const double *directions, size_t directions_leading,
    double *results, size_t results_leading);

/* ---- Plans: points in, targets out (critpt_plan(3))
 * ----------------------------------------------- */

typedef struct critpt_plan critpt_plan;
typedef struct critpt_plan_options critpt_plan_options;

/* A plan writes into its landscape's targets when it is solved, and only then. */
CRITPT_PUBLIC critpt_status critpt_plan_create(critpt_plan **plan, critpt_landscape *landscape);
CRITPT_PUBLIC void critpt_plan_destroy(critpt_plan *plan);
/* The landscape that it was made for, which it keeps alive. */
CRITPT_PUBLIC const critpt_landscape *critpt_plan_landscape(const critpt_plan *plan);

/* Asks for a critical point at these weights; *point is its number (NULL allowed). The weights stay
 * as given unless critpt_plan_let_point_move allows the output biases to be shifted, which K >= 2
 * points of a network with linear output and bias need: they share one mean output. */
CRITPT_PUBLIC critpt_status critpt_plan_add_point(critpt_plan *plan, const double *weights,
                                                  size_t n_weights, size_t *point);
CRITPT_PUBLIC critpt_status critpt_plan_let_point_move(critpt_plan *plan, size_t point);
/* A weight vector that need not be critical: a place for conditions on loss, gradient and
 * curvature. It counts among the points. */
CRITPT_PUBLIC critpt_status critpt_plan_add_free_point(critpt_plan *plan, const double *weights,
                                                       size_t n_weights, size_t *point);
/* Draws n_points critical points that may move: of n_candidates candidates (the draws for points
 * 0 .. n_candidates - 1 of critpt_mlp_draw_weights with this seed and scale) those whose ranges of
 * the Jacobian keep far from each other and from the points that are there, one after another by
 * the sum of 1/sin^2 of the principal angles. *first is the first one's number. *gain is the
 * amplification that the first n_points candidates would have had over that of the chosen ones, at
 * the cost of two solves; NaN if those candidates cannot be critical together, and the solve's
 * failure if the chosen ones cannot; NULL saves the solves. Conditions and frozen targets are not
 * looked at. */
CRITPT_PUBLIC critpt_status critpt_plan_draw_points(critpt_plan *plan, size_t n_points,
                                                    size_t n_candidates, double scale,
                                                    uint64_t seed, size_t *first, double *gain);
/* The same with the memory limit and the progress of these options; NULL stands for defaults. */
CRITPT_PUBLIC critpt_status critpt_plan_draw_points_with_options(critpt_plan *plan, size_t n_points,
                                                                 size_t n_candidates, double scale,
                                                                 uint64_t seed,
                                                                 const critpt_plan_options *options,
                                                                 size_t *first, double *gain);
/* The targets to stay near to, n_samples x D; NULL restores the default: the mean of the points'
 * outputs, plus normal noise of their spread where they all have the same outputs. */
CRITPT_PUBLIC critpt_status critpt_plan_set_base_targets(critpt_plan *plan, const double *targets,
                                                         size_t leading);
/* Targets that must stay at their base targets: n_samples x D, not 0 where they stay; the others
 * move as little as possible. NULL with leading dimension 0 frees all. */
CRITPT_PUBLIC critpt_status critpt_plan_freeze_targets(critpt_plan *plan, const unsigned char *mask,
                                                       size_t leading);

/* Options have defaults that serve; a plan takes NULL for all of them. */
CRITPT_PUBLIC critpt_status critpt_plan_options_create(critpt_plan_options **options);
CRITPT_PUBLIC void critpt_plan_options_destroy(critpt_plan_options *options);
/* Relative size below which an equation counts as dependent on others, in (0, 1); 0, the default:
 * 10 max(equations, unknowns) eps. */
CRITPT_PUBLIC critpt_status critpt_plan_options_set_rank_tolerance(critpt_plan_options *options,
                                                                   double tolerance);
CRITPT_PUBLIC double critpt_plan_options_rank_tolerance(const critpt_plan_options *options);
/* Bytes that a solve, or drawing points, may have allocated at a time; 0, the default: no limit. A
 * solve that has no room for a triangle of its equations goes without, and then knows no rank and
 * no condition. */
CRITPT_PUBLIC critpt_status critpt_plan_options_set_memory_limit(critpt_plan_options *options,
                                                                 size_t bytes);
CRITPT_PUBLIC size_t critpt_plan_options_memory_limit(const critpt_plan_options *options);
/* Rounds of refinement on the finished landscape's gradients, at most; default 4. */
CRITPT_PUBLIC critpt_status critpt_plan_options_set_refinements(critpt_plan_options *options,
                                                                size_t rounds);
CRITPT_PUBLIC size_t critpt_plan_options_refinements(const critpt_plan_options *options);
/* Standard deviation of normal noise added to the default base targets; NaN, the default: only
 * where it is needed. Its seed, default 0. */
CRITPT_PUBLIC critpt_status critpt_plan_options_set_base_noise(critpt_plan_options *options,
                                                               double deviation);
CRITPT_PUBLIC double critpt_plan_options_base_noise(const critpt_plan_options *options);
CRITPT_PUBLIC critpt_status critpt_plan_options_set_seed(critpt_plan_options *options,
                                                         uint64_t seed);
CRITPT_PUBLIC uint64_t critpt_plan_options_seed(const critpt_plan_options *options);
/* Whether points that may move have their output biases balanced; default 1. */
CRITPT_PUBLIC critpt_status critpt_plan_options_set_balance(critpt_plan_options *options,
                                                            int balance);
CRITPT_PUBLIC int critpt_plan_options_balance(const critpt_plan_options *options);
/* Whether a solve begins with critpt_model_check at each point, on four samples, of a model of
 * callbacks with at most 2000 weights; default 1. */
CRITPT_PUBLIC critpt_status critpt_plan_options_set_model_check(critpt_plan_options *options,
                                                                int check);
CRITPT_PUBLIC int critpt_plan_options_model_check(const critpt_plan_options *options);
/* The largest amplification that a solve may end with, beyond which it is CRITPT_NOT_ATTAINED;
 * infinity, the default: any. */
CRITPT_PUBLIC critpt_status
critpt_plan_options_set_amplification_limit(critpt_plan_options *options, double limit);
CRITPT_PUBLIC double critpt_plan_options_amplification_limit(const critpt_plan_options *options);
/* Seconds by the clock after which a solve, or drawing points, ends with CRITPT_NOT_ATTAINED,
 * within a second but inside one call of LAPACK; infinity or 0, the default: no limit. */
CRITPT_PUBLIC critpt_status critpt_plan_options_set_time_limit(critpt_plan_options *options,
                                                               double seconds);
CRITPT_PUBLIC double critpt_plan_options_time_limit(const critpt_plan_options *options);
/* Conjugate-gradient steps that natures may take; default 20000. Beyond it they are
 * CRITPT_NOT_ATTAINED. */
CRITPT_PUBLIC critpt_status critpt_plan_options_set_nature_products(critpt_plan_options *options,
                                                                    size_t products);
CRITPT_PUBLIC size_t critpt_plan_options_nature_products(const critpt_plan_options *options);
CRITPT_PUBLIC critpt_status critpt_plan_options_set_progress(critpt_plan_options *options,
                                                             critpt_progress progress, void *user);

/* Computes the targets nearest to the base targets, in the norm of the loss, for which every point
 * is critical and every condition holds, and writes them into the landscape. CRITPT_INFEASIBLE,
 * CRITPT_TRIVIAL and CRITPT_NOT_ATTAINED leave it as it was; the report below is then the failed
 * solve's. */
CRITPT_PUBLIC critpt_status critpt_plan_solve(critpt_plan *plan,
                                              const critpt_plan_options *options);

/* For a plan of one critical point and nothing else, after its solve: with y the targets, f the
 * outputs and r = f - y the point is critical for the targets f - t r, for every t, and its index
 * steps by one at each of these scales t (ascending, none is 0; repeated where it steps by more).
 * For t > 0 the index is the number of positive scales below t, for t < 0 that of the negative ones
 * above t. `scales` has room for n_scales of them, *n_steps says how many there are. */
CRITPT_PUBLIC critpt_status critpt_plan_index_ladder(const critpt_plan *plan, double *scales,
                                                     size_t n_scales, size_t *n_steps);
/* From now on solves of this plan take f - scale (f - y) for the solution y; 1, the default,
 * restores the nearest targets. Any number but 0. */
CRITPT_PUBLIC critpt_status critpt_plan_set_residual_scale(critpt_plan *plan, double scale);

/* What can be said before: counts, the rank that generic weights have, the causes of conflict that
 * show without forming equations, and, as a warning, which share of random requests for natures was
 * attained with as few targets for each equation, and how many samples would do. Fills the report,
 * also where it fails; the landscape stays as it is. */
CRITPT_PUBLIC critpt_status critpt_plan_diagnose(critpt_plan *plan,
                                                 const critpt_plan_options *options);

/* ---- Conditions: losses, gradients, curvatures, pictures (critpt_plan_condition(3)) -------------
 */

/* All of these are linear in the targets (loss but for one common level) and combine freely. Each
 * call adds one condition; *condition is its number (NULL allowed). */

/* The gradient at the point is this vector of P numbers, instead of 0 at a critical point. */
CRITPT_PUBLIC critpt_status critpt_plan_require_gradient(critpt_plan *plan, size_t point,
                                                         const double *gradient, size_t n_weights,
                                                         size_t *condition);
/* Entry (row, column) of the Hessian. */
CRITPT_PUBLIC critpt_status critpt_plan_require_hessian_entry(critpt_plan *plan, size_t point,
                                                              size_t row, size_t column,
                                                              double value, size_t *condition);
/* v' H u = value for vectors of P numbers. */
CRITPT_PUBLIC critpt_status critpt_plan_require_curvature(critpt_plan *plan, size_t point,
                                                          const double *v, const double *u,
                                                          size_t n_weights, double value,
                                                          size_t *condition);
/* H vector = eigenvalue vector. */
CRITPT_PUBLIC critpt_status critpt_plan_require_eigenpair(critpt_plan *plan, size_t point,
                                                          double eigenvalue, const double *vector,
                                                          size_t n_weights, size_t *condition);
/* The Hessian is its Gauss-Newton part J' Mn J, which is positive semidefinite: S(Mn r) = 0. */
CRITPT_PUBLIC critpt_status critpt_plan_require_gauss_newton(critpt_plan *plan, size_t point,
                                                             size_t *condition);
/* The loss itself. Among several of these the differences are met as below, and the common level by
 * a last move of the targets: not the nearest any more, and for some losses impossible. */
CRITPT_PUBLIC critpt_status critpt_plan_require_loss(critpt_plan *plan, size_t point, double loss,
                                                     size_t *condition);
/* loss(point) = loss(below) + difference. Between critical points of a network with linear output
 * layer the targets have no say in it: there the output layers of points that may move are scaled.
 */
CRITPT_PUBLIC critpt_status critpt_plan_require_loss_difference(critpt_plan *plan, size_t point,
                                                                size_t below, double difference,
                                                                size_t *condition);
/* A picture in the loss: at A + s (B - A) + t (C - A), for A, B, C the weights of the three points,
 * s = column / (n_columns - 1) and t = row / (n_rows - 1), the loss is values[row][column] plus a
 * constant that is the picture's own. */
CRITPT_PUBLIC critpt_status critpt_plan_require_picture(critpt_plan *plan, const size_t points[3],
                                                        const double *values, size_t n_rows,
                                                        size_t n_columns, size_t leading,
                                                        size_t *condition);
/* The nature of a critical point: a minimum, a saddle of this index, a maximum. All eigenvalues of
 * the Hessian, whitened by its Gauss-Newton part (whose eigenvalues are floored at 1e-8 of the
 * largest), keep at least `margin`, in (0, 1), away from 0, with the wanted signs; but for
 * directions in which the outputs do not change at all, or along a curve, as where units are
 * rescaled. The targets are then the nearest with these
 * natures; with index > 0, for the subspaces in which the solve wants the curvature negative.
 * Margins that cannot be had together are met in proportion, with a warning; what was reached is
 * CRITPT_POINT_MARGIN. */
CRITPT_PUBLIC critpt_status critpt_plan_require_minimum(critpt_plan *plan, size_t point,
                                                        double margin, size_t *condition);
CRITPT_PUBLIC critpt_status critpt_plan_require_index(critpt_plan *plan, size_t point, size_t index,
                                                      double margin, size_t *condition);
CRITPT_PUBLIC critpt_status critpt_plan_require_maximum(critpt_plan *plan, size_t point,
                                                        double margin, size_t *condition);
/* The same of the Hessian itself: every eigenvalue at least `least` > 0 away from 0, in the units
 * of the loss over those of the weights squared, on the complement of the same null directions. One
 * of margin and least is prescribed at a point. What was reached is CRITPT_POINT_EIGENVALUE; where
 * a linear output layer, which the targets do not change, forbids it, a warning says how much it
 * allows, and that is met in part. */
CRITPT_PUBLIC critpt_status critpt_plan_require_eigenvalues(critpt_plan *plan, size_t point,
                                                            size_t index, double least,
                                                            size_t *condition);
/* Makes a condition soft: what is minimised is |y - base|^2 + weight times the sum of the squared
 * residuals of its equations. For any condition but losses that are not differences, and natures.
 */
CRITPT_PUBLIC critpt_status critpt_plan_soften(critpt_plan *plan, size_t condition, double weight);

typedef enum critpt_condition_kind {
    CRITPT_CONDITION_GRADIENT = 0,
    CRITPT_CONDITION_HESSIAN_ENTRY = 1,
    CRITPT_CONDITION_CURVATURE = 2,
    CRITPT_CONDITION_EIGENPAIR = 3,
    CRITPT_CONDITION_GAUSS_NEWTON = 4,
    CRITPT_CONDITION_LOSS = 5,
    CRITPT_CONDITION_LOSS_DIFFERENCE = 6,
    CRITPT_CONDITION_PICTURE = 7,
    CRITPT_CONDITION_NATURE = 8
} critpt_condition_kind;
/* "hessian_entry" and so on; NULL if there is no such kind. */
CRITPT_PUBLIC const char *critpt_condition_kind_name(critpt_condition_kind kind);

CRITPT_PUBLIC size_t critpt_plan_n_conditions(const critpt_plan *plan);
/* Kind and points of a condition; any of the results may be NULL. `points` has room for three, of
 * which *n_points are used. */
CRITPT_PUBLIC critpt_status critpt_plan_condition(const critpt_plan *plan, size_t condition,
                                                  critpt_condition_kind *kind, size_t *n_points,
                                                  size_t points[3]);

/* The array that a condition asks for: a gradient or an eigenvector, 1 x P; v and u of a curvature,
 * 2 x P; row and column of a Hessian's entry, 1 x 2; a picture's values; 0 x 0 for the others. */
CRITPT_PUBLIC critpt_status critpt_plan_condition_size(const critpt_plan *plan, size_t condition,
                                                       size_t *n_rows, size_t *n_columns);
CRITPT_PUBLIC critpt_status critpt_plan_condition_array(const critpt_plan *plan, size_t condition,
                                                        double *values, size_t leading);
/* 1 for a point that shall be critical, 0 for a free one or one whose gradient is prescribed. */
CRITPT_PUBLIC int critpt_plan_point_is_critical(const critpt_plan *plan, size_t point);
/* The mask of targets that must stay, n_samples x D of 0 and 1; how many they are. */
CRITPT_PUBLIC critpt_status critpt_plan_frozen_targets(const critpt_plan *plan, unsigned char *mask,
                                                       size_t leading);
CRITPT_PUBLIC size_t critpt_plan_n_frozen_targets(const critpt_plan *plan);

/* Index and margin of a nature that was asked for; either result may be NULL. The margin is NaN
 * where eigenvalues were asked for, and the least eigenvalue NaN where a margin was. */
CRITPT_PUBLIC critpt_status critpt_plan_condition_nature(const critpt_plan *plan, size_t condition,
                                                         size_t *index, double *margin);
CRITPT_PUBLIC critpt_status critpt_plan_condition_eigenvalues(const critpt_plan *plan,
                                                              size_t condition, double *least);

/* Numbers about a condition of the last successful solve. */
typedef enum critpt_condition_quantity {
    CRITPT_CONDITION_REQUESTED = 0, /* the value; |gradient|; eigenvalue; 0; a picture's contrast */
    CRITPT_CONDITION_ACHIEVED = 1,  /* the same of the finished landscape: Rayleigh quotient,
                                       largest |entry of S(Mn r)| */
    CRITPT_CONDITION_RESIDUAL = 2,  /* largest error of an equation */
    CRITPT_CONDITION_SCALED = 3,    /* largest error in units of its own equation's rounding */
    CRITPT_CONDITION_EQUATIONS = 4, /* equations it stands for */
    CRITPT_CONDITION_SOFTNESS = 5,  /* the weight of a soft one, 0 of any other */
    CRITPT_CONDITION_UNIT = 6       /* largest unit of rounding of an equation: no error is known
                                       better */
} critpt_condition_quantity;
CRITPT_PUBLIC critpt_status critpt_plan_condition_value(const critpt_plan *plan, size_t condition,
                                                        critpt_condition_quantity quantity,
                                                        double *value);

/* ---- What a solve found (critpt_plan_report(3))
 * ---------------------------------------------------- */

CRITPT_PUBLIC size_t critpt_plan_n_points(const critpt_plan *plan);
/* A point's weights after the last solve (as given before one), and as requested. */
CRITPT_PUBLIC critpt_status critpt_plan_point_weights(const critpt_plan *plan, size_t point,
                                                      double *weights, size_t n_weights);
CRITPT_PUBLIC critpt_status critpt_plan_point_weights_requested(const critpt_plan *plan,
                                                                size_t point, double *weights,
                                                                size_t n_weights);
/* Base targets of the last solve. */
CRITPT_PUBLIC critpt_status critpt_plan_base_targets(const critpt_plan *plan, double *targets,
                                                     size_t leading);
/* What the last solve had reached when it failed: targets, N x D, for weights that it may have
 * moved. The landscape and the plan's points are as they were before it; critpt_plan_keep_best puts
 * these targets and weights there, as a success would have. CRITPT_INVALID_ARGUMENT where the last
 * solve succeeded, or failed before it had targets. */
CRITPT_PUBLIC critpt_status critpt_plan_best_targets(const critpt_plan *plan, double *targets,
                                                     size_t leading);
CRITPT_PUBLIC critpt_status critpt_plan_keep_best(critpt_plan *plan);

/* Numbers about a point of the last successful solve. */
typedef enum critpt_point_quantity {
    CRITPT_POINT_LOSS = 0,
    CRITPT_POINT_GRADIENT_NORM = 1,         /* |g|_2 */
    CRITPT_POINT_GRADIENT_MAX = 2,          /* |g|_inf */
    CRITPT_POINT_GRADIENT_SCALED = 3,       /* |g|_2 / critpt_landscape_gradient_unit */
    CRITPT_POINT_GRADIENT_NORM_FLOAT32 = 4, /* |g|_2 after rounding the data to float32 */
    CRITPT_POINT_KINK_MARGIN = 5,           /* infinity where the model is smooth */
    CRITPT_POINT_MOVED = 6,                 /* largest change of a weight */
    CRITPT_POINT_MARGIN = 7,                /* least |whitened eigenvalue| off the null directions;
                                               NaN where no margin was asked for */
    CRITPT_POINT_EIGENVALUE = 8             /* least |eigenvalue| off the null directions; NaN where
                                               no eigenvalues were asked for */
} critpt_point_quantity;
CRITPT_PUBLIC critpt_status critpt_plan_point_value(const critpt_plan *plan, size_t point,
                                                    critpt_point_quantity quantity, double *value);

/* Numbers about the last solve; NaN where it did not get so far. */
typedef enum critpt_report_quantity {
    CRITPT_REPORT_EQUATIONS = 0,       /* rows of the system: P for each critical point */
    CRITPT_REPORT_UNKNOWNS = 1,        /* targets: N D */
    CRITPT_REPORT_RANK = 2,            /* numerical rank; NaN, like tolerance, gap, redundant, null,
                                          condition, conflicting, without a triangle */
    CRITPT_REPORT_RANK_TOLERANCE = 3,  /* the tolerance used */
    CRITPT_REPORT_RANK_GAP = 4,        /* ratio of the pivots at the rank; infinity at full rank */
    CRITPT_REPORT_REDUNDANT = 5,       /* dependent equations that hold all the same */
    CRITPT_REPORT_NULL = 6,            /* equations that are 0 = 0: null directions */
    CRITPT_REPORT_CONDITION = 7,       /* estimate for the independent, equilibrated equations */
    CRITPT_REPORT_DISTANCE = 8,        /* |y - base| in the norm of the loss */
    CRITPT_REPORT_AMPLIFICATION = 9,   /* distance / largest spread of a point's outputs */
    CRITPT_REPORT_REFINEMENTS = 10,    /* rounds of refinement taken */
    CRITPT_REPORT_CONFLICTING = 11,    /* dependent equations that do not hold */
    CRITPT_REPORT_EXPECTED_RANK = 12,  /* of generic weights, as far as it is known beforehand */
    CRITPT_REPORT_DUALITY_GAP = 13,    /* of the natures' problem, relative; NaN without natures */
    CRITPT_REPORT_NATURE_PRODUCTS = 14 /* conjugate-gradient steps that the natures took */
} critpt_report_quantity;
CRITPT_PUBLIC critpt_status critpt_plan_report_value(const critpt_plan *plan,
                                                     critpt_report_quantity quantity,
                                                     double *value);

/* Sentences a user should read: large amplification, small rank gap, unaccepted gradients, null
 * directions. Valid until the next solve; NULL beyond the last. */
CRITPT_PUBLIC size_t critpt_plan_n_warnings(const critpt_plan *plan);
CRITPT_PUBLIC const char *critpt_plan_warning(const critpt_plan *plan, size_t warning);

/* A critical point's equation for a weight says that the derivative by that weight vanishes; a
 * condition has equations of its own. A conflict is a combination of equations whose left sides
 * cancel and whose right sides do not: the proof that the request is infeasible. Its terms are
 * sorted, the weightiest first; coefficients multiply the equations, "what is there minus what is
 * asked = 0", as they are. The first 64 conflicts are kept. */
CRITPT_PUBLIC size_t critpt_plan_n_conflicts(const critpt_plan *plan);
CRITPT_PUBLIC size_t critpt_plan_conflict_size(const critpt_plan *plan, size_t conflict);
#define CRITPT_CRITICAL_POINT ((size_t)-1)
/* Any of the results may be NULL. *condition is CRITPT_CRITICAL_POINT for a critical point's
 * equation, whose *entry is the weight; else *entry counts the equations of the condition: weights
 * for a gradient or an eigenpair; rows of the lower triangle, one after another, for Gauss-Newton;
 * the picture's values row by row, less the first. *point is the condition's first point. */
CRITPT_PUBLIC critpt_status critpt_plan_conflict_equation(const critpt_plan *plan, size_t conflict,
                                                          size_t term, size_t *point,
                                                          size_t *condition, size_t *entry,
                                                          double *coefficient);
/* By how much its right sides fail to cancel, in units of their rounding. */
CRITPT_PUBLIC critpt_status critpt_plan_conflict_defect(const critpt_plan *plan, size_t conflict,
                                                        double *defect);

/* A set of requests that contradict each other by themselves, as small as could be shown. A request
 * is that a point be critical (*condition is CRITPT_CRITICAL_POINT), or a condition. */
CRITPT_PUBLIC size_t critpt_plan_n_contradicting(const critpt_plan *plan);
CRITPT_PUBLIC critpt_status critpt_plan_contradicting(const critpt_plan *plan, size_t i,
                                                      size_t *point, size_t *condition);
/* Whether the rest of the set was seen to hold together without any one of them: each was left out
 * in turn and the others solved for. */
CRITPT_PUBLIC int critpt_plan_contradiction_is_minimal(const critpt_plan *plan);

/* Why the conflicts are there, as far as it is recognised. Each cause comes with the items it
 * names: points, input columns, samples or conditions. */
typedef enum critpt_cause {
    CRITPT_CAUSE_OUTPUT_MEANS = 0,  /* points: fixed ones with different mean outputs */
    CRITPT_CAUSE_TWINS = 1,         /* points: two that differ in the output layer only */
    CRITPT_CAUSE_SHARED_LAYERS = 2, /* points: two that have other layers in common */
    CRITPT_CAUSE_ISOLATED_SAMPLES =
        3,                            /* columns, samples: the columns vary in those samples only */
    CRITPT_CAUSE_TOO_FEW_SAMPLES = 4, /* fewer unknowns than independent equations */
    CRITPT_CAUSE_FIXED_CURVATURE =
        5, /* points, conditions: a curvature in which the targets have no say */
    CRITPT_CAUSE_CURVATURE_COUNT =
        6,                       /* points, conditions: more curvatures than the targets can move */
    CRITPT_CAUSE_LOSS_ORDER = 7, /* points, conditions: a loss difference between critical points
                                    that may not move, of a network with linear output layer */
    CRITPT_CAUSE_PENALTY = 8     /* points: one where a penalty has a slope along null directions */
} critpt_cause;
typedef enum critpt_cause_item {
    CRITPT_CAUSE_POINT = 0,
    CRITPT_CAUSE_COLUMN = 1,
    CRITPT_CAUSE_SAMPLE = 2,
    CRITPT_CAUSE_CONDITION = 3
} critpt_cause_item;
CRITPT_PUBLIC size_t critpt_plan_n_causes(const critpt_plan *plan);
CRITPT_PUBLIC critpt_status critpt_plan_cause(const critpt_plan *plan, size_t cause,
                                              critpt_cause *kind);
CRITPT_PUBLIC size_t critpt_plan_cause_n_items(const critpt_plan *plan, size_t cause,
                                               critpt_cause_item kind);
CRITPT_PUBLIC critpt_status critpt_plan_cause_item(const critpt_plan *plan, size_t cause,
                                                   critpt_cause_item kind, size_t i, size_t *item);

/* Null directions: those of the equations, which hold whatever the targets are. */
CRITPT_PUBLIC size_t critpt_plan_n_null_directions(const critpt_plan *plan);
/* `unit` is the input of the layer for CRITPT_NULL_DEAD_INPUT, the layer's unit otherwise;
 * n_weights how many weights have no effect for that reason. */
CRITPT_PUBLIC critpt_status critpt_plan_null_direction(const critpt_plan *plan, size_t direction,
                                                       size_t *point, size_t *layer, size_t *unit,
                                                       critpt_null_reason *reason,
                                                       size_t *n_weights);

/* ---- Spectra: what kind of point it is (critpt_spectrum(3))
 * ---------------------------------------- */

typedef struct critpt_spectrum critpt_spectrum;
typedef struct critpt_spectrum_options critpt_spectrum_options;

/* The numbers never change. */
typedef enum critpt_kind {
    CRITPT_NOT_CRITICAL = 0,          /* the gradient is not zero to rounding */
    CRITPT_MINIMUM = 1,               /* every eigenvalue is certainly positive */
    CRITPT_MAXIMUM = 2,               /* every eigenvalue is certainly negative */
    CRITPT_SADDLE = 3,                /* one is certainly negative and one certainly positive */
    CRITPT_MINIMUM_ON_COMPLEMENT = 4, /* all positive but for named null directions */
    CRITPT_DEGENERATE = 5             /* otherwise: signs that double precision does not decide */
} critpt_kind;
/* "minimum" and so on; NULL if there is no such kind. */
CRITPT_PUBLIC const char *critpt_kind_name(critpt_kind kind);

/* Options have defaults that serve; NULL stands for all of them. */
CRITPT_PUBLIC critpt_status critpt_spectrum_options_create(critpt_spectrum_options **options);
CRITPT_PUBLIC void critpt_spectrum_options_destroy(critpt_spectrum_options *options);
/* How many eigenvalues at each end; 0, the default: all of them, from the whole Hessian. With more
 * than 0 the Hessian is never formed (Lanczos on Hessian-vector products). */
CRITPT_PUBLIC critpt_status critpt_spectrum_options_set_n_extreme(critpt_spectrum_options *options,
                                                                  size_t n_extreme);
CRITPT_PUBLIC size_t critpt_spectrum_options_n_extreme(const critpt_spectrum_options *options);
/* Which eigenvectors to hold where all eigenvalues are computed: n_eigenvectors from that of
 * eigenvalue `first` on, in ascending order; SIZE_MAX: to the last, 0: none. By default all of
 * them. Few take less memory, and less time where few directions are undecided; values, signs and
 * kind do not depend on it. */
CRITPT_PUBLIC critpt_status critpt_spectrum_options_set_eigenvectors(
    critpt_spectrum_options *options, size_t first, size_t n_eigenvectors);
CRITPT_PUBLIC size_t
critpt_spectrum_options_first_eigenvector(const critpt_spectrum_options *options);
CRITPT_PUBLIC size_t critpt_spectrum_options_n_eigenvectors(const critpt_spectrum_options *options);
/* Residual, relative to the largest eigenvalue, at which Lanczos ends, in (0, 1); default 1e-8. */
CRITPT_PUBLIC critpt_status critpt_spectrum_options_set_tolerance(critpt_spectrum_options *options,
                                                                  double tolerance);
CRITPT_PUBLIC double critpt_spectrum_options_tolerance(const critpt_spectrum_options *options);
/* Hessian-vector products that Lanczos may take; default 20000. */
CRITPT_PUBLIC critpt_status
critpt_spectrum_options_set_max_products(critpt_spectrum_options *options, size_t products);
CRITPT_PUBLIC size_t critpt_spectrum_options_max_products(const critpt_spectrum_options *options);
/* Gradients up to this many rounding units count as zero; default 100. */
CRITPT_PUBLIC critpt_status
critpt_spectrum_options_set_accepted_gradient(critpt_spectrum_options *options, double units);
CRITPT_PUBLIC double
critpt_spectrum_options_accepted_gradient(const critpt_spectrum_options *options);
/* Whether signs that double precision leaves undecided are decided in extended precision, long
 * double, as far as that can be; by default they are not. Plain loops, some 10 to 20 ns for each
 * sample and entry of the Hessian, and only where there are such signs, all eigenvalues are
 * computed and (n_samples + 2 P) P^2 is at most 1e10, which is minutes. */
CRITPT_PUBLIC critpt_status
critpt_spectrum_options_set_extended_precision(critpt_spectrum_options *options, int yes);
CRITPT_PUBLIC int
critpt_spectrum_options_extended_precision(const critpt_spectrum_options *options);
/* Bytes that a spectrum may have allocated at a time; 0, the default: no limit. All eigenvalues
 * need about four P x P arrays, three if few eigenvectors are held, and a batch of samples; what
 * would pass the limit is refused before anything is allocated. Extended precision needs some
 * thirteen more, and is left out where the limit has no room for them. */
CRITPT_PUBLIC critpt_status
critpt_spectrum_options_set_memory_limit(critpt_spectrum_options *options, size_t bytes);
CRITPT_PUBLIC size_t critpt_spectrum_options_memory_limit(const critpt_spectrum_options *options);
/* Seed of the start vectors of Lanczos, at most 2^63 - 1; default 0. */
CRITPT_PUBLIC critpt_status critpt_spectrum_options_set_seed(critpt_spectrum_options *options,
                                                             uint64_t seed);
CRITPT_PUBLIC uint64_t critpt_spectrum_options_seed(const critpt_spectrum_options *options);

/* NULL, the default: none. */
CRITPT_PUBLIC critpt_status critpt_spectrum_options_set_progress(critpt_spectrum_options *options,
                                                                 critpt_progress progress,
                                                                 void *user);

/* Eigenvalues and vectors of the Hessian over all samples at these weights, in ascending order,
 * each with an error bound; their signs; the kind of the point. */
CRITPT_PUBLIC critpt_status critpt_spectrum_create(critpt_spectrum **spectrum,
                                                   const critpt_landscape *landscape,
                                                   const double *weights, size_t n_weights,
                                                   const critpt_spectrum_options *options);
CRITPT_PUBLIC void critpt_spectrum_destroy(critpt_spectrum *spectrum);

/* The number of eigenvalues held: P, or twice n_extreme at most. */
CRITPT_PUBLIC size_t critpt_spectrum_n_eigenvalues(const critpt_spectrum *spectrum);
/* Any of the results may be NULL. */
CRITPT_PUBLIC critpt_status critpt_spectrum_eigenvalue(const critpt_spectrum *spectrum, size_t i,
                                                       double *value, double *error);
/* The unit eigenvector of eigenvalue i, P numbers; that of eigenvalue 0 leads down from a saddle.
 */
CRITPT_PUBLIC critpt_status critpt_spectrum_eigenvector(const critpt_spectrum *spectrum, size_t i,
                                                        double *vector, size_t n_weights);
/* Certainly negative eigenvalues (the index), certainly positive ones, and those whose sign
 * rounding hides (the nullity). Where not all were computed, the first two are lower bounds and the
 * third counts those seen. */
CRITPT_PUBLIC size_t critpt_spectrum_index(const critpt_spectrum *spectrum);
CRITPT_PUBLIC size_t critpt_spectrum_n_positive(const critpt_spectrum *spectrum);
CRITPT_PUBLIC size_t critpt_spectrum_nullity(const critpt_spectrum *spectrum);
/* 1 if all P eigenvalues are held, 0 if only extreme ones. */
CRITPT_PUBLIC int critpt_spectrum_is_whole(const critpt_spectrum *spectrum);
/* The least |eigenvalue| whose sign is decided; NaN if there is none. */
CRITPT_PUBLIC double critpt_spectrum_gap(const critpt_spectrum *spectrum);
/* |gradient| in rounding units. */
CRITPT_PUBLIC double critpt_spectrum_gradient_scaled(const critpt_spectrum *spectrum);
CRITPT_PUBLIC critpt_kind critpt_spectrum_kind(const critpt_spectrum *spectrum);

/* Where a null space comes from, as far as the network's structure tells and moves of the weights
 * confirm; never more directions than the nullity. `unit` is the input of the layer for
 * CRITPT_NULL_DEAD_INPUT and CRITPT_NULL_DEPENDENT_INPUT; n_directions how many directions it makes
 * beside those before it. */
CRITPT_PUBLIC size_t critpt_spectrum_n_null_directions(const critpt_spectrum *spectrum);
CRITPT_PUBLIC critpt_status critpt_spectrum_null_direction(const critpt_spectrum *spectrum,
                                                           size_t direction, size_t *layer,
                                                           size_t *unit, critpt_null_reason *reason,
                                                           size_t *n_directions);

/* An estimate of the density of eigenvalues (with integral 1) at n_points points, for plots:
 * n_steps steps of Lanczos from each of n_vectors random vectors, smoothed by normal curves of
 * standard deviation `width`. It says nothing of single eigenvalues, and so nothing of the index.
 */
CRITPT_PUBLIC critpt_status critpt_spectrum_density(const critpt_landscape *landscape,
                                                    const double *weights, size_t n_weights,
                                                    uint64_t seed, size_t n_vectors, size_t n_steps,
                                                    double width, const double *points,
                                                    size_t n_points, double *density);
/* The same with the seed, the memory limit and the progress of these options; NULL stands for
 * defaults. */
CRITPT_PUBLIC critpt_status critpt_spectrum_density_with_options(
    const critpt_landscape *landscape, const double *weights, size_t n_weights,
    const critpt_spectrum_options *options, size_t n_vectors, size_t n_steps, double width,
    const double *points, size_t n_points, double *density);

/* ---- Basins: from how far descents come back (critpt_landscape_basin(3)) ------------------------
 */

typedef struct critpt_basin critpt_basin;

/* Measures, and does not prove, the basin of the minimum at these weights w: the largest radius r
 * of 2^-j |w|, j = 0 to 12, such that at it and at all smaller ones at least 29 of 32 starts, w + r
 * u for random unit vectors u, return. A start descends by steps of r/8 at most, each to the least
 * value in that ball of the loss's exact quadratic model and each lowering the loss; it has
 * returned if it ends within r/1000 of w, or of a minimum that null directions join w to. Radii are
 * tried from the smallest up to the first that fails, with at most max_hessians Hessians, 0
 * standing for 20000. Seed, memory limit and progress are those of the options, NULL standing for
 * defaults. CRITPT_INVALID_ARGUMENT where the point is no minimum; it needs second derivatives, and
 * all samples in one process. */
CRITPT_PUBLIC critpt_status critpt_landscape_basin(critpt_basin **basin,
                                                   const critpt_landscape *landscape,
                                                   const double *weights, size_t n_weights,
                                                   size_t max_hessians,
                                                   const critpt_spectrum_options *options);
CRITPT_PUBLIC void critpt_basin_destroy(critpt_basin *basin);

/* The radius: 0 where the smallest failed; NaN where it is not known, which the reason explains, a
 * sentence that is NULL otherwise: where rounding moves the minimum by more than a thousandth of
 * the smallest radius, and where the Hessians were used up. */
CRITPT_PUBLIC double critpt_basin_radius(const critpt_basin *basin);
CRITPT_PUBLIC const char *critpt_basin_reason(const critpt_basin *basin);
/* The share of starts of that radius, or of the smallest where it is 0, that returned. */
CRITPT_PUBLIC double critpt_basin_share(const critpt_basin *basin);
CRITPT_PUBLIC size_t critpt_basin_n_hessians(const critpt_basin *basin);
/* The radii that were tried, ascending, how many starts each had, and how many of them returned;
 * any of the results may be NULL. A radius but the smallest ends with the fourth start that is
 * lost. */
CRITPT_PUBLIC size_t critpt_basin_n_tried(const critpt_basin *basin);
CRITPT_PUBLIC critpt_status critpt_basin_tried(const critpt_basin *basin, size_t i, double *radius,
                                               size_t *n_starts, size_t *n_returned);

/* ---- Runs: an algorithm on a landscape, observed (critpt_run(3)) --------------------------------
 */

typedef struct critpt_run critpt_run;

/* What an algorithm may ask for. */
typedef enum critpt_evaluation {
    CRITPT_EVALUATION_LOSS = 0,
    CRITPT_EVALUATION_GRADIENT = 1, /* with the loss */
    CRITPT_EVALUATION_HESSIAN_VECTOR = 2,
    CRITPT_EVALUATION_HESSIAN = 3,
    CRITPT_EVALUATION_RESIDUALS = 4,
    CRITPT_EVALUATION_JACOBIAN = 5 /* of the residuals */
} critpt_evaluation;

/* A run with a budget of evaluations over all samples; one over selected samples costs their share.
 * Each kind costs 1, a Hessian P and a Jacobian D, unless critpt_run_set_cost says otherwise. What
 * does not fit into what is left of the budget is CRITPT_BUDGET_SPENT. One thread at a time. */
CRITPT_PUBLIC critpt_status critpt_run_create(critpt_run **run, const critpt_landscape *landscape,
                                              size_t budget);
CRITPT_PUBLIC void critpt_run_destroy(critpt_run *run);

/* These must come before the first evaluation. A planted point, with its loss or NaN where it is
 * not known; its number is *point (NULL allowed). The optimum is the least of these losses. */
CRITPT_PUBLIC critpt_status critpt_run_add_point(critpt_run *run, const double *weights,
                                                 size_t n_weights, double loss, size_t *point);
CRITPT_PUBLIC critpt_status critpt_run_set_cost(critpt_run *run, critpt_evaluation kind,
                                                size_t evaluations);
/* Nodes of the grid in each decade of evaluations, at most 10000; 20 by default. */
CRITPT_PUBLIC critpt_status critpt_run_set_grid(critpt_run *run, size_t per_decade);
/* Whether records tell the index of the Hessian, and the weights; not by default. */
CRITPT_PUBLIC critpt_status critpt_run_watch_index(critpt_run *run, int yes);
CRITPT_PUBLIC critpt_status critpt_run_keep_weights(critpt_run *run, int yes);

/* The samples that evaluations run over from now on, as of critpt_workspace_select. */
CRITPT_PUBLIC critpt_status critpt_run_select(critpt_run *run, const size_t *indices,
                                              size_t n_indices);
/* As the functions of a landscape of these names. What fails costs nothing. */
CRITPT_PUBLIC critpt_status critpt_run_loss(critpt_run *run, const double *weights,
                                            size_t n_weights, double *loss);
CRITPT_PUBLIC critpt_status critpt_run_gradient(critpt_run *run, const double *weights,
                                                size_t n_weights, double *gradient,
                                                size_t n_gradient, double *loss);
CRITPT_PUBLIC critpt_status critpt_run_hessian_vector(critpt_run *run, const double *weights,
                                                      size_t n_weights, const double *direction,
                                                      size_t n_direction, double *result,
                                                      size_t n_result);
CRITPT_PUBLIC critpt_status critpt_run_hessian(critpt_run *run, const double *weights,
                                               size_t n_weights, double *hessian, size_t leading);
/* The N D residuals e = Mn^(1/2) (f - y), sample by sample, for which the loss is |e|^2 / 2, and
 * their Jacobian, (N D) x P; of all samples only. */
CRITPT_PUBLIC critpt_status critpt_run_residuals(critpt_run *run, const double *weights,
                                                 size_t n_weights, double *residuals,
                                                 size_t n_residuals);
CRITPT_PUBLIC critpt_status critpt_run_jacobian(critpt_run *run, const double *weights,
                                                size_t n_weights, double *jacobian, size_t leading);
/* Records the last evaluation if it is not recorded yet, and takes no more. */
CRITPT_PUBLIC critpt_status critpt_run_end(critpt_run *run);

/* What was charged, rounded up, and what there was to spend; how many of a kind were made. */
CRITPT_PUBLIC size_t critpt_run_evaluations(const critpt_run *run);
CRITPT_PUBLIC size_t critpt_run_budget(const critpt_run *run);
CRITPT_PUBLIC size_t critpt_run_n_evaluations(const critpt_run *run, critpt_evaluation kind);
CRITPT_PUBLIC size_t critpt_run_n_samples_spent(const critpt_run *run);
/* The least loss over all samples that was seen, and where (NULLs allowed). */
CRITPT_PUBLIC critpt_status critpt_run_best(const critpt_run *run, double *weights,
                                            size_t n_weights, double *loss);

/* The planted truth. Asking for it, or for distances of records, before the run has ended marks it
 * as informed for good. */
CRITPT_PUBLIC size_t critpt_run_n_points(const critpt_run *run);
CRITPT_PUBLIC critpt_status critpt_run_point(critpt_run *run, size_t point, double *weights,
                                             size_t n_weights);
CRITPT_PUBLIC critpt_status critpt_run_optimum(critpt_run *run, double *loss);
CRITPT_PUBLIC int critpt_run_is_informed(const critpt_run *run);

/* Why there is a record; bits. */
typedef enum critpt_run_reason {
    CRITPT_RUN_GRID = 1,   /* a node of the grid of evaluations was reached */
    CRITPT_RUN_TARGET = 2, /* best loss - optimum came down to another 10^(k/5), or below 0 */
    CRITPT_RUN_LAST = 4    /* the last evaluation, recorded by critpt_run_end */
} critpt_run_reason;
typedef enum critpt_run_quantity {
    CRITPT_RUN_EVALUATIONS = 0, /* charged so far, rounded up */
    CRITPT_RUN_LOSS = 1,        /* over all samples, there */
    CRITPT_RUN_BEST_LOSS = 2,   /* the least so far */
    CRITPT_RUN_GRADIENT_NORM = 3,
    CRITPT_RUN_INDEX = 4 /* certainly negative eigenvalues; NaN unless it is watched */
} critpt_run_quantity;
CRITPT_PUBLIC size_t critpt_run_n_records(const critpt_run *run);
CRITPT_PUBLIC critpt_status critpt_run_record(const critpt_run *run, size_t record,
                                              critpt_run_quantity quantity, double *value);
CRITPT_PUBLIC critpt_status critpt_run_record_reasons(const critpt_run *run, size_t record,
                                                      unsigned *reasons);
/* To a planted point, up to the network's symmetries as of critpt_mlp_distance; where the model's
 * are not known, the distance itself, an upper bound. *exact (NULL allowed) is 0 for a bound. */
CRITPT_PUBLIC critpt_status critpt_run_record_distance(critpt_run *run, size_t record, size_t point,
                                                       double *distance, int *exact);
CRITPT_PUBLIC critpt_status critpt_run_record_weights(const critpt_run *run, size_t record,
                                                      double *weights, size_t n_weights);

#ifdef __cplusplus
}
#endif

#endif
