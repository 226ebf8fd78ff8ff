/* A landscape inside the library: inputs, targets and metric, and passes over its samples. */
#ifndef CPT_LANDSCAPE_LANDSCAPE_H
#define CPT_LANDSCAPE_LANDSCAPE_H

#include "landscape/metric.h"
#include "landscape/penalty.h"

/* Which terms of the Hessian J' Mn J + S(Mn r) + Lambda. */
typedef enum cpt_terms {
    CPT_JACOBIAN_PRODUCT = 1,
    CPT_RESIDUAL_CURVATURE = 2,
    CPT_PENALTY = 4,
    CPT_GAUSS_NEWTON = CPT_JACOBIAN_PRODUCT | CPT_PENALTY, /* what the targets do not change */
    CPT_HESSIAN = CPT_GAUSS_NEWTON | CPT_RESIDUAL_CURVATURE,
    CPT_ABSOLUTE = 8,
    CPT_ERRORS = 16,
    /* The Hessian's sums with absolute values all the way, and what errors of activations make of
     * them, in units of eps: entry by entry how far the computed Hessian is off. */
    CPT_ABSOLUTE_HESSIAN = CPT_HESSIAN | CPT_ABSOLUTE,
    CPT_HESSIAN_ERRORS = CPT_ABSOLUTE_HESSIAN | CPT_ERRORS,
    CPT_ABSOLUTE_RESIDUAL_CURVATURE = CPT_RESIDUAL_CURVATURE | CPT_ABSOLUTE,
    CPT_RESIDUAL_CURVATURE_ERRORS = CPT_ABSOLUTE_RESIDUAL_CURVATURE | CPT_ERRORS
} cpt_terms;

/* What derivatives of activations that are flushed to 0 below 1e-300 may make of an entry of a
 * gradient or a Hessian, or of their norms; chosen. */
#define CPT_UNDERFLOW 1e-250

struct critpt_landscape {
    atomic_size_t references;
    critpt_model *model;
    size_t n_samples;
    double *owned_inputs; /* NULL where they are borrowed */
    const double *inputs; /* sample-major */
    size_t inputs_leading;
    double *targets;   /* n_samples x D, NULL until set */
    cpt_metric metric; /* with what the samples are a part of */
    cpt_penalty penalty;
};

struct critpt_workspace {
    critpt_landscape *landscape;
    cpt_jet jet;
    cpt_samples samples;
    const double *targets;  /* in the landscape's stead for second order; NULL: the landscape's */
    size_t *indices;        /* room for n_samples */
    double *residual;       /* D x batch: f - y */
    double *cotangent;      /* D x batch */
    double *batch_weights;  /* room of the metric */
    double *shares;         /* of a batch's samples in absolute terms, see cpt_jet_make_absolute */
    double *part_weights;   /* what they count there */
    double *scratch;        /* for Hessian-vector products */
    cpt_assembly *assembly; /* of the last whole matrix if it is small, else NULL; what it is for */
    cpt_terms assembly_terms;
    bool assembly_with_metric, assembly_by_sample;
    size_t jet_capacity;     /* the jet's own while an assembly shortens its batches */
    double *changed_weights; /* P: rounded to float32, or absolute */
    cpt_rounding rounding;   /* by which absolute terms are charged */
    double *squares, *products, *target_gradient; /* P each */
};

/* Borrows *workspace if the caller has one, else makes one in `own`, which cpt_workspace_release
 * frees again. Checks that both belong together. */
critpt_status cpt_workspace_acquire(const critpt_landscape *landscape, critpt_workspace *given,
                                    critpt_workspace *own, critpt_workspace **workspace);
void cpt_workspace_release(critpt_workspace *own);

/* A workspace whose batches have another size; cpt_workspace_release destroys it. */
critpt_status cpt_workspace_initialize(critpt_workspace *workspace,
                                       const critpt_landscape *landscape, size_t batch);
/* How many doubles that takes, but for a few. */
critpt_status cpt_workspace_size(const critpt_landscape *landscape, size_t batch, size_t *size);

