/* The basin of a minimum, measured: how far around it descents come back (MATH 8). */
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "basin/descent.h"
#include "linalg/linalg.h"
#include "spectrum/spectrum.h"

enum {
    STARTS = 32,   /* for each radius */
    MOST_LOST = 3, /* of them */
    RADII = 13,    /* 2^-12 |w| to |w| */
    DEFAULT_HESSIANS = 20000,
    STREAM_BASIN = 4, /* of the starts' directions */
    REASON = 320      /* bytes */
};
/* A radius is measured where rounding moves the minimum by less than this part of it. */
static const double resolution = 1e-3;

typedef struct trial {
    double radius;
    size_t n_starts, n_returned;
} trial;

struct critpt_basin {
    double radius, share;
    char reason[REASON]; /* why the radius is NaN; "" where it is not */
    size_t n_hessians, n_tried;
    trial tried[RADII];
};

static void CPT_PRINTF(2, 3) forgo(critpt_basin *basin, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(basin->reason, sizeof basin->reason, format, arguments);
    va_end(arguments);
    basin->radius = basin->share = NAN;
}

/* ---- The minimum ---- */

/* Refuses what is no minimum; else the dimensions of its null orbit and the least eigenvalue beyond
 * it, with the latter's error. */
static critpt_status require_minimum(const critpt_spectrum *spectrum, cpt_descent *descent,
                                     double *error)
{
    critpt_status status;
    critpt_kind kind = critpt_spectrum_kind(spectrum);
    if (kind != CRITPT_MINIMUM && kind != CRITPT_MINIMUM_ON_COMPLEMENT)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the point's kind is %s; basins are measured of minima, on the complement "
                         "of null directions or not",
                         critpt_kind_name(kind));
    descent->n_null = descent->P - critpt_spectrum_n_positive(spectrum);
    CPT_TRY(critpt_spectrum_eigenvalue(spectrum, descent->n_null, &descent->least, error));
done:
    return status;
}

/* How far rounding leaves the gradient of a critical point from 0, from that of the minimum. */
static critpt_status find_floor(const critpt_spectrum *spectrum, cpt_descent *descent)
{
    critpt_status status;
    cpt_gradient_scale scale;
    critpt_workspace *workspace = descent->workspace;
    CPT_TRY(cpt_landscape_gradient_scale(workspace, workspace->landscape->targets, descent->minimum,
                                         &scale));
    descent->floor =
        cpt_landscape_rounding_unit(&scale) * fmax(1, critpt_spectrum_gradient_scaled(spectrum));
done:
    return status;
}

/* What has to be known of the point first; *error is that of the least eigenvalue. Extended
 * precision is asked where double precision leaves the kind open. */
static critpt_status examine(cpt_descent *descent, const critpt_spectrum_options *options,
                             double *error)
{
    critpt_status status;
    critpt_spectrum *spectrum = NULL;
    const critpt_landscape *landscape = descent->workspace->landscape;
    critpt_spectrum_options of_point = *options;
    of_point.n_extreme = 0;
    of_point.first_vector = of_point.n_vectors = 0;
    of_point.extended_precision = false;
    of_point.memory_limit = 0; /* the budget around it holds */
    of_point.progress = NULL;
    CPT_TRY(critpt_spectrum_create(&spectrum, landscape, descent->minimum, descent->P, &of_point));
    if (critpt_spectrum_kind(spectrum) == CRITPT_DEGENERATE) {
        critpt_spectrum_destroy(spectrum);
        of_point.extended_precision = true;
        CPT_TRY(
            critpt_spectrum_create(&spectrum, landscape, descent->minimum, descent->P, &of_point));
    }
    CPT_TRY(require_minimum(spectrum, descent, error));
    CPT_TRY(find_floor(spectrum, descent));
done:
    critpt_spectrum_destroy(spectrum);
    return status;
}

/* ---- Radii ---- */

/* Puts start number `start` into the place to descend from. */
static critpt_status place_start(cpt_descent *descent, uint64_t seed, size_t start, double radius)
{
    critpt_status status;
    size_t P = descent->P;
    double *weights = descent->at.weights;
    CPT_TRY(critpt_random_normal(seed, STREAM_BASIN, start * P, weights, P));
    double scale = radius / cpt_linalg_norm(P, weights);
    for (size_t i = 0; i < P; i++)
        weights[i] = descent->minimum[i] + scale * weights[i];
done:
    return status;
}

