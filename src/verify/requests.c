/* That points and conditions are those which the specification asks for, one by one. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/shortfall.h"
#include "spec/conditions.h"
#include "verify/requests.h"

/* A condition as the specification has it; NaN and NULL for what a file of its own tells. */
typedef struct expected {
    critpt_condition_kind kind;
    size_t n_points, points[3];
    double value, soft;
    const vector_spec *vectors; /* n_vectors of them */
    size_t n_vectors;
    const size_t *entry; /* of a Hessian */
} expected;

static bool same(double a, double b)
{
    return !memcmp(&a, &b, sizeof a) || (isnan(a) && isnan(b));
}

static bool equal(double a, double b)
{
    return a <= b && a >= b;
}

/* ---- Points ---- */

static size_t count_points(const spec *s)
{
    size_t n = s->n_points;
    for (size_t i = 0; i < s->n_values; i++)
        n += !s->values[i].is_picture;
    return n;
}

/* The nature in the file's words. */
static const char *nature_of(const spec *s, size_t k)
{
    const point_spec *point = k < s->n_points ? &s->points[k] : NULL;
    bool free = !point || !point->critical;
    for (size_t c = 0; point && c < point->n_conditions; c++)
        free = free || point->conditions[c].kind == CRITPT_CONDITION_GRADIENT;
    if (free)
        return "free";
    if (!point->has_nature)
        return "any";
    return point->index == 0 ? "minimum" : point->index == SIZE_MAX ? "maximum" : "saddle";
}

/* By how many steps, is listed. */
static bool is_raised(double wanted, double margin, double most)
{
    double steps = log(margin / wanted) / log(claims_margin_step);
    return margin >= wanted && margin <= most &&
           (same(margin, most) || fabs(steps - round(steps)) <= 1e-9);
}

/* The margin, or least eigenvalue, that was asked for, which is raised for the sake of a basin; and
 * the basin, as it is stated. */
static void check_margins(verification *v, size_t k, const char *where, bool asked, bool own)
{
    const point_spec *point = asked ? &v->spec.points[k] : NULL;
    double margin = verify_point_value(v, k, CRITPT_FILE_POINT_MARGIN_REQUESTED);
    double least = verify_point_value(v, k, CRITPT_FILE_POINT_EIGENVALUE_REQUESTED);
    double wanted = asked && !own ? point->margin : NAN,
           wanted_least = own ? point->eigenvalue : NAN;
    bool raised = asked && point->basin > 0;
    verify_judge(v, where, "margin_requested by the specification", margin, wanted,
                 same(margin, wanted) ||
                     (raised && is_raised(wanted, margin, claims_largest_margin)));
    if (own || !isnan(least))
        verify_judge(v, where, "eigenvalue_requested by the specification", least, wanted_least,
                     same(least, wanted_least) ||
                         (raised && is_raised(wanted_least, least, DBL_MAX)));
    if (raised && v->planted) {
        double basin = verify_point_value(v, k, CRITPT_FILE_POINT_BASIN);
        verify_judge(v, where, "basin by the specification", basin, point->basin,
                     basin >= point->basin);
    }
    if (raised)
        verify_leave(v, "%s: %s (by how many steps it was raised)", where,
                     own ? "eigenvalue_requested" : "margin_requested");
}

static void check_points(verification *v)
{
    char where[32];
    for (size_t k = 0; k < critpt_file_n_points(v->file); k++) {
        const char *stated = critpt_file_point_nature(v->file, k), *nature = nature_of(&v->spec, k);
        bool asked = k < v->spec.n_points && v->spec.points[k].has_nature;
        bool own = asked && v->spec.points[k].eigenvalue > 0;
        /* as many negative eigenvalues as there are weights make a maximum */
        bool all = asked && v->spec.points[k].index == v->problem.n_weights;
        snprintf(where, sizeof where, "point %zu", k);
        verify_judge_text(v, where, "nature_requested by the specification", stated, nature,
                          !strcmp(stated, nature) || (all && !strcmp(stated, "maximum")));
        check_margins(v, k, where, asked, own);
    }
}

/* ---- Conditions ---- */

static expected of_condition(const condition_spec *condition, size_t k)
{
    const spec_condition_kind *kind = spec_condition_kind_of(condition);
    return (expected){.kind = condition->kind,
                      .n_points = 1,
                      .points = {k},
                      .value = condition->value,
                      .soft = condition->soft,
                      .entry = kind->has_entry ? condition->entry : NULL,
                      .vectors = condition->vectors,
                      .n_vectors = kind->n_vectors};
}

static void add(expected *list, size_t *n, expected e)
{
    if (list)
        list[*n] = e;
    ++*n;
}

static expected of_value(const value_spec *value, size_t point)
{
    if (value->is_picture)
        return (expected){.kind = CRITPT_CONDITION_PICTURE,
                          .n_points = 3,
                          .points = {value->plane[0], value->plane[1], value->plane[2]},
                          .value = NAN,
                          .soft = value->soft};
    return (expected){.kind = CRITPT_CONDITION_LOSS_DIFFERENCE,
                      .n_points = 2,
                      .points = {point, value->above},
                      .value = value->value,
                      .soft = value->soft};
}

