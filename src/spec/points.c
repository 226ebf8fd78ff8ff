/* The points of a specification, with what is asked of the loss there, and values elsewhere. */
#include <limits.h>
#include <string.h>

#include "spec/conditions.h"
#include "spec/parts.h"

/* ---- Conditions ---- */

static outcome take_conditions(const place *p, point_spec *point)
{
    outcome result;
    TRY(spec_require_array(p, "conditions", &point->n_conditions));
    TRY(cli_allocate(&point->conditions, point->n_conditions, sizeof *point->conditions));
    for (size_t c = 0; c < point->n_conditions; c++) {
        place condition = spec_element_of(p, c);
        TRY(spec_take_condition(&condition, &point->conditions[c]));
    }
done:
    return result;
}

/* ---- Losses ---- */

static outcome take_above(const place *p, point_spec *point, size_t n_points)
{
    static const char *const known[] = {"point", "by", "soft", NULL};
    outcome result;
    TRY(spec_require_object(p, known));
    place below = spec_member_of(p, "point");
    if (!below.value)
        TRY(spec_fail_at(p, "point is missing; name the one below, from 0 on"));
    TRY(spec_take_size(&below, 0, n_points - 1, &point->above));
    TRY(spec_take_required(p, "by", &point->by));
    TRY(spec_take_soft(p, &point->soft));
    point->has_above = true;
done:
    return result;
}

static outcome take_losses(const place *p, point_spec *point, size_t n_points)
{
    place loss = spec_member_of(p, "loss"), above = spec_member_of(p, "loss_above");
    outcome result;
    if (loss.value && above.value)
        return spec_fail_at(p, "give one of loss and loss_above");
    TRY(spec_take_number(&loss, &point->loss));
    if (point->loss < 0)
        TRY(spec_fail_at(&loss, "%g is negative; no loss is", point->loss));
    point->has_loss = loss.value != NULL;
    if (above.value)
        TRY(take_above(&above, point, n_points));
done:
    return result;
}

/* ---- Points ---- */

static const double default_margin = 1e-4;

/* A saddle needs its index; others have none. */
static outcome take_index(const place *p, const char *nature, point_spec *point)
{
    place index = spec_member_of(p, "index");
    if (strcmp(nature, "saddle") != 0) {
        point->index = strcmp(nature, "maximum") ? 0 : SIZE_MAX;
        return index.value ? spec_fail_at(
                                 &index, "only a saddle has an index; its nature is \"%s\"", nature)
                           : DONE;
    }
    if (!index.value)
        return spec_fail_at(
            p, "index is missing; say how many eigenvalues of the saddle are negative");
    return spec_take_size(&index, 1, INT_MAX, &point->index);
}

static outcome take_nature(const place *p, point_spec *point)
{
    static const char *const natures[] = {"any", "minimum", "maximum", "saddle", NULL};
    place member = spec_member_of(p, "nature"), margin = spec_member_of(p, "margin"),
          eigenvalue = spec_member_of(p, "eigenvalue");
    const char *nature = natures[0];
    size_t i = 0;
    outcome result;
    TRY(spec_take_text(&member, &nature));
    while (natures[i] && strcmp(nature, natures[i]) != 0)
        i++;
    if (!natures[i])
        TRY(spec_fail_at(&member,
                         "\"%s\" is not known; use \"any\", \"minimum\", \"maximum\" or \"saddle\"",
                         nature));
    TRY(take_index(p, nature, point));
    point->has_nature = i > 0;
    point->has_margin = margin.value != NULL;
    point->margin = default_margin;
    if (margin.value && !point->has_nature)
        TRY(spec_fail_at(&margin, "a margin belongs to a nature; \"any\" has none"));
    TRY(spec_take_positive(&margin, &point->margin));
    if (point->margin >= 1)
        TRY(spec_fail_at(&margin, "%g is not below 1", point->margin));
    if (eigenvalue.value && (margin.value || !point->has_nature))
        TRY(spec_fail_at(&eigenvalue, margin.value ? "give one of margin and eigenvalue"
                                                   : "it belongs to a nature; \"any\" has none"));
    TRY(spec_take_positive(&eigenvalue, &point->eigenvalue));
done:
    return result;
}

/* What else a nature that was asked for may end as. */
static outcome take_allowed(const place *p, point_spec *point)
{
    place allow = spec_member_of(p, "allow");
    const char *only = critpt_kind_name(CRITPT_MINIMUM_ON_COMPLEMENT), *kind = only;
    size_t n = 0;
    outcome result;
    if (!allow.value)
        return DONE;
    TRY(spec_require_array(&allow, "kinds", &n));
    for (size_t i = 0; i < n; i++) {
        place element = spec_element_of(&allow, i);
        TRY(spec_take_text(&element, &kind));
        if (strcmp(kind, only) != 0)
            TRY(spec_fail_at(&element, "\"%.60s\" cannot be allowed; only \"%s\" can", kind, only));
    }
    if (!point->has_nature || point->index != 0)
        TRY(spec_fail_at(&allow, "only a point with nature \"minimum\" can end as less"));
    point->allows_complement = true;
done:
    return result;
}

static outcome take_basin(const place *p, point_spec *point)
{
    place basin = spec_member_of(p, "basin");
    if (basin.value && (!point->has_nature || point->index != 0))
        return spec_fail_at(&basin, "only a point with nature \"minimum\" has a basin");
    return spec_take_positive(&basin, &point->basin);
}