/* Frees what it keeps of the last whole matrix for the next. */
void cpt_workspace_forget_assembly(critpt_workspace *workspace);

void cpt_landscape_retain(critpt_landscape *landscape);
/* The landscape with other targets, in the caller's structure: while both live, and never
 * destroyed. */
void cpt_landscape_view(const critpt_landscape *landscape, double *targets, critpt_landscape *view);
/* An error where there are no samples, not even in other processes; where there are others, naming
 * what is not done over them. */
critpt_status cpt_landscape_require_samples(const critpt_landscape *landscape);
critpt_status cpt_landscape_require_unsplit(const critpt_landscape *landscape, const char *what);
critpt_status cpt_landscape_require_targets(const critpt_landscape *landscape);
critpt_status cpt_landscape_require_weights(const critpt_landscape *landscape,
                                            const double *weights, size_t n_weights);

/* What the workspace's samples are a part of: selected ones are a whole. */
static inline cpt_reduction *cpt_workspace_reduction(const critpt_workspace *workspace)
{
    return workspace->samples.indices ? NULL : workspace->landscape->metric.reduction;
}
/* Numbers that all processes must give a call that reduces, with model and output metric. */
void cpt_landscape_share(const critpt_landscape *landscape, size_t n, const double *values);
/* What such a call ends with; the landscape may be NULL. */
critpt_status cpt_landscape_leave(const critpt_landscape *landscape, critpt_status status);

/* The metric on the workspace's batch. */
static inline cpt_metric_batch cpt_landscape_metric(critpt_workspace *workspace)
{
    return (cpt_metric_batch){&workspace->landscape->metric, &workspace->samples, &workspace->jet,
                              workspace->batch_weights};
}

/* The workspace's residual f - y and cotangent Mn (f - y) of the evaluated batch. */
void cpt_landscape_residual(critpt_workspace *workspace, const double *targets);
/* f - y alone. */
void cpt_landscape_gather_residual(critpt_workspace *workspace, const double *targets);

/* Passes over the selected samples for any targets (n_samples x D); weights are taken as checked.
 */
critpt_status cpt_landscape_gradient_pass(critpt_workspace *workspace, const double *targets,
                                          const double *weights, double *gradient, double *loss);

/* The gradient after rounding inputs, targets and weights to float32. */
critpt_status cpt_landscape_float32_pass(critpt_workspace *workspace, const double *targets,
                                         const double *weights, double *gradient);
critpt_status cpt_landscape_kink_pass(critpt_workspace *workspace, const double *weights,
                                      cpt_kink *kink);

/* ---- Finite moves (outputs.c) ---- */

/* The outputs at some weights, and how far rounding may take them, by batches of the samples. */
typedef struct cpt_outputs {
    double *values, *errors;
} cpt_outputs;

/* To be destroyed even after an error, if it was zero before. */
critpt_status cpt_outputs_create(cpt_outputs *outputs, critpt_workspace *workspace,
                                 const double *weights);
void cpt_outputs_destroy(cpt_outputs *outputs);
/* Whether these weights have the same outputs to rounding; the workspace is that of create. */
critpt_status cpt_outputs_compare(const cpt_outputs *outputs, critpt_workspace *workspace,
                                  const double *weights, bool *same);

/* ---- Second order ---- */

/* One rounding for every sum. */
extern const cpt_rounding cpt_landscape_unit_rounding;

/* Vectors that critpt_landscape_hessian_vectors takes at a time. */
enum { CPT_VECTOR_BLOCK = 16 };

/* P x P, whole and symmetric. A cotangent u (n x D, sample-major), if not NULL, stands for Mn r in
 * CPT_RESIDUAL_CURVATURE asked for alone, and the sum is that over this process's samples; else
 * that term needs the landscape's targets. A sample on a kink is an error here and below. */
critpt_status cpt_landscape_curvature_matrix(critpt_workspace *workspace, const double *weights,
                                             cpt_terms terms, const double *cotangent,
                                             double *matrix, size_t leading);
