/* The targets to stay near to. */
#include "plant/targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/source.h"

static outcome require_targets_shape(const instance *made, const table *t)
{
    const base_spec *base = &made->spec.base;
    size_t D = critpt_model_n_outputs(made->model), n = made->data.n_samples;
    if (t->rows != n)
        return cli_fail(BAD_INPUT,
                        "%s: base_targets have %zu rows, the inputs %zu; every sample "
                        "needs one",
                        base->source.path, t->rows, n);
    if (t->columns != D)
        return cli_fail(BAD_INPUT, "%s: base_targets have %zu %s, the model %zu outputs",
                        base->source.path, t->columns, base->one_hot ? "classes" : "columns", D);
    return DONE;
}

static outcome read_base_targets(const instance *made, critpt_plan *plan)
{
    const base_spec *base = &made->spec.base;
    table t;
    outcome result = spec_source_read(&base->source, &t);
    if (result != DONE)
        return result;
    if (base->one_hot)
        TRY(spec_one_hot(&t.values, t.rows, &t.columns, base->source.path));
    TRY(require_targets_shape(made, &t));
    TRY(cli_from_library(critpt_plan_set_base_targets(plan, t.values, t.columns), "%s",
                         base->source.path));
done:
    data_table_free(&t);
    return result;
}

outcome plant_instance_set_base_targets(const instance *made, critpt_plan *plan)
{
    const base_spec *base = &made->spec.base;
    size_t D = critpt_model_n_outputs(made->model);
    double *zeros = NULL;
    outcome result = DONE;
    if (base->kind == BASE_CSV)
        return read_base_targets(made, plan);
    if (base->kind != BASE_ZERO)
        return DONE;
    TRY(cli_allocate(&zeros, made->data.n_samples * D, sizeof *zeros));
    TRY(cli_from_library(critpt_plan_set_base_targets(plan, zeros, D), "%s: base_targets",
                         made->spec.file));
done:
    free(zeros);
    return result;
}
