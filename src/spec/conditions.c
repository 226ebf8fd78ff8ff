/* Conditions on derivatives: what each kind takes from a specification and adds to a plan. */
#include "spec/conditions.h"

#include <math.h>

#include "spec/parts.h"

/* ---- Vectors ---- */

static outcome take_numbers(const place *p, vector_spec *vector)
{
    outcome result;
    TRY(spec_require_array(p, "numbers, one per weight", &vector->n));
    TRY(cli_allocate(&vector->numbers, vector->n, sizeof *vector->numbers));
    for (size_t j = 0; j < vector->n; j++) {
        place number = spec_element_of(p, j);
        TRY(spec_take_number(&number, &vector->numbers[j]));
    }
done:
    return result;
}

/* [numbers], {"unit": i}, {"csv"} or {"hdf5", "dataset"} */
static outcome take_vector(const place *p, vector_spec *vector)
{
    static const char *const known[] = {"unit", NULL};
    outcome result;
    if (json_is_array(p->value))
        return take_numbers(p, vector);
    if (!json_object_get(p->value, "unit"))
        return spec_take_vector_file(p, &vector->file);
    TRY(spec_require_object(p, known));
    place unit = spec_member_of(p, "unit");
    TRY(spec_take_size(&unit, 0, SIZE_MAX / 2, &vector->unit));
done:
    return result;
}

/* ---- Arguments ---- */

static outcome require_pair(const place *p, const char *what)
{
    size_t n = 0;
    outcome result = spec_require_array(p, what, &n);
    if (result == DONE && n != 2)
        return spec_fail_at(p, "%zu elements; %s are two", n, what);
    return result;
}

static outcome take_entry(const place *p, condition_spec *condition)
{
    outcome result;
    TRY(require_pair(p, "row and column"));
    for (size_t i = 0; i < 2; i++) {
        place element = spec_element_of(p, i);
        TRY(spec_take_size(&element, 0, SIZE_MAX / 2, &condition->entry[i]));
    }
done:
    return result;
}

static outcome take_directions(const place *p, condition_spec *condition)
{
    outcome result;
    TRY(require_pair(p, "v and u"));
    for (size_t i = 0; i < 2; i++) {
        place element = spec_element_of(p, i);
        TRY(take_vector(&element, &condition->vectors[i]));
    }
done:
    return result;
}

static outcome take_one_vector(const place *p, condition_spec *condition)
{
    return take_vector(p, &condition->vectors[0]);
}

/* What has no arguments is asked for by true. */
static outcome take_true(const place *p, condition_spec *condition)
{
    bool asked = true;
    (void)condition;
    outcome result = spec_take_boolean(p, &asked);
    return result == DONE && !asked ? spec_fail_at(p, "only true can be asked for; leave it out")
                                    : result;
}

outcome spec_take_required(const place *p, const char *key, double *value)
{
    place member = spec_member_of(p, key);
    return member.value ? spec_take_number(&member, value) : spec_fail_at(p, "%s is missing", key);
}

outcome spec_take_soft(const place *p, double *soft)
{
    place member = spec_member_of(p, "soft");
    return spec_take_positive(&member, soft);
}

/* ---- Into a plan ---- */

static critpt_status require_gradient(critpt_plan *plan, size_t point,
                                      const condition_spec *condition, const double *vectors,
                                      size_t P)
{
    (void)condition;
    return critpt_plan_require_gradient(plan, point, vectors, P, NULL);
}

static critpt_status require_entry(critpt_plan *plan, size_t point, const condition_spec *condition,
                                   const double *vectors, size_t P)
{
    (void)vectors;
    (void)P;
    return critpt_plan_require_hessian_entry(plan, point, condition->entry[0], condition->entry[1],
                                             condition->value, NULL);
}

static critpt_status require_curvature(critpt_plan *plan, size_t point,
                                       const condition_spec *condition, const double *vectors,
                                       size_t P)
{
    return critpt_plan_require_curvature(plan, point, vectors, vectors + P, P, condition->value,
                                         NULL);
}

static critpt_status require_eigenpair(critpt_plan *plan, size_t point,
                                       const condition_spec *condition, const double *vectors,
                                       size_t P)
{
    return critpt_plan_require_eigenpair(plan, point, condition->value, vectors, P, NULL);
}

static critpt_status require_gauss_newton(critpt_plan *plan, size_t point,
                                          const condition_spec *condition, const double *vectors,
                                          size_t P)
{
    (void)condition;
    (void)vectors;
    (void)P;
    return critpt_plan_require_gauss_newton(plan, point, NULL);
}

/* ---- The kinds ---- */

static const spec_condition_kind kinds[] = {
    {.kind = CRITPT_CONDITION_HESSIAN_ENTRY,
     .key = "hessian",
     .has_value = true,
     .has_entry = true,
     .take = take_entry,
     .require = require_entry},
    {.kind = CRITPT_CONDITION_CURVATURE,
     .key = "curvature",
     .has_value = true,
     .n_vectors = 2,
     .take = take_directions,
     .require = require_curvature},
    {.kind = CRITPT_CONDITION_EIGENPAIR,
     .key = "eigenpair",
     .has_value = true,
     .n_vectors = 1,
     .take = take_one_vector,
     .require = require_eigenpair},
    {.kind = CRITPT_CONDITION_GRADIENT,
     .key = "gradient",
     .value = NAN,
     .n_vectors = 1,
     .take = take_one_vector,
     .require = require_gradient},
    {.kind = CRITPT_CONDITION_GAUSS_NEWTON,
     .key = "gauss_newton",
     .take = take_true,
     .require = require_gauss_newton},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

const spec_condition_kind *spec_condition_kind_of(const condition_spec *condition)
{
    size_t i = 0;
    while (i + 1 < KINDS && kinds[i].kind != condition->kind)
        i++;
    return &kinds[i];
}

outcome spec_take_condition(const place *p, condition_spec *condition)
{
    const char *keys[KINDS], *any[KINDS + 3] = {NULL};
    size_t i = 0;
    outcome result;
    for (size_t k = 0; k < KINDS; k++)
        keys[k] = any[k] = kinds[k].key;
    any[KINDS] = "value";
    any[KINDS + 1] = "soft";
    TRY(spec_require_object(p, any));
    TRY(spec_choose(p, keys, KINDS, &i));
    const spec_condition_kind *chosen = &kinds[i];
    const char *const known[] = {chosen->key, "soft", chosen->has_value ? "value" : NULL, NULL};
    TRY(spec_require_object(p, known));
    place arguments = spec_member_of(p, chosen->key);
    condition->kind = chosen->kind;
    condition->value = chosen->value;
    TRY(chosen->take(&arguments, condition));
    if (chosen->has_value)
        TRY(spec_take_required(p, "value", &condition->value));
    TRY(spec_take_soft(p, &condition->soft));
done:
    return result;
}
