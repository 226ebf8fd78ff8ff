/* The user's own model: what its files share. Callbacks see samples row by row; what they do not
 * offer is made of what they do, each time in the best way there is (critpt_model(3) has the
 * table). */
#ifndef CPT_CALLBACKS_CALLBACKS_H
#define CPT_CALLBACKS_CALLBACKS_H

#include <pthread.h>

#include "callbacks/cache.h"
#include "model/structure.h"

/* Ways to the whole Jacobian and to all second derivatives, best first. */
typedef enum cpt_jacobian_way {
    CPT_JACOBIAN_GIVEN,
    CPT_JACOBIAN_BY_DIRECTIONS, /* J e_j */
    CPT_JACOBIAN_BY_COTANGENTS, /* J' e_o, sample by sample */
    CPT_JACOBIAN_BY_COMPLEX_STEPS,
    CPT_JACOBIAN_BY_DIFFERENCES /* of outputs */
} cpt_jacobian_way;

typedef enum cpt_second_way {
    CPT_SECOND_BY_COTANGENTS,             /* S(e_o), sample by sample */
    CPT_SECOND_BY_DIRECTIONS,             /* D2f[e_a, e_b], P times as much work */
    CPT_SECOND_BY_COTANGENTS_AND_VECTORS, /* S(e_o) e_a, likewise */
    CPT_SECOND_BY_JACOBIANS,              /* differences of exact Jacobians */
    CPT_SECOND_BY_OUTPUTS                 /* second differences of outputs */
} cpt_second_way;

typedef struct cpt_callback_model {
    critpt_model model; /* first */
    cpt_model_operations operations;
    critpt_model_callbacks call;
    void *user;
    cpt_jacobian_way jacobian;
    cpt_second_way second;
    size_t *linear, n_linear; /* weights that the outputs are linear in */
    size_t *constants;        /* D weights that add a constant to the outputs, or NULL */
    double *draws;            /* 2 P: centre and spread of weights that are drawn, or NULL */
    size_t n_pairs;           /* P (P + 1) / 2: second derivatives of an output */
    pthread_mutex_t lock;     /* of calls that may not run at once, and of the cache */
    cpt_cache cache;
} cpt_callback_model;

static inline cpt_callback_model *cpt_callbacks_from(const critpt_model *model)
{
    return (cpt_callback_model *)model;
}
/* Whether first, or second, derivatives are differences. */
bool cpt_callbacks_differs(const cpt_callback_model *own);
bool cpt_callbacks_differs_twice(const cpt_callback_model *own);

/* Samples row by row, and where they come from, for messages. */
typedef struct cpt_rows {
    const double *weights; /* P */
    const double *inputs;  /* n x d */
    size_t n, first;
    const size_t *numbers; /* as in cpt_batch */
} cpt_rows;
/* `count` of them, from `first` on. */
cpt_rows cpt_callbacks_part(const cpt_callback_model *own, const cpt_rows *rows, size_t first,
                            size_t count);

/* ---- Calls (call.c): locked, in batches as short as the model wants, failures as sentences ----
 */

critpt_status cpt_callbacks_outputs(const cpt_callback_model *own, const cpt_rows *rows,
                                    double *outputs);
critpt_status cpt_callbacks_given_jacobian(const cpt_callback_model *own, const cpt_rows *rows,
                                           double *jacobian);
critpt_status cpt_callbacks_jacobian_vector(const cpt_callback_model *own, const cpt_rows *rows,
                                            const double *v, double *result);
/* These, down to hessian_vectors, add to the result. */
critpt_status cpt_callbacks_transposed_vector(const cpt_callback_model *own, const cpt_rows *rows,
                                              const double *u, double *gradient);
critpt_status cpt_callbacks_curvature(const cpt_callback_model *own, const cpt_rows *rows,
                                      const double *u, double *matrix);
critpt_status cpt_callbacks_curvature_vector(const cpt_callback_model *own, const cpt_rows *rows,
                                             const double *u, const double *v, double *result);
/* Of a curvature with a Gauss-Newton part and one metric for all samples; u is its cotangent row by
 * row, or NULL. */
critpt_status cpt_callbacks_hessian(const cpt_callback_model *own, const cpt_rows *rows,
                                    const cpt_curvature *curvature, const double *u,
                                    double *matrix);
