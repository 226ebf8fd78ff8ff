/* Derivatives along a line by central differences of sixth order, with an error for each. */
#ifndef CPT_CALLBACKS_DIFFERENCES_H
#define CPT_CALLBACKS_DIFFERENCES_H

#include "linalg/linalg.h"

/* values (m) = g(t), not finite where t is too far. */
typedef struct cpt_line {
    critpt_status (*values)(const struct cpt_line *line, double t, double *values);
    size_t m;
} cpt_line;

/* Steps from the largest on, each a quarter of the one before or less, powers of 2. */
enum { CPT_MOST_STEPS = 12 };
typedef struct cpt_steps {
    double size[CPT_MOST_STEPS];
    size_t n;
} cpt_steps;
/* For a function of a weight: from two scales, its own size and 1. */
cpt_steps cpt_differences_steps(double weight);
/* About the number 1, for a line of known scale. */
cpt_steps cpt_differences_scaled_steps(void);

/* Numbers of scratch that both take. */
size_t cpt_differences_scratch_size(size_t m);
/* derivative (m) = g'(0), each entry by the step that suits it, and how far it may be off; *best is
 * the step that suits most. An entry that no step gives is not finite, nor its error. */
critpt_status cpt_differences_first(const cpt_line *line, const cpt_steps *steps, double *scratch,
                                    double *derivative, double *errors, double *best);
/* The same for g''(0). */
critpt_status cpt_differences_second(const cpt_line *line, const cpt_steps *steps, double *scratch,
                                     double *derivative, double *errors);

#endif
