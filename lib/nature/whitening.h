/* The metric of a point in which margins are measured: that in which its Gauss-Newton matrix, with
 * small eigenvalues raised, is the identity; or, for margins of the Hessian's own eigenvalues, a
 * multiple of the identity: the largest eigenvalue of that matrix, so that numbers are of like
 * size. */
#ifndef CPT_NATURE_WHITENING_H
#define CPT_NATURE_WHITENING_H

#include "nature/maps.h"

typedef struct cpt_nature_whitening {
    size_t P, n_null, order;  /* order = P - n_null */
    size_t n_faint;           /* of the n_null: along faint weights */
    double unit;              /* a margin is so many times that in this metric; 1 but for margins of
                                 the Hessian's own eigenvalues, where the metric is unit I */
    double *rows;             /* order x P: rows orthonormal in the metric, metric-orthogonal to
                                 the null directions */
    double *null_directions;  /* n_null x P */
    double *gauss_newton;     /* G, P x P */
    double *caps;             /* n_caps, ascending: no margin of index q is larger than caps[q] */
    size_t n_caps, index_cap; /* no index is larger than the latter */
} cpt_nature_whitening;

/* Faint weights, along which J and S vanish beside those of others but not by themselves, as where
 * a unit is saturated, are null if they are left. */
critpt_status cpt_nature_whitening_create(cpt_nature_whitening *whitening, cpt_nature_maps *maps,
                                          const cpt_nature_point *point, bool leaves_faint);
void cpt_nature_whitening_destroy(cpt_nature_whitening *whitening);
/* No targets give this index a larger margin, in the point's own terms; infinity where the output
 * layer does not cap it. */
double cpt_nature_margin_cap(const cpt_nature_whitening *whitening, size_t index);
/* H = G + S(Mn (f - y)), P x P. */
critpt_status cpt_nature_hessian(cpt_nature_maps *maps, const cpt_nature_whitening *whitening,
                                 const double *weights, const double *targets, double *hessian);

#endif
