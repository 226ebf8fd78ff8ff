/* How many of its rounding units (MATH 9) a quantity may differ from what was asked and still count
 * as met. The numbers depend on the condition of the equations that it was planted by. */
#ifndef CPT_LANDSCAPE_ACCEPTED_H
#define CPT_LANDSCAPE_ACCEPTED_H

/* Up to this condition refinement leaves 0.1 to 0.4 units of a gradient. */
#define CPT_ACCEPTED_CONDITION 1e6

/* Losses, whatever the condition. */
#define CPT_ACCEPTED_LOSS 20

/* Gradients and second derivatives whose equations have any condition, or none that is known. */
#define CPT_ACCEPTED_DERIVATIVE 100

/* A planted gradient. */
static inline double cpt_accepted_gradient(double condition)
{
    return condition <= CPT_ACCEPTED_CONDITION ? 2 : CPT_ACCEPTED_DERIVATIVE;
}

/* A prescribed gradient, curvature or eigenpair. */
static inline double cpt_accepted_derivative(double condition)
{
    return condition <= CPT_ACCEPTED_CONDITION ? 20 : CPT_ACCEPTED_DERIVATIVE;
}

#endif