/* How many doubles that takes beside matrix and workspace, for batches of so many samples. */
critpt_status cpt_landscape_curvature_size(const critpt_landscape *landscape, size_t batch,
                                           cpt_terms terms, size_t *size);
/* A bound, entry by entry, of how far arithmetic of this epsilon leaves the Hessian that is summed
 * over batches of that many samples; 0: as many as cpt_landscape_curvature_matrix takes. */
critpt_status cpt_landscape_hessian_bound(critpt_workspace *workspace, const double *weights,
                                          double epsilon, size_t batch, double *bound,
                                          size_t leading);
/* The bound of a product with the Hessian that cpt_landscape_curvature_vectors takes: that matrix
 * times |direction|. */
critpt_status cpt_landscape_product_bound(critpt_workspace *workspace, const double *weights,
                                          const double *direction, double *result);
/* Rounding units, in eps, in which errors of second derivatives are judged: |H| |direction| for a
 * direction >= 0, and of the entries of S(Mn r) (P x P). Errors of activations enter them where
 * they are more than an accepted number of such units. */
critpt_status cpt_landscape_product_unit(critpt_workspace *workspace, const double *weights,
                                         const double *direction, double *units);
critpt_status cpt_landscape_residual_curvature_unit(critpt_workspace *workspace,
                                                    const double *weights, double *units);
/* The Hessian of a layered network at all samples in extended precision, whole, by plain loops: a
 * hundred times slower. Sums over a batch of samples are added up. */
enum { CPT_EXTENDED_BATCH = 64 };
critpt_status cpt_landscape_extended_hessian(const critpt_workspace *workspace,
                                             const double *weights, long double *hessian);
/* An error that names the first entry, by its weights, that is not finite. */
critpt_status cpt_landscape_require_finite_curvature(const critpt_model *model, const char *what,
                                                     const double *matrix, size_t leading);
/* The same matrix times each of some vectors, rows of P numbers; allocates only where the workspace
 * has not had as many vectors before. */
critpt_status cpt_landscape_curvature_vectors(critpt_workspace *workspace, const double *weights,
                                              cpt_terms terms, const double *cotangent,
                                              size_t n_vectors, const double *directions,
                                              size_t directions_leading, double *results,
                                              size_t results_leading);
/* S*(Q), n x D for the selected samples: <Hess f_i, Q> for a symmetric Q (P x P). */
critpt_status cpt_landscape_curvature_adjoint(critpt_workspace *workspace, const double *weights,
                                              const double *q, size_t q_leading, double *result,
                                              size_t leading);
/* A pair of rows of a matrix of directions. */
typedef struct cpt_pair {
    size_t a, b;
} cpt_pair;
/* D2f[v_a, v_b], n x D one after another, for pairs of the rows of `directions` (P each). */
critpt_status cpt_landscape_second_directionals(critpt_workspace *workspace, const double *weights,
                                                size_t n_directions, const double *directions,
                                                size_t n_pairs, const cpt_pair *pairs,
                                                double *results);

/* What the rounding unit of a gradient consists of (MATH 9), in units of eps. The workspace then
 * holds its parts for each weight: squared column norms of J in `squares`, |J|' Mn phi and what
 * errors of J do to J' Mn r in `products`, J' Mn y in `target_gradient`. */
typedef struct cpt_gradient_scale {
    double jacobian_norm, residual_norm, target_norm, forward_norm;
} cpt_gradient_scale;
critpt_status cpt_landscape_gradient_scale(critpt_workspace *workspace, const double *targets,
                                           const double *weights, cpt_gradient_scale *scale);
double cpt_landscape_rounding_unit(const cpt_gradient_scale *scale);
/* The unit of one entry of the gradient, after cpt_landscape_gradient_scale. */
double cpt_landscape_entry_unit(const critpt_workspace *workspace, const cpt_gradient_scale *scale,
                                size_t weight);

#endif
