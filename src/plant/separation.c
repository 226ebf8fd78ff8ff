/* Points drawn apart from each other and from those that are given, so that the targets stay small;
 * the angles that they are chosen by are not all of it, so that the first draws may be better. */
#include <stdlib.h>

#include "plant/separation.h"
#include "plant/targets.h"
#include "plant/weights.h"

/* Those that stand by themselves: given, critical ones. */
static outcome add_given(const instance *made, critpt_plan *plan, double *weights)
{
    const spec *s = &made->spec;
    size_t P = critpt_model_n_weights(made->model), point;
    outcome result = DONE;
    for (size_t k = 0; k < s->n_points; k++) {
        if (!s->points[k].critical || spec_is_drawn_apart(s, k))
            continue;
        TRY(plant_find_weights(made, k, weights, P));
        TRY(cli_from_library(critpt_plan_add_point(plan, weights, P, &point), "%s: points[%zu]",
                             s->file, k));
        if (!s->points[k].fixed)
            TRY(cli_from_library(critpt_plan_let_point_move(plan, point), "%s: points[%zu]",
                                 s->file, k));
    }
done:
    return result;
}

/* The first draws, where choosing among them made it worse. */
static outcome keep_first(instance *made, size_t n)
{
    const spec *s = &made->spec;
    size_t P = critpt_model_n_weights(made->model);
    outcome result = DONE;
    for (size_t k = 0; k < n; k++)
        TRY(cli_from_library(critpt_model_draw_weights(made->model, s->seed, k, s->init_scale,
                                                       made->apart + k * P, P),
                             "%s: separate_points", s->file));
done:
    return result;
}

static outcome choose_points(instance *made, critpt_plan *plan, size_t n, progress *bar)
{
    const spec *s = &made->spec;
    size_t P = critpt_model_n_weights(made->model), first = 0;
    outcome result;
    TRY(cli_from_library(critpt_plan_options_set_progress(made->options, cli_progress_update, bar),
                         "%s", s->file));
    result = cli_from_library(
        critpt_plan_draw_points_with_options(plan, n, s->candidates, s->init_scale, s->seed,
                                             made->options, &first, &made->gain),
        "%s: separate_points", s->file);
    if (result == REFUSED) /* the solve with the first ones will say why, if it cannot be had */
        made->gain = 0;
    else
        TRY(result);
    if (made->gain < 1)
        return keep_first(made, n);
    for (size_t k = 0; k < n; k++)
        TRY(cli_from_library(critpt_plan_point_weights(plan, first + k, made->apart + k * P, P),
                             "%s", s->file));
done:
    return result;
}

outcome plant_instance_separate_points(instance *made, progress *bar)
{
    const spec *s = &made->spec;
    size_t P = critpt_model_n_weights(made->model), n = 0;
    critpt_plan *plan = NULL; /* of its own: the points' numbers are others there */
    double *weights = NULL;
    outcome result = DONE;
    for (size_t k = 0; k < s->n_points; k++)
        n += spec_is_drawn_apart(s, k);
    if (!n)
        return DONE;
    TRY(cli_allocate(&weights, P, sizeof *weights));
    TRY(cli_allocate(&made->apart, n * P, sizeof *made->apart));
    TRY(cli_from_library(critpt_plan_create(&plan, made->landscape), "%s: separate_points",
                         s->file));
    TRY(plant_instance_set_base_targets(made, plan));
    TRY(add_given(made, plan, weights));
    TRY(choose_points(made, plan, n, bar));
done:
    critpt_plan_destroy(plan);
    free(weights);
    return result;
}
