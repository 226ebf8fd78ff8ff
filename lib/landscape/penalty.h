/* The penalty 1/2 (w - c)' Lambda (w - c) of a loss, Lambda >= 0 diagonal (MATH 13): what it adds
 * to the loss, its gradient and its Hessian is known here alone. It does not depend on the targets.
 */
#ifndef CPT_LANDSCAPE_PENALTY_H
#define CPT_LANDSCAPE_PENALTY_H

#include "model/model.h"

typedef struct cpt_penalty {
    size_t n_weights; /* P */
    double *weights;  /* the diagonal of Lambda; NULL: no penalty */
    double *centre;   /* c; NULL: zeros */
} cpt_penalty;

/* As critpt_landscape_set_penalty has them. */
critpt_status cpt_penalty_set(cpt_penalty *penalty, const double *weights, size_t n_weights,
                              const double *centre, size_t n_centre);
void cpt_penalty_destroy(cpt_penalty *penalty);
/* Lambda's diagonal and c, whether they were set or not. */
void cpt_penalty_get(const cpt_penalty *penalty, double *weights, double *centre);

double cpt_penalty_loss(const cpt_penalty *penalty, const double *w);
/* That at `a` less that at `b`, not by subtracting them. */
double cpt_penalty_difference(const cpt_penalty *penalty, const double *a, const double *b);
/* gradient += Lambda (w - c) */
void cpt_penalty_add_gradient(const cpt_penalty *penalty, const double *w, double *gradient);
/* sizes += Lambda |w - c|, by which the rounding of that is measured */
void cpt_penalty_add_gradient_sizes(const cpt_penalty *penalty, const double *w, double *sizes);
/* matrix (P x P) += Lambda; results[j] += Lambda directions[j] for the rows of both */
void cpt_penalty_add_curvature(const cpt_penalty *penalty, double *matrix, size_t leading);
void cpt_penalty_add_products(const cpt_penalty *penalty, size_t n_vectors,
                              const double *directions, size_t directions_leading, double *results,
                              size_t results_leading);

/* Whether weight j is penalised; whether any is. */
static inline bool cpt_penalty_has(const cpt_penalty *penalty, size_t j)
{
    return penalty->weights && j < penalty->n_weights && penalty->weights[j] > 0;
}
static inline bool cpt_penalty_is_set(const cpt_penalty *penalty)
{
    return penalty->weights != NULL;
}
/* Whether exchanged units and changed signs leave it as it is, for all that is looked at: there is
 * none, or one number for all weights and no centre. */
bool cpt_penalty_is_alike(const cpt_penalty *penalty);

#endif
