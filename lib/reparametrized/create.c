/* How a model of fewer weights is made: everything checked, copied, and the base retained. */
#include <math.h>
#include <string.h>

#include "reparametrized/reparametrized.h"

/* ---- Checks ---- */

static critpt_status require_sizes(critpt_model **model, const critpt_model *base,
                                   const double *origin, size_t n_base_weights, size_t n_weights)
{
    critpt_status status;
    if (!model)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "model is NULL; give the address of a handle");
    *model = NULL;
    if (!base)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "base is NULL; give the model to take weights of");
    if (base->n_outputs == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the base has no layer; add its layers with critpt_mlp_add_layer");
    CPT_TRY(cpt_require_array("origin", origin, n_base_weights, base->n_weights));
    CPT_TRY(cpt_require_finite("origin", origin, n_base_weights));
    if (n_weights == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "n_weights is 0; a model needs a weight");
    if (n_weights > base->n_weights)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "n_weights is %zu, and the base has %zu: more than that determine each "
                         "other",
                         n_weights, base->n_weights);
done:
    return status;
}

static critpt_status require_entries(const size_t *rows, const size_t *columns,
                                     const double *values, size_t n_entries, size_t n_rows,
                                     size_t n_columns)
{
    if (!rows || !columns || !values)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the matrix's %s is NULL; give rows, columns and values of its entries",
                         !rows      ? "rows"
                         : !columns ? "columns"
                                    : "values");
    for (size_t i = 0; i < n_entries; i++) {
        if (rows[i] >= n_rows)
            return cpt_error(CRITPT_INVALID_ARGUMENT, "rows[%zu] is %zu; the base has %zu weights",
                             i, rows[i], n_rows);
        if (columns[i] >= n_columns)
            return cpt_error(CRITPT_INVALID_ARGUMENT, "columns[%zu] is %zu; n_weights is %zu", i,
                             columns[i], n_columns);
        if (!isfinite(values[i]))
            return cpt_error(CRITPT_NON_FINITE, "values[%zu] is %g; the matrix must be finite", i,
                             values[i]);
    }
    return CRITPT_OK;
}

/* An error where two entries have the same place, found row by row. */
static critpt_status require_distinct(const size_t *rows, const size_t *columns, size_t n_entries,
                                      size_t n_rows, size_t n_columns)
{
    critpt_status status;
    size_t *first = NULL, *order = NULL, *last = NULL;
    CPT_TRY(cpt_allocate(&first, n_rows + 1, sizeof *first));
    CPT_TRY(cpt_allocate(&order, n_entries, sizeof *order));
    CPT_TRY(cpt_allocate(&last, n_columns, sizeof *last)); /* 1 + the last entry of a column */
    for (size_t i = 0; i < n_entries; i++)
        first[rows[i] + 1]++;
    for (size_t j = 0; j < n_rows; j++)
        first[j + 1] += first[j];
    for (size_t i = 0; i < n_entries; i++)
        order[first[rows[i]]++] = i;
    for (size_t at = 0; at < n_entries; at++) {
        size_t i = order[at], before = last[columns[i]];
        if (before > 0 && rows[before - 1] == rows[i])
            CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT,
                              "entries %zu and %zu are both in row %zu and column %zu; give their "
                              "sum once",
                              before - 1, i, rows[i], columns[i]));
        last[columns[i]] = i + 1;
    }
done:
    cpt_free(first);
    cpt_free(order);
    cpt_free(last);
    return status;
}

/* ---- What B is like ---- */

/* The first row of each column, and whether it is the only one. */
static critpt_status find_columns(cpt_reparametrized *own)
{
    critpt_status status;
    const cpt_sparse *b = &own->b;
    CPT_TRY(cpt_allocate(&own->only, b->n_columns, sizeof *own->only));
    CPT_TRY(cpt_allocate(&own->leader, b->n_columns, sizeof *own->leader));
    for (size_t k = 0; k < b->n_columns; k++)
        own->leader[k] = SIZE_MAX;
    for (size_t e = 0; e < b->n; e++) {
        size_t k = b->columns[e];
        own->only[k] = own->leader[k] == SIZE_MAX ? b->rows[e] : SIZE_MAX;
        if (own->leader[k] == SIZE_MAX)
            own->leader[k] = b->rows[e];
    }
    for (size_t k = 0; k < b->n_columns; k++)
        if (own->leader[k] == SIZE_MAX)
            return cpt_error(CRITPT_INVALID_ARGUMENT,
                             "column %zu of the matrix is zero: weight %zu would have no effect; "
                             "leave it out",
                             k, k);
done:
    return status;
}