/* Descends from the starts of this radius until enough are lost, of the least radius from all;
 * *ended is false where the Hessians were used up. */
static critpt_status try_radius(critpt_basin *basin, cpt_descent *descent, uint64_t seed,
                                double radius, bool *ended)
{
    critpt_status status = CRITPT_OK;
    bool returned, first = basin->n_tried == 0;
    trial *t = &basin->tried[basin->n_tried];
    *t = (trial){.radius = radius};
    *ended = true;
    while (t->n_starts < STARTS && (first || t->n_starts - t->n_returned <= MOST_LOST)) {
        size_t done = basin->n_tried * STARTS + t->n_starts;
        CPT_TRY(cpt_pulse_advance((double)done / (RADII * STARTS), "basin"));
        CPT_TRY(place_start(descent, seed, t->n_starts, radius));
        CPT_TRY(cpt_descent_run(descent, radius, ended, &returned));
        if (!*ended)
            goto done;
        t->n_starts++;
        t->n_returned += returned;
    }
    basin->n_tried++;
done:
    return status;
}

/* From the smallest radius up, to the first that fails. */
static critpt_status measure(critpt_basin *basin, cpt_descent *descent, uint64_t seed)
{
    critpt_status status = CRITPT_OK;
    double size = cpt_linalg_norm(descent->P, descent->minimum);
    bool ended = true, good = true;
    basin->radius = 0;
    for (int halvings = RADII - 1; halvings >= 0 && good; halvings--) {
        CPT_TRY(try_radius(basin, descent, seed, ldexp(size, -halvings), &ended));
        if (!ended)
            break;
        const trial *t = &basin->tried[basin->n_tried - 1];
        good = t->n_starts - t->n_returned <= MOST_LOST;
        if (good)
            basin->radius = t->radius;
        if (good || basin->n_tried == 1)
            basin->share = (double)t->n_returned / STARTS;
    }
    if (!ended)
        forgo(basin,
              "the %zu Hessians allowed were used up; up to a radius of %.3g at least %d of %d "
              "starts returned: allow more",
              descent->max_hessians, basin->radius, STARTS - MOST_LOST, STARTS);
done:
    basin->n_hessians = descent->n_hessians;
    return status;
}

/* Of a minimum that was examined. */
static critpt_status judge(critpt_basin *basin, cpt_descent *descent, double error, uint64_t seed)
{
    critpt_status status = CRITPT_OK;
    double size = cpt_linalg_norm(descent->P, descent->minimum);
    double least_radius = ldexp(size, 1 - RADII), moved = descent->floor / descent->least;
    if (!(size > 0))
        forgo(basin, "the weights are 0, and radii are shares of their norm");
    else if (!(descent->least > error))
        forgo(basin, "rounding hides the least eigenvalue, %.2g with an error of %.2g",
              descent->least, error);
    else if (!(resolution * least_radius >= moved))
        forgo(basin,
              "a gradient's rounding, %.2g, over the least eigenvalue, %.2g, moves the minimum by "
              "%.2g, more than a thousandth of the least radius, %.2g",
              descent->floor, descent->least, moved, least_radius);
    else
        CPT_TRY(measure(basin, descent, seed));
done:
    return status;
}

/* ---- The call ---- */

/* Refused before anything is allocated where it would pass the memory limit. */
static critpt_status require_room(const critpt_landscape *landscape)
{
    enum { SMALL = 400, FIELDS = 6, VECTORS = 8 };
    critpt_status status;
    size_t P = landscape->model->n_weights, own, work, assembly, size;
    size_t fields = FIELDS * landscape->model->n_outputs;
    CPT_TRY(cpt_workspace_size(landscape, cpt_smaller(CPT_JET_BATCH, landscape->n_samples), &own));
    CPT_TRY(cpt_linalg_eigen_size(P, true, &work));
    CPT_TRY(cpt_landscape_curvature_size(landscape, CPT_JET_BATCH, CPT_HESSIAN, &assembly));
    CPT_TRY(cpt_multiply_add(P, P + VECTORS, own + SMALL, "Hessian", &size));
    CPT_TRY(cpt_multiply_add(landscape->n_samples, fields, size, "outputs", &size));
    CPT_TRY(cpt_multiply_add(1, work + assembly, size, "basin", &size));
    CPT_TRY(cpt_multiply(size, sizeof(double), "basin", &size));
    CPT_TRY(cpt_require_room(size));
done:
    return status;
}

