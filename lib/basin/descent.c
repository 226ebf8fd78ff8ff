/* A start descends by steps of an eighth of its radius at most, each of which lowers the loss,
 * until no such step is predicted to lower it by more than the flattest direction of the minimum
 * rises over a ten-thousandth of the radius. It has returned if it is then within a thousandth of
 * the minimum, or of its null orbit: the weights that the minimum is joined to by curves of minima.
 *
 * Where rounding hides a difference of losses, the mean of the slopes at both ends of the step
 * tells it. A start below the minimum cannot return, and is left. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "basin/descent.h"
#include "linalg/linalg.h"

static const double step_share = 1. / 8, end_share = 1e-4, return_share = 1e-3;
/* Steps so much shorter than the radius are rounding. */
static const double least_share = 1e-7;
enum { MOST_STEPS = 500, MOST_ORBIT_STEPS = 64 };

static critpt_status place_create(cpt_basin_place *place, size_t P, size_t entries)
{
    critpt_status status;
    CPT_TRY(cpt_allocate(&place->weights, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&place->gradient, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&place->outputs, entries, sizeof(double)));
done:
    return status;
}

static void place_destroy(cpt_basin_place *place)
{
    cpt_free(place->weights);
    cpt_free(place->gradient);
    cpt_free(place->outputs);
}

critpt_status cpt_descent_create(cpt_descent *descent)
{
    critpt_status status;
    const critpt_landscape *landscape = descent->workspace->landscape;
    size_t P = descent->P, entries = landscape->n_samples * landscape->model->n_outputs;
    CPT_TRY(cpt_basin_loss_create(&descent->loss, descent->workspace, descent->minimum));
    CPT_TRY(cpt_region_create(&descent->region, P));
    CPT_TRY(place_create(&descent->at, P, entries));
    CPT_TRY(place_create(&descent->trial, P, entries));
    CPT_TRY(cpt_allocate(&descent->step, P, sizeof(double)));
done:
    return status;
}

void cpt_descent_destroy(cpt_descent *descent)
{
    cpt_basin_loss_destroy(&descent->loss);
    cpt_region_destroy(&descent->region);
    place_destroy(&descent->at);
    place_destroy(&descent->trial);
    cpt_free(descent->step);
}

static double distance(size_t n, const double *a, const double *b)
{
    double norm = 0;
    for (size_t i = 0; i < n; i++)
        norm = hypot(norm, a[i] - b[i]);
    return norm;
}

/* Outputs and gradient at the place's weights. */
static critpt_status evaluate(cpt_descent *d, cpt_basin_place *place)
{
    critpt_status status;
    const critpt_landscape *landscape = d->workspace->landscape;
    CPT_TRY(critpt_landscape_outputs(landscape, d->workspace, place->weights, d->P, place->outputs,
                                     landscape->model->n_outputs));
    CPT_TRY(critpt_landscape_gradient(landscape, d->workspace, place->weights, d->P,
                                      place->gradient, d->P, NULL));
done:
    return status;
}

/* The quadratic model at the place; *finite is false where derivatives overflow. */
static critpt_status look_around(cpt_descent *d, const cpt_basin_place *place, bool *finite)
{
    critpt_status status;
    size_t P = d->P;
    CPT_TRY(cpt_landscape_curvature_matrix(d->workspace, place->weights, CPT_HESSIAN, NULL,
                                           d->region.vectors, P));
    d->n_hessians++;
    *finite = true;
    for (size_t i = 0; i < P * P && *finite; i++)
        *finite = isfinite(d->region.vectors[i]);
    for (size_t i = 0; i < P && *finite; i++)
        *finite = isfinite(place->gradient[i]);
    if (*finite)
        CPT_TRY(cpt_region_set(&d->region, place->gradient, d->floor));
    CPT_TRY(cpt_pulse_beat());
done:
    return status;
}

static cpt_basin_side side_of(const cpt_basin_place *place)
{
    return (cpt_basin_side){place->weights, place->outputs};
}

/* By how much the trial is lower than the place where the descent is; -infinity where the loss
 * overflows. */
static double decrease_of_trial(cpt_descent *d)
{
    double rounding;
    double difference =
        cpt_basin_loss_difference(&d->loss, side_of(&d->at), side_of(&d->trial), &rounding);
    if (fabs(difference) <= rounding)
        difference = -(cpt_linalg_dot(d->P, d->at.gradient, d->step) +
                       cpt_linalg_dot(d->P, d->trial.gradient, d->step)) /
                     2;
    return isfinite(difference) ? difference : -INFINITY;
}

/* The longest step within the region, whose size it adapts, that lowers the loss; false: there is
 * none that is more than rounding. */
