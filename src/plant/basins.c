/* The larger the margin of a minimum, the wider its basin, as a rule: margins are raised by steps.
 */
#include "plant/basins.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/shortfall.h"
#include "plant/build.h"

/* Where the solve ends and basins begin, of the part of the bar that is there for both. */
static const double solve_share = 0.5;

/* ---- Measuring ---- */

static bool is_measured(const instance *made, size_t k, bool all)
{
    const point_spec *point = &made->spec.points[k];
    return point->has_nature && point->index == 0 && (all || point->basin > 0);
}

static outcome measure(const instance *made, size_t k, const critpt_spectrum_options *options,
                       double *weights, basin_found *found)
{
    size_t P = critpt_model_n_weights(made->model);
    critpt_basin *basin = NULL;
    outcome result;
    TRY(cli_from_library(critpt_plan_point_weights(made->plan, k, weights, P), "%s", ""));
    TRY(cli_from_library(critpt_landscape_basin(&basin, made->landscape, weights, P, 0, options),
                         "%s: basin of point %zu", made->spec.file, k));
    const char *reason = critpt_basin_reason(basin);
    *found =
        (basin_found){.radius = critpt_basin_radius(basin), .share = critpt_basin_share(basin)};
    snprintf(found->reason, sizeof found->reason, "%s", reason ? reason : "");
done:
    critpt_basin_destroy(basin);
    return result;
}

/* Of all points that want it, after a solve. */
static outcome measure_all(instance *made, bool all, double from, double to, progress *bar)
{
    size_t K = made->spec.n_points, n = 0, i = 0;
    double *weights = NULL;
    critpt_spectrum_options *options = NULL;
    outcome result;
    for (size_t k = 0; k < K; k++)
        n += is_measured(made, k, all);
    if (n == 0)
        return DONE;
    if (!made->basins)
        TRY(cli_allocate(&made->basins, K, sizeof *made->basins));
    TRY(cli_allocate(&weights, critpt_model_n_weights(made->model), sizeof *weights));
    TRY(cli_from_library(critpt_spectrum_options_create(&options), "%s", ""));
    TRY(cli_from_library(critpt_spectrum_options_set_seed(options, made->spec.seed), "%s", ""));
    TRY(cli_from_library(critpt_spectrum_options_set_memory_limit(options, made->spec.memory_limit),
                         "%s", ""));
    TRY(cli_from_library(critpt_spectrum_options_set_progress(options, cli_progress_update, bar),
                         "%s", ""));
    for (size_t k = 0; k < K; k++) {
        made->basins[k] = (basin_found){NAN, NAN, ""};
        if (!is_measured(made, k, all))
            continue;
        cli_progress_range(bar, from + (to - from) * (double)i / (double)n,
                           from + (to - from) * (double)(i + 1) / (double)n);
        TRY(measure(made, k, options, weights, &made->basins[k]));
        i++;
    }
done:
    critpt_spectrum_options_destroy(options);
    free(weights);
    return result;
}

/* ---- Raising margins ---- */

static bool falls_short(const instance *made, size_t k)
{
    double asked = made->spec.points[k].basin;
    return asked > 0 && !(made->basins[k].radius >= asked);
}

/* The first point that falls short, or n_points. */
static size_t find_short(const instance *made)
{
    size_t k = 0;
    while (k < made->spec.n_points && !falls_short(made, k))
        k++;
    return k;
}

/* The widest basin that a point had so far, at which margin or eigenvalue. */
typedef struct widest {
    size_t point;
    double radius, at;
} widest;

static double *margin_of(point_spec *point)
{
    return point->eigenvalue > 0 ? &point->eigenvalue : &point->margin;
}

static void remember(instance *made, size_t k, widest *best)
{
    double radius = made->basins[k].radius;
    if (best->point != k || !(best->radius >= radius))
        *best = (widest){k, radius, *margin_of(&made->spec.points[k])};
}

