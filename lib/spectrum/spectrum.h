/* Spectra inside the library: eigenvalues with error bounds, signs that can be trusted, kinds. */
#ifndef CPT_SPECTRUM_SPECTRUM_H
#define CPT_SPECTRUM_SPECTRUM_H

#include "landscape/landscape.h"
#include "model/structure.h"

struct critpt_spectrum_options {
    size_t n_extreme;
    size_t first_vector, n_vectors; /* n_vectors SIZE_MAX: to the last */
    double tolerance;
    size_t max_products;
    double accepted_gradient;
    bool extended_precision;
    size_t memory_limit;
    uint64_t seed;
    critpt_progress progress;
    void *progress_user;
};

/* The options themselves, or the defaults for NULL. */
const critpt_spectrum_options *
cpt_spectrum_options_in_force(const critpt_spectrum_options *options);

/* What all processes must ask for alike at these weights, with how many vectors they hold or draw.
 */
void cpt_spectrum_share(const critpt_landscape *landscape, const double *weights,
                        const critpt_spectrum_options *options, size_t n_vectors);

typedef struct cpt_spectrum_null {
    cpt_null_place place;
    size_t n_directions;
} cpt_spectrum_null;

struct critpt_spectrum {
    size_t P, n;             /* weights; eigenpairs held */
    double *values, *errors; /* n, ascending */
    size_t first_vector, n_vectors;
    double
        *vectors; /* n_vectors x P, one a row: of eigenvalue first_vector and those that follow */
    bool whole;
    size_t n_negative, n_positive, n_undecided;
    bool extended;              /* extended precision told signs that double precision hid */
    bool null_directions_named; /* those confirmed span all undecided ones */
    size_t n_null_directions;
    cpt_spectrum_null *null_directions;
    double gap, gradient_scaled;
    double *visible; /* P, for a whole spectrum: rounding thresholds. Where v' H v > sum_a visible_a
                        v_a^2 for all v of a subspace (or < -sum), double precision is certain of as
                        many positive (negative) signs as the subspace has dimensions */
    critpt_kind kind;
};

/* What a spectrum is computed from and with. */
typedef struct cpt_spectrum_task {
    critpt_workspace *workspace;
    const double *weights;
    const critpt_spectrum_options *options;
} cpt_spectrum_task;

/* Tells the options' progress; only beats where the spectrum is a part of another computation. */
critpt_status cpt_spectrum_advance(const critpt_spectrum_options *options, double done,
                                   const char *stage);

/* An error where a product with the Hessian overflowed. */
critpt_status cpt_spectrum_require_finite(size_t n, const double *product);

/* memory.c: CRITPT_NO_MEMORY where a spectrum would pass the options' limit, before anything is
 * allocated; what signs in extended precision and null directions take is seen when they are due.
 */
critpt_status cpt_spectrum_require_memory(const critpt_landscape *landscape, size_t n_vectors,
                                          const critpt_spectrum_options *options);
/* How many doubles cpt_spectrum_extended_signs takes. */
critpt_status cpt_spectrum_extended_size(const cpt_spectrum_task *task, size_t *size);

/* dense.c: all eigenpairs of the whole Hessian, signs on the scaled one (MATH 9). */
critpt_status cpt_spectrum_dense(const cpt_spectrum_task *task, critpt_spectrum *spectrum);

/* A bound of the norm of a symmetric matrix with entries >= 0. */
critpt_status cpt_spectrum_bound_norm(size_t P, const double *matrix, double *bound);

/* extended.c: raises the numbers of negative and positive eigenvalues of the Hessian H at all
 * samples to those that are certain in extended precision for some E H E, whose diagonal is a
 * scale. */
critpt_status cpt_spectrum_extended_signs(const cpt_spectrum_task *task, size_t n_scales,
                                          const double *const *scales, size_t *n_negative,
                                          size_t *n_positive);

/* null_directions.c: those that the network's structure explains. */
critpt_status cpt_spectrum_name_null_directions(const cpt_spectrum_task *task,
                                                critpt_spectrum *spectrum);

/* Orthonormal directions (n x P, the caller frees them) in which structure keeps the outputs of a
 * critical point as they are, though no single weight is without effect: rescalings, mixtures,
 * duplicates. S vanishes there for residuals of all targets at which the point is critical. */
critpt_status cpt_spectrum_find_symmetric(const cpt_spectrum_task *task, double **directions,
                                          size_t *n);

/* lanczos.c: extreme eigenpairs from Hessian-vector products alone. */
/* Values wanted at each end, vectors of a block, rows that the basis can have. */
typedef struct cpt_spectrum_lanczos_room {
    size_t wanted, block, capacity;
} cpt_spectrum_lanczos_room;
cpt_spectrum_lanczos_room cpt_spectrum_lanczos_room_for(size_t P, size_t n_extreme);
critpt_status cpt_spectrum_lanczos(const cpt_spectrum_task *task, critpt_spectrum *spectrum);

#endif