/* Of checked arguments, within the memory limit. */
static critpt_status create(critpt_basin **basin, const critpt_landscape *landscape,
                            const double *weights, size_t max_hessians,
                            const critpt_spectrum_options *options)
{
    critpt_status status;
    critpt_workspace own = {0};
    cpt_descent descent = {.workspace = &own,
                           .P = landscape->model->n_weights,
                           .minimum = weights,
                           .max_hessians = max_hessians ? max_hessians : DEFAULT_HESSIANS};
    critpt_basin *made = NULL;
    double error;
    CPT_TRY(require_room(landscape));
    CPT_TRY(cpt_allocate(&made, 1, sizeof *made));
    CPT_TRY(cpt_workspace_initialize(&own, landscape, CPT_JET_BATCH));
    CPT_TRY(examine(&descent, options, &error));
    CPT_TRY(cpt_descent_create(&descent));
    CPT_TRY(judge(made, &descent, error, options->seed));
    CPT_TRY(cpt_pulse_advance(1, "done"));
    *basin = made;
    made = NULL;
done:
    cpt_descent_destroy(&descent);
    if (own.landscape)
        cpt_workspace_release(&own);
    critpt_basin_destroy(made);
    return status;
}

critpt_status critpt_landscape_basin(critpt_basin **basin, const critpt_landscape *landscape,
                                     const double *weights, size_t n_weights, size_t max_hessians,
                                     const critpt_spectrum_options *options)
{
    critpt_status status;
    cpt_budget budget;
    cpt_pulse pulse;
    options = cpt_spectrum_options_in_force(options);
    if (!basin)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "basin is NULL; give the address of a handle");
    *basin = NULL;
    cpt_budget_begin(&budget, options->memory_limit);
    cpt_pulse_begin(&pulse, options->progress, options->progress_user, "basin");
    CPT_TRY(cpt_landscape_require_weights(landscape, weights, n_weights));
    CPT_TRY(cpt_landscape_require_samples(landscape));
    CPT_TRY(cpt_landscape_require_targets(landscape));
    CPT_TRY(cpt_landscape_require_unsplit(landscape, "basins"));
    CPT_TRY(cpt_jet_require_second_order(landscape->model));
    CPT_TRY(create(basin, landscape, weights, max_hessians, options));
done:
    cpt_pulse_end(&pulse);
    cpt_budget_end(&budget);
    return status;
}

void critpt_basin_destroy(critpt_basin *basin)
{
    cpt_free(basin);
}

/* ---- Getters ---- */

double critpt_basin_radius(const critpt_basin *basin)
{
    return basin ? basin->radius : NAN;
}

double critpt_basin_share(const critpt_basin *basin)
{
    return basin ? basin->share : NAN;
}

const char *critpt_basin_reason(const critpt_basin *basin)
{
    return basin && *basin->reason ? basin->reason : NULL;
}

size_t critpt_basin_n_hessians(const critpt_basin *basin)
{
    return basin ? basin->n_hessians : 0;
}

size_t critpt_basin_n_tried(const critpt_basin *basin)
{
    return basin ? basin->n_tried : 0;
}

critpt_status critpt_basin_tried(const critpt_basin *basin, size_t i, double *radius,
                                 size_t *n_starts, size_t *n_returned)
{
    if (!basin)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "basin is NULL");
    if (i >= basin->n_tried)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "radius number %zu is asked for; %zu were tried",
                         i, basin->n_tried);
    if (radius)
        *radius = basin->tried[i].radius;
    if (n_starts)
        *n_starts = basin->tried[i].n_starts;
    if (n_returned)
        *n_returned = basin->tried[i].n_returned;
    return CRITPT_OK;
}