/* Of the points that fall short; false where one can have no larger margin. */
static bool raise(instance *made)
{
    for (size_t k = 0; k < made->spec.n_points; k++) {
        point_spec *point = &made->spec.points[k];
        double *margin = margin_of(point);
        if (!falls_short(made, k))
            continue;
        if (margin == &point->margin && *margin >= claims_largest_margin)
            return false;
        *margin *= claims_margin_step;
        if (margin == &point->margin)
            *margin = fmin(*margin, claims_largest_margin);
    }
    return true;
}

/* What became of the point with the least share of its wish; `why` it did not go on. */
static outcome give_up(const instance *made, const widest *best, const char *why)
{
    const point_spec *point = &made->spec.points[best->point];
    const char *reason = made->basins[best->point].reason;
    if (isnan(best->radius))
        return cli_fail(REFUSED, "%s: points[%zu].basin: %g was asked for, and none is known: %s",
                        made->spec.file, best->point, point->basin, reason);
    return cli_fail(REFUSED,
                    "%s: points[%zu].basin: %g was asked for, and the widest measured is %.3g, at "
                    "the %s %.3g; %s; ask for less, or use more samples or other weights",
                    made->spec.file, best->point, point->basin, best->radius,
                    point->eigenvalue > 0 ? "eigenvalue" : "margin", best->at, why);
}

static outcome solve_once(instance *made, bool all, progress *bar)
{
    double from = bar->done, to = bar->to, middle = from + solve_share * (to - from);
    outcome result;
    cli_progress_range(bar, from, middle);
    TRY(cli_from_library(critpt_plan_solve(made->plan, made->options), "%s", made->spec.file));
    TRY(measure_all(made, all, middle, to, bar));
done:
    return result;
}

/* A point's margin that is met in part only grows no further. */
static bool is_met(const instance *made, size_t k)
{
    const point_spec *point = &made->spec.points[k];
    double reached = NAN;
    critpt_plan_point_value(made->plan, k,
                            point->eigenvalue > 0 ? CRITPT_POINT_EIGENVALUE : CRITPT_POINT_MARGIN,
                            &reached);
    return reached >= 0.99 * (point->eigenvalue > 0 ? point->eigenvalue : point->margin);
}

outcome plant_solve(instance *made, bool all, progress *bar)
{
    widest best = {.point = SIZE_MAX, .radius = NAN};
    double end = bar->to;
    outcome result;
    TRY(solve_once(made, all, bar));
    for (size_t k; made->basins && (k = find_short(made)) < made->spec.n_points;) {
        remember(made, k, &best);
        if (!is_met(made, k))
            TRY(give_up(made, &best, "no larger one can be had"));
        if (!raise(made))
            TRY(give_up(made, &best, "larger ones are not tried"));
        TRY(plant_instance_plan(made));
        cli_progress_range(bar, bar->done, end);
        result = solve_once(made, all, bar);
        if (result == REFUSED) {
            result = give_up(made, &best, "with a larger one the solve is refused");
            free(made->basins); /* of targets that are no more */
            made->basins = NULL;
        }
        TRY(result);
    }
done:
    return result;
}

/* ---- Stating ---- */

static outcome warn(critpt_file *file, const instance *made, size_t k)
{
    char text[480];
    if (!made->basins[k].reason[0])
        return DONE;
    snprintf(text, sizeof text, "the basin of point %zu is not known: %s", k,
             made->basins[k].reason);
    return cli_from_library(critpt_file_add_warning(file, text), "%s", "");
}

outcome plant_state_basins(critpt_file *file, const instance *made)
{
    size_t K = critpt_file_n_points(file);
    double *values = NULL;
    outcome result;
    if (!made->basins)
        return DONE;
    TRY(cli_allocate(&values, 2 * K, sizeof *values));
    for (size_t k = 0; k < K; k++) {
        bool known = k < made->spec.n_points;
        values[k] = known ? made->basins[k].radius : NAN;
        values[K + k] = known ? made->basins[k].share : NAN;
        if (known)
            TRY(warn(file, made, k));
    }
    TRY(cli_from_library(critpt_file_set_point_values(file, CRITPT_FILE_POINT_BASIN, values, K),
                         "%s", ""));
    TRY(cli_from_library(
        critpt_file_set_point_values(file, CRITPT_FILE_POINT_BASIN_SHARE, values + K, K), "%s",
        ""));
done:
    free(values);
    return result;
}