critpt_status cpt_callbacks_hessian_vectors(const cpt_callback_model *own, const cpt_rows *rows,
                                            const cpt_curvature *curvature, const double *u,
                                            size_t count, const double *directions,
                                            double *results);
critpt_status cpt_callbacks_curvature_adjoint(const cpt_callback_model *own, const cpt_rows *rows,
                                              const double *q, double *result);
critpt_status cpt_callbacks_second_directional(const cpt_callback_model *own, const cpt_rows *rows,
                                               const double *v, const double *u, double *result);
critpt_status cpt_callbacks_kink_margins(const cpt_callback_model *own, const cpt_rows *rows,
                                         double *margins);
/* Complex numbers as pairs. */
critpt_status cpt_callbacks_outputs_complex(const cpt_callback_model *own, const cpt_rows *rows,
                                            const double *weights, double *outputs);
critpt_status cpt_callbacks_outputs_extended(const cpt_callback_model *own, const cpt_rows *rows,
                                             const long double *weights, long double *outputs);
/* An error that names the first NaN by what it is of. */
critpt_status cpt_callbacks_require_numbers(const cpt_callback_model *own, const cpt_rows *rows,
                                            const char *what, const double *values,
                                            size_t per_output);

/* ---- Derivatives by whatever way there is ---- */

/* J, n x D x P, and how far its entries are off where they are differences (else NULL). */
critpt_status cpt_callbacks_jacobian(const cpt_callback_model *own, const cpt_rows *rows,
                                     double *jacobian, double *errors);
/* All second derivatives, n x D x n_pairs: of weights (0, 0), (0, 1), ..., (1, 1), ..., and how far
 * they are off, likewise. */
critpt_status cpt_callbacks_second(const cpt_callback_model *own, const cpt_rows *rows,
                                   double *second, double *errors);

/* By one of the ways, which the callbacks must allow. */
critpt_status cpt_callbacks_jacobian_by(const cpt_callback_model *own, cpt_jacobian_way way,
                                        const cpt_rows *rows, double *jacobian, double *errors);
critpt_status cpt_callbacks_second_by(const cpt_callback_model *own, cpt_second_way way,
                                      const cpt_rows *rows, double *second, double *errors);

extern const cpt_model_second_order cpt_callbacks_second_order;
extern const cpt_model_structure cpt_callbacks_structure;
critpt_status cpt_callbacks_seek_null_families(const critpt_model *model, const cpt_passes *passes,
                                               const cpt_null_sink *sink); /* null.c */

/* Whether callbacks agree with each other, see critpt_model_check; `numbers` of the samples, or
 * NULL (check.c). */
critpt_status cpt_callbacks_check(const critpt_model *model, const double *weights, size_t n,
                                  const double *inputs, const size_t *numbers);

/* ---- The tape: what is known of a batch (tape.c) ---- */

typedef struct cpt_callback_tape {
    cpt_rows rows;   /* its inputs stay, its weights are those that were evaluated */
    double *outputs; /* n x D */
    double *jacobian, *jacobian_errors; /* n x D x P, once asked for */
    double *work;                       /* n D + P; in absolute terms n D factors of errors */
    double *shares;                     /* n: by which errors enlarge what is absolute */
    double epsilon;                     /* of the rounding that is charged */
    bool has_jacobian, absolute, enlarged;
} cpt_callback_tape;

critpt_status cpt_callbacks_tape_size(const critpt_model *model, size_t n, size_t *size);
/* Of a batch that was begun. */
cpt_callback_tape *cpt_callbacks_tape(const cpt_batch *batch);
cpt_callback_tape *cpt_callbacks_begin_tape(const critpt_model *model, cpt_batch *batch);
/* What was made of these rows before, by a way that is dear. */
enum { CPT_KEPT_JACOBIAN, CPT_KEPT_SECOND };
bool cpt_callbacks_recall(const cpt_callback_model *own, int kind, const cpt_rows *rows,
                          size_t count, double *values);
void cpt_callbacks_keep(const cpt_callback_model *own, int kind, const cpt_rows *rows, size_t count,
                        const double *values);
/* Its Jacobian, made when it is first asked for. */
critpt_status cpt_callbacks_need_jacobian(const cpt_callback_model *own, cpt_callback_tape *tape);

#endif
