/* Sums over the weights. */
#include "oracle/penalty.h"

#include <math.h>

static real away(const oracle_problem *problem, double weight, size_t j)
{
    return (real)weight - (problem->centre ? (real)problem->centre[j] : 0);
}

real oracle_penalty(const oracle_problem *problem, const double *weights)
{
    real sum = 0;
    for (size_t j = 0; j < problem->model.n_weights; j++) {
        real distance = away(problem, weights[j], j);
        sum += oracle_penalty_of(problem, j) * distance * distance / 2;
    }
    return sum;
}

void oracle_penalty_add_gradient(const oracle_problem *problem, const double *weights, bool rounded,
                                 real factor, real *gradient, real *sizes)
{
    for (size_t j = 0; j < problem->model.n_weights; j++) {
        double weight = rounded ? (float)weights[j] : weights[j];
        real term = factor * oracle_penalty_of(problem, j) * away(problem, weight, j);
        gradient[j] += term;
        if (sizes)
            sizes[j] += REAL(fabs)(term);
    }
}