static critpt_status step_down(cpt_descent *d, double radius, double *size, bool *moved)
{
    critpt_status status = CRITPT_OK;
    *moved = false;
    while (!*moved && *size > least_share * radius) {
        double predicted = cpt_region_solve(&d->region, *size, d->step);
        memcpy(d->trial.weights, d->at.weights, d->P * sizeof(double));
        cpt_linalg_axpy(d->P, 1, d->step, d->trial.weights);
        CPT_TRY(evaluate(d, &d->trial));
        double decrease = decrease_of_trial(d);
        *moved = decrease > 0;
        if (decrease < predicted / 4)
            *size /= 4;
        else if (decrease > predicted * 3 / 4)
            *size = fmin(2 * *size, step_share * radius);
    }
    if (*moved) {
        cpt_basin_place left = d->at;
        d->at = d->trial;
        d->trial = left;
    }
done:
    return status;
}

static bool is_below_minimum(cpt_descent *d)
{
    double rounding;
    const cpt_basin_side minimum = {d->minimum, d->loss.minimum};
    double above = cpt_basin_loss_difference(&d->loss, side_of(&d->at), minimum, &rounding);
    return !(above >= -rounding);
}

/* One step on from at.weights; *over where there is none that is worth it, *left where the start
 * cannot return. */
static critpt_status advance(cpt_descent *d, double radius, double *size, bool *over, bool *left)
{
    critpt_status status;
    bool finite, moved;
    double nearly = fmax(end_share * radius, d->floor / d->least);
    *over = false;
    CPT_TRY(look_around(d, &d->at, &finite));
    *left = !finite;
    if (*left)
        goto done;
    *over =
        cpt_region_solve(&d->region, step_share * radius, NULL) <= d->least * nearly * nearly / 2;
    if (*over)
        goto done;
    CPT_TRY(step_down(d, radius, size, &moved));
    *over = !moved;
    *left = moved && is_below_minimum(d);
done:
    return status;
}

/* ---- The null orbit ---- */

/* The part of x in the null space of the model, its first n_null eigenvectors. */
static void project_on_null(const cpt_descent *d, const double *x, double *projection)
{
    size_t P = d->P;
    memset(projection, 0, P * sizeof *projection);
    for (size_t i = 0; i < d->n_null; i++) {
        const double *v = d->region.vectors + i * P;
        cpt_linalg_axpy(P, cpt_linalg_dot(P, v, x), v, projection);
    }
}

/* Newton's step off the null space, from the trial's weights back to the curves of minima; false
 * where there are none. */
static critpt_status return_to_orbit(cpt_descent *d, bool *there)
{
    critpt_status status;
    size_t P = d->P;
    CPT_TRY(evaluate(d, &d->trial));
    CPT_TRY(look_around(d, &d->trial, there));
    *there = *there && d->region.values[d->n_null] > 0;
    for (size_t i = d->n_null; *there && i < P; i++)
        cpt_linalg_axpy(P, -d->region.slopes[i] / d->region.values[i], d->region.vectors + i * P,
                        d->trial.weights);
done:
    return status;
}

/* Walks along the null orbit from the minimum to where at.weights is nearest; whether it is near.
 * *ended is false where the Hessians were used up. */
static critpt_status is_on_orbit(cpt_descent *d, double radius, bool *ended, bool *near)
{
    critpt_status status = CRITPT_OK;
    size_t P = d->P;
    bool there = true;
    double *x = d->trial.gradient, left = INFINITY;
    memcpy(d->trial.weights, d->minimum, P * sizeof(double));
    for (int i = 0; i < MOST_ORBIT_STEPS && there && left > end_share * radius; i++) {
        *ended = d->n_hessians < d->max_hessians;
        if (!*ended)
            goto done;
        CPT_TRY(return_to_orbit(d, &there));
        for (size_t j = 0; j < P; j++)
            x[j] = d->at.weights[j] - d->trial.weights[j];
        project_on_null(d, x, d->step);
        left = cpt_linalg_norm(P, d->step);
        if (left > end_share * radius)
            cpt_linalg_axpy(P, fmin(1, step_share * radius / left), d->step, d->trial.weights);
    }
    *near = there && distance(P, d->at.weights, d->trial.weights) <= return_share * radius;
done:
    return status;
}

critpt_status cpt_descent_run(cpt_descent *descent, double radius, bool *ended, bool *returned)
{
    critpt_status status;
    double size = step_share * radius;
    bool over = false, left = false;
    *ended = *returned = false;
    CPT_TRY(evaluate(descent, &descent->at));
    for (int step = 0; step < MOST_STEPS && !over && !left; step++) {
        if (descent->n_hessians >= descent->max_hessians)
            goto done;
        CPT_TRY(advance(descent, radius, &size, &over, &left));
    }
    *ended = true;
    if (!over || left)
        goto done;
    if (descent->n_null)
        CPT_TRY(is_on_orbit(descent, radius, ended, returned));
    else
        *returned =
            distance(descent->P, descent->at.weights, descent->minimum) <= return_share * radius;
done:
    return status;
}
