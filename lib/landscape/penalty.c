/* The penalty of a loss: a sum over the weights. */
#include "landscape/penalty.h"

#include <math.h>
#include <string.h>

static critpt_status require_penalties(const double *weights, size_t n)
{
    critpt_status status;
    CPT_TRY(cpt_require_finite("penalty", weights, n));
    for (size_t j = 0; j < n; j++)
        if (weights[j] < 0)
            return cpt_error(CRITPT_INVALID_ARGUMENT,
                             "penalty[%zu] is %g; a penalty is 0 or more, as the loss would fall "
                             "without end",
                             j, weights[j]);
done:
    return status;
}

static critpt_status check(size_t P, const double *weights, size_t n_weights, const double *centre,
                           size_t n_centre)
{
    critpt_status status;
    if (n_weights != 1)
        CPT_TRY(cpt_require_array("penalty", weights, n_weights, P));
    if (!weights)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "penalty is NULL");
    CPT_TRY(require_penalties(weights, n_weights));
    if (!centre && n_centre == 0)
        return CRITPT_OK;
    CPT_TRY(cpt_require_array("centre of the penalty", centre, n_centre, P));
    CPT_TRY(cpt_require_finite("centre of the penalty", centre, n_centre));
done:
    return status;
}

critpt_status cpt_penalty_set(cpt_penalty *penalty, const double *weights, size_t n_weights,
                              const double *centre, size_t n_centre)
{
    critpt_status status;
    size_t P = penalty->n_weights;
    cpt_penalty made = {.n_weights = P};
    bool none = !weights && n_weights == 0 && !centre && n_centre == 0, any = false;
    if (!none)
        CPT_TRY(check(P, weights, n_weights, centre, n_centre));
    for (size_t j = 0; j < n_weights; j++)
        any = any || weights[j] > 0;
    if (any) {
        CPT_TRY(cpt_allocate(&made.weights, P, sizeof(double)));
        for (size_t j = 0; j < P; j++)
            made.weights[j] = weights[n_weights == 1 ? 0 : j];
    }
    if (any && centre) {
        CPT_TRY(cpt_allocate(&made.centre, P, sizeof(double)));
        memcpy(made.centre, centre, P * sizeof(double));
    }
    cpt_penalty_destroy(penalty);
    *penalty = made;
    made = (cpt_penalty){.n_weights = P};
    status = CRITPT_OK;
done:
    cpt_penalty_destroy(&made);
    return status;
}

void cpt_penalty_destroy(cpt_penalty *penalty)
{
    cpt_free(penalty->weights);
    cpt_free(penalty->centre);
    penalty->weights = penalty->centre = NULL;
}

static double centre_of(const cpt_penalty *penalty, size_t j)
{
    return penalty->centre ? penalty->centre[j] : 0;
}

void cpt_penalty_get(const cpt_penalty *penalty, double *weights, double *centre)
{
    for (size_t j = 0; j < penalty->n_weights; j++) {
        if (weights)
            weights[j] = penalty->weights ? penalty->weights[j] : 0;
        if (centre)
            centre[j] = centre_of(penalty, j);
    }
}

double cpt_penalty_loss(const cpt_penalty *penalty, const double *w)
{
    cpt_sum sum = {0, 0};
    for (size_t j = 0; penalty->weights && j < penalty->n_weights; j++) {
        double away = w[j] - centre_of(penalty, j);
        cpt_sum_add(&sum, penalty->weights[j] * away * away / 2);
    }
    return cpt_sum_value(&sum);
}

double cpt_penalty_difference(const cpt_penalty *penalty, const double *a, const double *b)
{
    cpt_sum sum = {0, 0};
    for (size_t j = 0; penalty->weights && j < penalty->n_weights; j++) {
        double c = centre_of(penalty, j), away = (a[j] - c) + (b[j] - c);
        cpt_sum_add(&sum, penalty->weights[j] * (a[j] - b[j]) * away / 2);
    }
    return cpt_sum_value(&sum);
}

void cpt_penalty_add_gradient(const cpt_penalty *penalty, const double *w, double *gradient)
{
    for (size_t j = 0; penalty->weights && j < penalty->n_weights; j++)
        gradient[j] += penalty->weights[j] * (w[j] - centre_of(penalty, j));
}

void cpt_penalty_add_gradient_sizes(const cpt_penalty *penalty, const double *w, double *sizes)
{
    for (size_t j = 0; penalty->weights && j < penalty->n_weights; j++)
        sizes[j] += penalty->weights[j] * fabs(w[j] - centre_of(penalty, j));
}

void cpt_penalty_add_curvature(const cpt_penalty *penalty, double *matrix, size_t leading)
{
    for (size_t j = 0; penalty->weights && j < penalty->n_weights; j++)
        matrix[j * leading + j] += penalty->weights[j];
}

void cpt_penalty_add_products(const cpt_penalty *penalty, size_t n_vectors,
                              const double *directions, size_t directions_leading, double *results,
                              size_t results_leading)
{
    for (size_t i = 0; penalty->weights && i < n_vectors; i++)
        for (size_t j = 0; j < penalty->n_weights; j++)
            results[i * results_leading + j] +=
                penalty->weights[j] * directions[i * directions_leading + j];
}

bool cpt_penalty_is_alike(const cpt_penalty *penalty)
{
    bool alike = !penalty->weights || !penalty->centre;
    for (size_t j = 1; penalty->weights && alike && j < penalty->n_weights; j++)
        alike = penalty->weights[j] == penalty->weights[0];
    return alike;
}