static void find_form(cpt_reparametrized *own)
{
    const cpt_sparse *b = &own->b;
    own->disjoint = b->widest <= 1;
    own->exact = own->disjoint;
    for (size_t e = 0; e < b->n; e++)
        own->exact = own->exact && fabs(b->values[e]) == 1 && own->origin[b->rows[e]] == 0;
}

static void destroy(critpt_model *model)
{
    cpt_reparametrized *own = (cpt_reparametrized *)model;
    critpt_model_destroy(own->base);
    cpt_sparse_destroy(&own->b);
    cpt_triangle_destroy(&own->factor);
    cpt_free(own->origin);
    cpt_free(own->only);
    cpt_free(own->leader);
    cpt_free(own->linear);
    cpt_free(own->constants);
    cpt_free(own);
}

/* Whether the base's products of Jacobians are B's too, and less work than whole rows of the
 * columns: its own are by all weights, whatever the number of outputs (MATH 6). */
static bool takes_gram(const cpt_reparametrized *own)
{
    const cpt_sparse *b = &own->b;
    double all = (double)b->n_rows, few = (double)b->n_columns;
    bool chosen = b->widest == 1 && b->longest == 1;
    for (size_t e = 0; e < b->n; e++)
        chosen = chosen && b->values[e] == 1;
    return chosen && (double)own->model.n_outputs * few * few >= all * all;
}

static void find_operations(cpt_reparametrized *own)
{
    const cpt_model_operations *base = own->base->operations;
    cpt_model_operations *operations = &own->operations;
    *operations = cpt_reparametrized_operations;
    operations->second = base->second ? &cpt_reparametrized_second_order : NULL;
    operations->fields = base->fields ? &cpt_reparametrized_fields : NULL;
    operations->gram = base->gram && takes_gram(own) ? &cpt_reparametrized_gram : NULL;
    operations->kept = base->kept ? &cpt_reparametrized_kept : NULL;
    operations->structure = &own->structure;
    operations->destroy = destroy;
    if (!base->derivative_errors)
        operations->derivative_errors = NULL;
    if (!base->check)
        operations->check = NULL;
}

/* ---- Creation ---- */

/* Of arguments that were checked; the origin's entries in rows `free`, where not NULL, are 0. */
static critpt_status make(critpt_model **model, critpt_model *base, const double *origin,
                          size_t n_weights, const size_t *rows, const size_t *columns,
                          const double *values, size_t n_entries, const size_t *free)
{
    critpt_status status;
    cpt_reparametrized *own = NULL;
    CPT_TRY(cpt_allocate(&own, 1, sizeof *own));
    cpt_model_initialize(&own->model, &own->operations);
    own->model.n_inputs = base->n_inputs;
    own->model.n_outputs = base->n_outputs;
    own->model.n_weights = n_weights;
    cpt_model_retain(base);
    own->base = base;
    CPT_TRY(cpt_allocate(&own->origin, base->n_weights, sizeof *own->origin));
    memcpy(own->origin, origin, base->n_weights * sizeof *origin);
    for (size_t k = 0; free && k < n_weights; k++)
        own->origin[free[k]] = 0;
    CPT_TRY(
        cpt_sparse_create(&own->b, base->n_weights, n_weights, rows, columns, values, n_entries));
    CPT_TRY(find_columns(own));
    find_form(own);
    find_operations(own);
    CPT_TRY(cpt_reparametrized_factor(own));
    CPT_TRY(cpt_reparametrized_find_structure(own));
    CPT_TRY(cpt_model_freeze(base));
    *model = &own->model;
    own = NULL;
done:
    if (own)
        destroy(&own->model);
    return status;
}

