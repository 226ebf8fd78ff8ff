/* Isolated samples (MATH 5, fact 11): if m independent combinations of the columns of [X 1] vanish
 * outside t samples and K n_1 m > D t, the K n_1 m equations of their weights stand on D t targets.
 *
 * Columns are known by their support: the samples that are off the column's commonest
 * value (off 0 where the first layer has no bias to shift it). */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/isolated.h"
#include "linalg/linalg.h"

typedef struct support {
    size_t column, n;
    size_t *samples; /* ascending */
    double common;   /* the value elsewhere */
} support;

typedef struct supports {
    size_t n;
    support *of;    /* ascending by n; columns that vary at all */
    size_t largest; /* t beyond which no group of all columns can conflict */
} supports;

static int by_size(const void *a, const void *b)
{
    const support *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

/* The commonest of n values, which are sorted on the way. */
static double commonest(double *values, size_t n)
{
    size_t longest = 0, start = 0;
    double common = values[0];
    cpt_linalg_sort(n, values);
    for (size_t i = 1; i <= n; i++)
        if (i == n || values[i] != values[start]) {
            if (i - start > longest) {
                longest = i - start;
                common = values[start];
            }
            start = i;
        }
    return common;
}

static const critpt_landscape *landscape_of(const cpt_equations *equations)
{
    return equations->plan->landscape;
}

/* Without units for a model that has no such block: then nothing is isolated. */
static cpt_affine_block first_layer(const cpt_equations *equations)
{
    cpt_affine_block block;
    bool has = cpt_structure_input_block(landscape_of(equations)->model, &block);
    return has ? block : (cpt_affine_block){0, 0, false, 0, 0};
}

static const double *input_row(const cpt_equations *equations, size_t sample)
{
    const critpt_landscape *landscape = landscape_of(equations);
    return landscape->inputs + sample * landscape->inputs_leading;
}

/* The support of a column, empty if it is larger than `largest`; values: scratch for N numbers. */
static critpt_status find_support(const cpt_equations *equations, size_t column, size_t largest,
                                  double *values, support *found)
{
    critpt_status status = CRITPT_OK;
    size_t N = landscape_of(equations)->n_samples;
    for (size_t i = 0; i < N; i++)
        values[i] = input_row(equations, i)[column];
    found->column = column;
    found->common = first_layer(equations).bias ? commonest(values, N) : 0;
    for (size_t i = 0; i < N && found->n <= largest; i++)
        if (input_row(equations, i)[column] != found->common)
            CPT_TRY(cpt_append(&found->samples, &found->n, &i, sizeof i));
    if (found->n > largest) {
        cpt_free(found->samples);
        found->samples = NULL;
        found->n = 0;
    }
done:
    return status;
}

static void supports_destroy(supports *all)
{
    for (size_t j = 0; j < all->n; j++)
        cpt_free(all->of[j].samples);
    cpt_free(all->of);
}

static critpt_status supports_create(const cpt_equations *equations, supports *all)
{
    critpt_status status;
    const critpt_landscape *landscape = landscape_of(equations);
    size_t d = landscape->model->n_inputs, N = landscape->n_samples;
    double *values = NULL;
    support found = {0, 0, NULL, 0};
    memset(all, 0, sizeof *all);
    all->largest =
        equations->n_critical * first_layer(equations).n_units * d / landscape->model->n_outputs;
    if (all->largest > N / 2) /* most samples are not isolated ones */
        all->largest = N / 2;
    CPT_TRY(cpt_allocate(&values, N, sizeof *values));
    for (size_t j = 0; j < d; j++) {
        CPT_TRY(find_support(equations, j, all->largest, values, &found));
        if (found.n)
            CPT_TRY(cpt_append(&all->of, &all->n, &found, sizeof found));
        found = (support){0, 0, NULL, 0}; /* now in the list */
    }
    if (all->n)
        qsort(all->of, all->n, sizeof *all->of, by_size);
done:
    cpt_free(found.samples);
    cpt_free(values);
    return status;
}

/* A group: all columns whose support lies in a set of samples, and how many are independent. */
typedef struct group {
    bool *inside; /* N: samples of the set */
    size_t n_samples;
    size_t n_columns;
    size_t *columns; /* positions in the supports */
    size_t rank;
} group;

static bool contains(const group *set, const support *column)
{
    for (size_t i = 0; i < column->n; i++)
        if (!set->inside[column->samples[i]])
            return false;
    return true;
}

/* The rank of the group's columns, less their common values, on its samples. */
static critpt_status find_rank(const cpt_equations *equations, const supports *all, group *set)
{
    critpt_status status;
    cpt_triangle triangle;
    double *rows = NULL;
    bool *excluded = NULL;
    size_t t = set->n_samples, row = 0;
    CPT_TRY(cpt_triangle_create(&triangle, set->n_columns));
    CPT_TRY(cpt_triangle_begin_rows(&triangle));
    CPT_TRY(cpt_allocate(&rows, t * set->n_columns, sizeof *rows));
    CPT_TRY(cpt_allocate(&excluded, set->n_columns, sizeof *excluded));
    for (size_t i = 0; i < landscape_of(equations)->n_samples; i++) {
        for (size_t c = 0; set->inside[i] && c < set->n_columns; c++) {
            const support *column = &all->of[set->columns[c]];
            rows[c * t + row] = input_row(equations, i)[column->column] - column->common;
        }
        row += set->inside[i];
    }
    CPT_TRY(cpt_triangle_fold(&triangle, t, rows));
    CPT_TRY(
        cpt_triangle_factor(&triangle, excluded, 10 * (double)(t + set->n_columns) * DBL_EPSILON));
    set->rank = triangle.rank;
done:
    cpt_triangle_destroy(&triangle);
    cpt_free(rows);
    cpt_free(excluded);
    return status;
}

/* Fills in the columns of the set and decides whether they conflict. */
static critpt_status conflicts(const cpt_equations *equations, const supports *all, group *set,
                               bool *yes)
{
    critpt_status status;
    size_t units = first_layer(equations).n_units;
    size_t targets = landscape_of(equations)->model->n_outputs * set->n_samples;
    set->n_columns = 0;
    for (size_t j = 0; j < all->n && all->of[j].n <= set->n_samples; j++)
        if (contains(set, &all->of[j]))
            set->columns[set->n_columns++] = j;
    *yes = false;
    if (equations->n_critical * units * set->n_columns <= targets)
        return CRITPT_OK;
    CPT_TRY(find_rank(equations, all, set));
    *yes = equations->n_critical * units * set->rank > targets;
done:
    return status;
}

static critpt_status keep_group(cpt_report *report, size_t N, const supports *all, const group *set)
{
    critpt_status status = CRITPT_OK;
    cpt_cause cause = {.kind = CRITPT_CAUSE_ISOLATED_SAMPLES};
    for (size_t c = 0; c < set->n_columns; c++)
        CPT_TRY(
            cpt_plan_cause_add_item(&cause, CRITPT_CAUSE_COLUMN, all->of[set->columns[c]].column));
    for (size_t i = 0; i < N; i++)
        if (set->inside[i])
            CPT_TRY(cpt_plan_cause_add_item(&cause, CRITPT_CAUSE_SAMPLE, i));
    CPT_TRY(cpt_append(&report->causes, &report->n_causes, &cause, sizeof cause));
done:
    if (status != CRITPT_OK)
        cpt_plan_cause_destroy(&cause);
    return status;
}

static void enlarge(group *set, const support *by)
{
    for (size_t i = 0; i < by->n; i++)
        if (!set->inside[by->samples[i]]) {
            set->inside[by->samples[i]] = true;
            set->n_samples++;
        }
}

static void clear(group *set, size_t N)
{
    memset(set->inside, 0, N * sizeof *set->inside);
    set->n_samples = 0;
}

/* Groups on one column's support first, each named once; then on the union of the smallest ones. */
static critpt_status search(const cpt_equations *equations, const supports *all, group *set,
                            bool *named, cpt_report *report)
{
    critpt_status status = CRITPT_OK;
    size_t N = landscape_of(equations)->n_samples;
    bool found = false, yes;
    for (size_t j = 0; j < all->n; j++) {
        if (named[j])
            continue;
        clear(set, N);
        enlarge(set, &all->of[j]);
        CPT_TRY(conflicts(equations, all, set, &yes));
        if (!yes)
            continue;
        found = true;
        for (size_t c = 0; c < set->n_columns; c++)
            named[set->columns[c]] = true;
        CPT_TRY(keep_group(report, N, all, set));
    }
    clear(set, N);
    for (size_t j = 0; !found && j < all->n && set->n_samples <= all->largest; j++) {
        enlarge(set, &all->of[j]);
        CPT_TRY(conflicts(equations, all, set, &found));
        if (found)
            CPT_TRY(keep_group(report, N, all, set));
    }
done:
    return status;
}

critpt_status cpt_explain_isolated_samples(const cpt_equations *equations, cpt_report *report)
{
    critpt_status status;
    supports all;
    group set = {NULL, 0, 0, NULL, 0};
    bool *named = NULL;
    CPT_TRY(supports_create(equations, &all));
    CPT_TRY(cpt_allocate(&set.inside, landscape_of(equations)->n_samples, sizeof *set.inside));
    CPT_TRY(cpt_allocate(&set.columns, all.n, sizeof *set.columns));
    CPT_TRY(cpt_allocate(&named, all.n, sizeof *named));
    CPT_TRY(search(equations, &all, &set, named, report));
done:
    supports_destroy(&all);
    cpt_free(set.inside);
    cpt_free(set.columns);
    cpt_free(named);
    return status;
}