static outcome take_point(const place *p, point_spec *point, size_t n_points)
{
    static const char *const known[] = {"nature",     "index",      "margin", "eigenvalue", "basin",
                                        "allow",      "weights",    "fixed",  "critical",   "loss",
                                        "loss_above", "conditions", NULL};
    outcome result;
    TRY(spec_require_object(p, known));
    place weights = spec_member_of(p, "weights"), fixed = spec_member_of(p, "fixed"),
          critical = spec_member_of(p, "critical"), conditions = spec_member_of(p, "conditions");
    TRY(take_nature(p, point));
    TRY(take_allowed(p, point));
    TRY(take_basin(p, point));
    if (weights.value)
        TRY(spec_take_vector_file(&weights, &point->weights));
    point->fixed = weights.value != NULL;
    point->critical = true;
    TRY(spec_take_boolean(&fixed, &point->fixed));
    TRY(spec_take_boolean(&critical, &point->critical));
    if (point->has_nature && !point->critical)
        TRY(spec_fail_at(&critical, "a point that is not critical has no nature"));
    TRY(take_losses(p, point, n_points));
    if (conditions.value)
        TRY(take_conditions(&conditions, point));
done:
    return result;
}

outcome spec_take_points(const place *p, spec *s)
{
    outcome result;
    TRY(spec_require_array(p, "points", &s->n_points));
    TRY(cli_allocate(&s->points, s->n_points, sizeof *s->points));
    for (size_t k = 0; k < s->n_points; k++) {
        place point = spec_element_of(p, k);
        TRY(take_point(&point, &s->points[k], s->n_points));
    }
done:
    return result;
}

bool spec_is_drawn_apart(const spec *s, size_t point)
{
    return s->candidates && s->points[point].critical && !s->points[point].weights.kind;
}

/* true, or the number of candidates among which the drawn points are chosen. */
outcome spec_take_separation(const place *p, spec *s)
{
    enum { CANDIDATES_PER_POINT = 8 };
    bool asked = false;
    size_t n_drawn = 0;
    for (size_t k = 0; k < s->n_points; k++)
        n_drawn += s->points[k].critical && !s->points[k].weights.kind;
    if (json_is_integer(p->value))
        return spec_take_size(p, n_drawn ? n_drawn : 1, 1000000, &s->candidates);
    outcome result = spec_take_boolean(p, &asked);
    s->candidates = asked ? CANDIDATES_PER_POINT * n_drawn : 0;
    return result;
}

/* ---- Values at other weights ---- */

static outcome take_plane(const place *p, const spec *s, size_t plane[3])
{
    size_t n = 0;
    outcome result;
    TRY(spec_require_array(p, "points", &n));
    if (n != 3)
        TRY(spec_fail_at(p, "%zu points; a plane goes through three, A, B and C", n));
    for (size_t i = 0; i < 3; i++) {
        place point = spec_element_of(p, i);
        TRY(spec_take_size(&point, 0, s->n_points - 1, &plane[i]));
    }
done:
    return result;
}

static outcome take_picture(const place *p, const spec *s, value_spec *value)
{
    static const char *const known[] = {"plane", "grid", "csv", "soft", CSV_OPTIONS, NULL};
    outcome result;
    TRY(spec_require_object(p, known));
    place plane = spec_member_of(p, "plane"), grid = spec_member_of(p, "grid"),
          csv = spec_member_of(p, "csv");
    if (!grid.value || !csv.value)
        TRY(spec_fail_at(p, "%s is missing; a picture needs plane, grid and csv",
                         grid.value ? "csv" : "grid"));
    TRY(take_plane(&plane, s, value->plane));
    TRY(spec_take_size(&grid, 2, 10000, &value->grid));
    TRY(spec_take_csv(p, &csv, &value->image));
    value->is_picture = true;
done:
    return result;
}

static outcome take_loss_value(const place *p, const spec *s, value_spec *value)
{
    static const char *const known[] = {"weights", "above", "value", "soft", NULL};
    outcome result;
    TRY(spec_require_object(p, known));
    place weights = spec_member_of(p, "weights"), above = spec_member_of(p, "above");
    if (!above.value)
        TRY(spec_fail_at(p, "above is missing; name the point that the value counts from"));
    TRY(spec_take_vector_file(&weights, &value->weights));
    TRY(spec_take_size(&above, 0, s->n_points - 1, &value->above));
    TRY(spec_take_required(p, "value", &value->value));
done:
    return result;
}

static outcome take_value(const place *p, const spec *s, value_spec *value)
{
    static const char *const keys[] = {"weights", "plane"};
    static const char *const any[] = {"weights", "above", "value",  "plane",
                                      "grid",    "soft",  CSV_KEYS, NULL};
    size_t kind = 0;
    outcome result;
    TRY(spec_require_object(p, any));
    TRY(spec_choose(p, keys, 2, &kind));
    TRY(kind ? take_picture(p, s, value) : take_loss_value(p, s, value));
    TRY(spec_take_soft(p, &value->soft));
done:
    return result;
}

outcome spec_take_values(const place *p, spec *s)
{
    outcome result;
    if (!p->value)
        return DONE;
    TRY(spec_require_array(p, "values", &s->n_values));
    TRY(cli_allocate(&s->values, s->n_values, sizeof *s->values));
    for (size_t i = 0; i < s->n_values; i++) {
        place value = spec_element_of(p, i);
        TRY(take_value(&value, s, &s->values[i]));
    }
done:
    return result;
}