/* All of them in the order of the plan; `list` NULL only counts. */
static size_t list_expected(const spec *s, expected *list)
{
    size_t n = 0, extra = s->n_points;
    for (size_t k = 0; k < s->n_points; k++) {
        const point_spec *p = &s->points[k];
        if (p->has_loss)
            add(list, &n,
                (expected){
                    .kind = CRITPT_CONDITION_LOSS, .n_points = 1, .points = {k}, .value = p->loss});
        if (p->has_above)
            add(list, &n,
                (expected){.kind = CRITPT_CONDITION_LOSS_DIFFERENCE,
                           .n_points = 2,
                           .points = {k, p->above},
                           .value = p->by,
                           .soft = p->soft});
        for (size_t c = 0; c < p->n_conditions; c++)
            add(list, &n, of_condition(&p->conditions[c], k));
    }
    for (size_t i = 0; i < s->n_values; i++)
        add(list, &n, of_value(&s->values[i], s->values[i].is_picture ? 0 : extra++));
    return n;
}

/* A vector of the specification against a row of the condition's array. */
static outcome check_vector(verification *v, size_t c, const char *where, const vector_spec *vector,
                            const double *row)
{
    size_t P = v->problem.n_weights;
    double *unit = NULL;
    outcome result = DONE;
    if (vector->file.kind) {
        verify_leave(v, "array_%zu (from %s)", c, vector->file.path);
        return DONE;
    }
    if (vector->n && vector->n != P) {
        verify_judge(v, where, "length of its vector", (double)vector->n, (double)P, false);
        return DONE;
    }
    TRY(cli_allocate(&unit, P, sizeof *unit));
    if (vector->unit < P)
        unit[vector->unit] = 1;
    verify_judge_bits(v, where, "array by the specification", P, row,
                      vector->n ? vector->numbers : unit);
done:
    free(unit);
    return result;
}

static outcome check_array(verification *v, size_t c, const char *where, const expected *e)
{
    size_t rows = 0, columns = 0;
    double *array = NULL;
    outcome result;
    TRY(cli_from_library(critpt_file_condition_size(v->file, c, &rows, &columns), "%s", v->path));
    if (!rows)
        return DONE;
    TRY(cli_allocate(&array, rows * columns, sizeof *array));
    TRY(cli_from_library(critpt_file_condition_array(v->file, c, array, columns), "%s", v->path));
    for (size_t i = 0; i < e->n_vectors && i < rows; i++)
        TRY(check_vector(v, c, where, &e->vectors[i], array + i * columns));
    if (e->entry) {
        const double entry[2] = {(double)e->entry[0], (double)e->entry[1]};
        verify_judge_bits(v, where, "entry by the specification", 2, array, entry);
    }
    if (e->kind == CRITPT_CONDITION_PICTURE)
        verify_leave(v, "array_%zu, the picture (from a file)", c);
done:
    free(array);
    return result;
}

static outcome check_condition(verification *v, size_t c, const expected *e)
{
    critpt_condition_kind kind = CRITPT_CONDITION_NATURE;
    size_t points[3] = {0, 0, 0}, n = 0;
    double requested = NAN, soft = NAN;
    bool on = true;
    char where[32];
    outcome result;
    snprintf(where, sizeof where, "condition %zu", c);
    TRY(cli_from_library(critpt_file_condition(v->file, c, &kind, &n, points), "%s", v->path));
    verify_judge_text(v, where, "type by the specification", critpt_condition_kind_name(kind),
                      critpt_condition_kind_name(e->kind), kind == e->kind);
    if (kind != e->kind)
        return DONE;
    for (size_t i = 0; i < e->n_points; i++)
        on = on && points[i] == e->points[i];
    verify_judge(v, where, "points by the specification", (double)points[0], (double)e->points[0],
                 on);
    critpt_file_condition_value(v->file, c, CRITPT_CONDITION_REQUESTED, &requested);
    critpt_file_condition_value(v->file, c, CRITPT_CONDITION_SOFTNESS, &soft);
    if (!isnan(e->value) && (v->planted || !isnan(requested)))
        verify_judge(v, where, "requested by the specification", requested, e->value,
                     equal(requested, e->value));
    if (v->planted || !isnan(soft))
        verify_judge(v, where, "softness", soft, e->soft, equal(soft, e->soft));
    TRY(check_array(v, c, where, e));
done:
    return result;
}

outcome verify_check_requests(verification *v)
{
    size_t n, held = critpt_file_n_conditions(v->file), K = critpt_file_n_points(v->file);
    expected *list = NULL;
    outcome result;
    if (!v->has_spec) {
        if (held)
            verify_leave(v, "softness");
        return DONE;
    }
    n = list_expected(&v->spec, NULL);
    verify_judge(v, "spec", "points", (double)count_points(&v->spec), (double)K,
                 count_points(&v->spec) == K);
    verify_judge(v, "spec", "conditions", (double)n, (double)held, n == held);
    check_points(v);
    TRY(cli_allocate(&list, n, sizeof *list));
    list_expected(&v->spec, list);
    for (size_t c = 0; c < n && n == held; c++)
        TRY(check_condition(v, c, &list[c]));
done:
    free(list);
    return result;
}