critpt_status critpt_model_reparametrize(critpt_model **model, critpt_model *base,
                                         const double *origin, size_t n_base_weights,
                                         size_t n_weights, const size_t *rows,
                                         const size_t *columns, const double *values,
                                         size_t n_entries)
{
    critpt_status status;
    CPT_TRY(require_sizes(model, base, origin, n_base_weights, n_weights));
    CPT_TRY(require_entries(rows, columns, values, n_entries, base->n_weights, n_weights));
    CPT_TRY(require_distinct(rows, columns, n_entries, base->n_weights, n_weights));
    CPT_TRY(make(model, base, origin, n_weights, rows, columns, values, n_entries, NULL));
done:
    return status;
}

static critpt_status require_chosen(const critpt_model *base, const size_t *chosen, size_t n,
                                    size_t *place)
{
    if (!chosen)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "chosen is NULL; name the weights that are free");
    for (size_t k = 0; k < n; k++) {
        if (chosen[k] >= base->n_weights)
            return cpt_error(CRITPT_INVALID_ARGUMENT,
                             "chosen[%zu] is %zu; the base has %zu weights", k, chosen[k],
                             base->n_weights);
        if (place[chosen[k]] > 0)
            return cpt_error(CRITPT_INVALID_ARGUMENT,
                             "chosen[%zu] and chosen[%zu] are both weight %zu; name each once",
                             place[chosen[k]] - 1, k, chosen[k]);
        place[chosen[k]] = k + 1;
    }
    return CRITPT_OK;
}

critpt_status critpt_model_choose_weights(critpt_model **model, critpt_model *base,
                                          const double *origin, size_t n_base_weights,
                                          const size_t *chosen, size_t n_chosen)
{
    critpt_status status;
    size_t *place = NULL, *columns = NULL;
    double *ones = NULL;
    CPT_TRY(require_sizes(model, base, origin, n_base_weights, n_chosen));
    CPT_TRY(cpt_allocate(&place, n_base_weights, sizeof *place));
    CPT_TRY(cpt_allocate(&columns, n_chosen, sizeof *columns));
    CPT_TRY(cpt_allocate(&ones, n_chosen, sizeof *ones));
    CPT_TRY(require_chosen(base, chosen, n_chosen, place));
    for (size_t k = 0; k < n_chosen; k++) {
        columns[k] = k;
        ones[k] = 1;
    }
    CPT_TRY(make(model, base, origin, n_chosen, chosen, columns, ones, n_chosen, chosen));
done:
    cpt_free(place);
    cpt_free(columns);
    cpt_free(ones);
    return status;
}

/* ---- Back to the base ---- */

static bool is_reparametrized(const critpt_model *model)
{
    return model && model->operations->destroy == destroy;
}

const critpt_model *critpt_model_base(const critpt_model *model)
{
    return is_reparametrized(model) ? cpt_reparametrized_from(model)->base : NULL;
}

critpt_status critpt_model_base_weights(const critpt_model *model, const double *weights,
                                        size_t n_weights, double *base_weights,
                                        size_t n_base_weights)
{
    critpt_status status;
    double *terms = NULL, *w = NULL;
    if (!model)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "model is NULL");
    if (!is_reparametrized(model))
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the model is not one of fewer weights: it has no base");
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    CPT_TRY(cpt_require_array("weights", weights, n_weights, model->n_weights));
    CPT_TRY(cpt_require_finite("weights", weights, n_weights));
    CPT_TRY(cpt_require_array("base_weights", base_weights, n_base_weights, own->base->n_weights));
    CPT_TRY(cpt_allocate(&terms, cpt_reparametrized_terms(own), sizeof *terms));
    CPT_TRY(cpt_allocate(&w, n_base_weights, sizeof *w));
    cpt_reparametrized_place(own, weights, terms, w);
    CPT_TRY(cpt_reparametrized_require_finite(own, w));
    memcpy(base_weights, w, n_base_weights * sizeof *w);
done:
    cpt_free(terms);
    cpt_free(w);
    return status;
}
