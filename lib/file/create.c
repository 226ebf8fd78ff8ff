/* From landscapes and plans to the content of a file. */
#include <math.h>
#include <string.h>

#include "file/file.h"

critpt_status cpt_file_new(critpt_file **file)
{
    critpt_status status = cpt_allocate(file, 1, sizeof **file);
    for (size_t i = 0; status == CRITPT_OK && i < CPT_FILE_REPORT_QUANTITIES; i++)
        (*file)->report[i] = NAN;
    return status;
}

static void drop(double **values)
{
    cpt_free(*values);
    *values = NULL;
}

static bool differs(double value, double expected)
{
    return value < expected || value > expected;
}

/* Weights that are all 1, and a metric that is the identity, are not worth a dataset. */
static void drop_defaults(critpt_file *file)
{
    bool ones = true, identity = true;
    size_t D = file->n_outputs;
    for (size_t i = 0; i < file->n_samples; i++)
        ones &= !differs(file->sample_weights[i], 1);
    for (size_t i = 0; i < D * D; i++)
        identity &= !differs(file->metric[i], i / D == i % D);
    if (ones)
        drop(&file->sample_weights);
    if (identity)
        drop(&file->metric);
}

/* A file holds all samples of its landscape. */
static critpt_status require_whole(const critpt_landscape *landscape)
{
    critpt_status status;
    size_t n_samples, n_processes;
    CPT_TRY(critpt_landscape_whole(landscape, NULL, &n_samples, &n_processes));
    if (n_processes > 1)
        return cpt_error(
            CRITPT_UNSUPPORTED,
            "the landscape's samples are spread over %zu processes; make a file of one "
            "that holds all of them",
            n_processes);
    if (n_samples == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the landscape has no samples");
    if (critpt_landscape_has_sample_metrics(landscape))
        return cpt_error(CRITPT_UNSUPPORTED,
                         "the landscape has a metric for each sample, which no file holds yet; "
                         "set one output metric");
done:
    return status;
}

static critpt_status copy_data(critpt_file *file, const critpt_landscape *landscape)
{
    size_t n = critpt_landscape_n_samples(landscape), d = file->n_inputs, outputs = file->n_outputs;
    size_t n_inputs, n_targets, n_metric;
    critpt_status status;
    file->n_samples = n;
    CPT_TRY(cpt_multiply(n, d, "inputs", &n_inputs));
    CPT_TRY(cpt_multiply(n, outputs, "targets", &n_targets));
    CPT_TRY(cpt_allocate(&file->inputs, n_inputs, sizeof(double)));
    CPT_TRY(cpt_allocate(&file->targets, n_targets, sizeof(double)));
    CPT_TRY(cpt_allocate(&file->sample_weights, n, sizeof(double)));
    CPT_TRY(cpt_multiply(outputs, outputs, "output metric", &n_metric));
    CPT_TRY(cpt_allocate(&file->metric, n_metric, sizeof(double)));
    CPT_TRY(critpt_landscape_inputs(landscape, file->inputs, d));
    CPT_TRY(critpt_landscape_targets(landscape, file->targets, outputs));
    CPT_TRY(critpt_landscape_sample_weights(landscape, file->sample_weights, n));
    CPT_TRY(critpt_landscape_output_metric(landscape, file->metric, outputs));
    drop_defaults(file);
done:
    return status;
}

static critpt_status copy_penalty(critpt_file *file, const critpt_landscape *landscape)
{
    size_t P = file->n_weights;
    bool any = false, away = false;
    critpt_status status;
    CPT_TRY(cpt_allocate(&file->penalty, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&file->centre, P, sizeof(double)));
    CPT_TRY(critpt_landscape_penalty(landscape, file->penalty, P, file->centre, P));
    for (size_t j = 0; j < P; j++) {
        any |= file->penalty[j] > 0;
        away |= differs(file->centre[j], 0);
    }
    if (!any)
        drop(&file->penalty);
    if (!away)
        drop(&file->centre);
done:
    return status;
}

critpt_status critpt_file_create(critpt_file **file, const critpt_landscape *landscape)
{
    if (!file || !landscape)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "%s is NULL", file ? "landscape" : "file");
    critpt_file *content = NULL;
    critpt_status status;
    *file = NULL;
    CPT_TRY(require_whole(landscape));
    CPT_TRY(cpt_file_new(&content));
    CPT_TRY(cpt_file_copy_model(content, critpt_landscape_model(landscape)));
    CPT_TRY(copy_data(content, landscape));
    CPT_TRY(copy_penalty(content, landscape));
    char created_by[64] = "libcritpt ";
    strncat(created_by, critpt_version(), 32);
    CPT_TRY(critpt_file_set_text(content, CRITPT_FILE_TEXT_CREATED_BY, created_by));
    CPT_TRY(critpt_file_set_text(content, CRITPT_FILE_TEXT_LINALG, critpt_linalg_name()));
    *file = content;
    content = NULL;
done:
    critpt_file_destroy(content);
    return status;
}

static critpt_status copy_points(critpt_file *file, const critpt_plan *plan)
{
    size_t n_points = critpt_plan_n_points(plan), width = file->n_weights, n;
    double *weights = NULL, *requested = NULL;
    critpt_status status;
    CPT_TRY(cpt_multiply(n_points, width, "weights of the points", &n));
    CPT_TRY(cpt_allocate(&weights, n, sizeof *weights));
    CPT_TRY(cpt_allocate(&requested, n, sizeof *requested));
    for (size_t k = 0; k < n_points; k++) {
        CPT_TRY(critpt_plan_point_weights(plan, k, weights + k * width, width));
        CPT_TRY(critpt_plan_point_weights_requested(plan, k, requested + k * width, width));
    }
    CPT_TRY(critpt_file_set_points(file, n_points, weights, requested, width, width));
done:
    cpt_free(weights);
    cpt_free(requested);
    return status;
}

/* The plan's quantities and the file's. */
static const struct {
    critpt_point_quantity of_plan;
    critpt_file_point_quantity of_file;
} copied[] = {
    {CRITPT_POINT_LOSS, CRITPT_FILE_POINT_LOSS},
    {CRITPT_POINT_GRADIENT_NORM, CRITPT_FILE_POINT_GRADIENT_NORM},
    {CRITPT_POINT_GRADIENT_MAX, CRITPT_FILE_POINT_GRADIENT_MAX},
    {CRITPT_POINT_GRADIENT_SCALED, CRITPT_FILE_POINT_GRADIENT_SCALED},
    {CRITPT_POINT_GRADIENT_NORM_FLOAT32, CRITPT_FILE_POINT_GRADIENT_NORM_FLOAT32},
    {CRITPT_POINT_KINK_MARGIN, CRITPT_FILE_POINT_KINK_MARGIN},
    {CRITPT_POINT_MARGIN, CRITPT_FILE_POINT_MARGIN_ACHIEVED},
    {CRITPT_POINT_EIGENVALUE, CRITPT_FILE_POINT_EIGENVALUE_ACHIEVED},
};

/* Whether it is a norm of a gradient that rounding can change by about one unit. */
static bool is_gradient(critpt_file_point_quantity quantity)
{
    return quantity == CRITPT_FILE_POINT_GRADIENT_NORM ||
           quantity == CRITPT_FILE_POINT_GRADIENT_MAX ||
           quantity == CRITPT_FILE_POINT_GRADIENT_NORM_FLOAT32;
}

static void round_to_float(double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        values[i] = (float)values[i];
}

/* The same landscape of data that were rounded to float32; NULL where they are beyond its range. */
static critpt_status round_landscape(const critpt_file *file, const critpt_landscape *landscape,
                                     critpt_landscape **rounded)
{
    critpt_landscape *made = NULL;
    critpt_file *copy = NULL;
    critpt_status status;
    *rounded = NULL;
    CPT_TRY(critpt_file_create(&copy, landscape));
    round_to_float(copy->inputs, file->n_samples * file->n_inputs);
    round_to_float(copy->targets, file->n_samples * file->n_outputs);
    /* the landscape has frozen it: nothing of it changes but the count of its users */
    status =
        cpt_file_make_landscape(copy, (critpt_model *)critpt_landscape_model(landscape), &made);
    if (status == CRITPT_NON_FINITE)
        status = CRITPT_OK;
    *rounded = made;
done:
    critpt_file_destroy(copy);
    return status;
}

/* By how much the norms of a quantity are uncertain: a rounding unit of their own data. */
static critpt_status find_units(const critpt_file *file, const critpt_landscape *landscape,
                                bool float32, double *units)
{
    size_t P = file->n_weights;
    critpt_landscape *rounded = NULL;
    double *weights = NULL;
    critpt_status status;
    CPT_TRY(cpt_allocate(&weights, P, sizeof *weights));
    if (float32)
        CPT_TRY(round_landscape(file, landscape, &rounded));
    for (size_t k = 0; k < file->n_points; k++) {
        memcpy(weights, file->weights + k * P, P * sizeof *weights);
        if (float32)
            round_to_float(weights, P);
        units[k] = 0;
        if (!float32 || rounded)
            status = critpt_landscape_gradient_unit(float32 ? rounded : landscape, NULL, weights, P,
                                                    &units[k]);
        if (status == CRITPT_NON_FINITE && float32) { /* infinite in float32, as its gradient is */
            units[k] = 0;
            status = CRITPT_OK;
        }
        CPT_TRY(status);
    }
done:
    critpt_landscape_destroy(rounded);
    cpt_free(weights);
    return status;
}

/* Norms of gradients become bounds: the plan's own is right to a rounding unit. */
static critpt_status copy_point_values(critpt_file *file, const critpt_landscape *landscape,
                                       const critpt_plan *plan)
{
    double *values, *units = NULL, *rough;
    critpt_status status;
    CPT_TRY(cpt_allocate(&values, file->n_points, sizeof *values));
    CPT_TRY(cpt_allocate(&units, 2 * file->n_points, sizeof *units));
    rough = units + file->n_points;
    CPT_TRY(find_units(file, landscape, false, units));
    CPT_TRY(find_units(file, landscape, true, rough));
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
        critpt_file_point_quantity q = copied[i].of_file;
        const double *unit = q == CRITPT_FILE_POINT_GRADIENT_NORM_FLOAT32 ? rough : units;
        for (size_t k = 0; k < file->n_points; k++) {
            CPT_TRY(critpt_plan_point_value(plan, k, copied[i].of_plan, &values[k]));
            values[k] += is_gradient(q) ? unit[k] : q == CRITPT_FILE_POINT_GRADIENT_SCALED ? 1 : 0;
        }
        CPT_TRY(critpt_file_set_point_values(file, q, values, file->n_points));
    }
done:
    cpt_free(values);
    cpt_free(units);
    return status;
}

static critpt_status copy_base_targets(critpt_file *file, const critpt_plan *plan)
{
    critpt_status status;
    CPT_TRY(cpt_allocate(&file->base_targets, file->n_samples * file->n_outputs, sizeof(double)));
    CPT_TRY(critpt_plan_base_targets(plan, file->base_targets, file->n_outputs));
done:
    return status;
}

/* Residuals become bounds too: the plan's own is right to a rounding unit of each equation, and a
 * small residual may stand beside a large unit. */
static critpt_status copy_condition_values(double *values, const critpt_plan *plan, size_t c)
{
    critpt_status status = CRITPT_OK;
    for (int q = 0; q < CPT_FILE_CONDITION_QUANTITIES; q++)
        CPT_TRY(critpt_plan_condition_value(plan, c, (critpt_condition_quantity)q, &values[q]));
    values[CRITPT_CONDITION_RESIDUAL] += values[CRITPT_CONDITION_UNIT];
    values[CRITPT_CONDITION_SCALED] += 1;
done:
    return status;
}

static critpt_status copy_condition(critpt_file *file, const critpt_plan *plan, size_t c)
{
    critpt_condition_kind kind;
    size_t points[3], n_points, rows, columns, n;
    double *array = NULL;
    critpt_status status;
    CPT_TRY(critpt_plan_condition(plan, c, &kind, &n_points, points));
    CPT_TRY(critpt_plan_condition_size(plan, c, &rows, &columns));
    CPT_TRY(cpt_multiply(rows, columns, "array", &n));
    if (n) {
        CPT_TRY(cpt_allocate(&array, n, sizeof *array));
        CPT_TRY(critpt_plan_condition_array(plan, c, array, columns));
    }
    CPT_TRY(critpt_file_add_condition(file, kind, points, n_points, array, rows, columns, columns,
                                      NULL));
done:
    cpt_free(array);
    return status;
}

/* A nature belongs to its point. */
static critpt_status copy_nature(critpt_file *file, const critpt_plan *plan, size_t c,
                                 double *margins, double *eigenvalues)
{
    critpt_status status;
    size_t points[3], index;
    CPT_TRY(critpt_plan_condition(plan, c, NULL, NULL, points));
    CPT_TRY(critpt_plan_condition_nature(plan, c, &index, &margins[points[0]]));
    CPT_TRY(critpt_plan_condition_eigenvalues(plan, c, &eigenvalues[points[0]]));
    CPT_TRY(critpt_file_set_point_nature(file, points[0],
                                         index == 0                 ? "minimum"
                                         : index == file->n_weights ? "maximum"
                                                                    : "saddle"));
done:
    return status;
}

static bool is_of_point(const critpt_plan *plan, size_t c)
{
    critpt_condition_kind kind = CRITPT_CONDITION_GRADIENT;
    (void)critpt_plan_condition(plan, c, &kind, NULL, NULL);
    return cpt_file_is_of_point(kind);
}

static critpt_status copy_natures(critpt_file *file, const critpt_plan *plan)
{
    critpt_status status;
    double *margins, *eigenvalues;
    CPT_TRY(cpt_allocate(&margins, 2 * file->n_points, sizeof *margins));
    eigenvalues = margins + file->n_points;
    for (size_t k = 0; k < file->n_points; k++) {
        margins[k] = eigenvalues[k] = NAN;
        if (!critpt_plan_point_is_critical(plan, k))
            CPT_TRY(critpt_file_set_point_nature(file, k, "free"));
    }
    for (size_t c = 0; c < critpt_plan_n_conditions(plan); c++)
        if (is_of_point(plan, c))
            CPT_TRY(copy_nature(file, plan, c, margins, eigenvalues));
    CPT_TRY(critpt_file_set_point_values(file, CRITPT_FILE_POINT_MARGIN_REQUESTED, margins,
                                         file->n_points));
    CPT_TRY(critpt_file_set_point_values(file, CRITPT_FILE_POINT_EIGENVALUE_REQUESTED, eigenvalues,
                                         file->n_points));
done:
    cpt_free(margins);
    return status;
}

/* What was asked beside critical points. */
static critpt_status copy_requests(critpt_file *file, const critpt_plan *plan)
{
    critpt_status status;
    CPT_TRY(copy_natures(file, plan));
    for (size_t c = 0; c < critpt_plan_n_conditions(plan); c++)
        if (!is_of_point(plan, c))
            CPT_TRY(copy_condition(file, plan, c));
    if (critpt_plan_n_frozen_targets(plan)) {
        CPT_TRY(cpt_allocate(&file->frozen, file->n_samples * file->n_outputs, 1));
        CPT_TRY(critpt_plan_frozen_targets(plan, file->frozen, file->n_outputs));
    }
done:
    return status;
}

/* A solve that failed knows nothing of its points, and an infeasible one no distance. */
static bool was_solved(const critpt_plan *plan)
{
    double value;
    return critpt_plan_n_points(plan) &&
           critpt_plan_point_value(plan, 0, CRITPT_POINT_LOSS, &value) == CRITPT_OK;
}

static critpt_status require_landscape_of(const critpt_plan *plan,
                                          const critpt_landscape *landscape)
{
    if (!landscape || landscape == critpt_plan_landscape(plan))
        return CRITPT_OK; /* critpt_file_create names NULL */
    return cpt_error(CRITPT_INVALID_ARGUMENT,
                     "the plan is of another landscape; give the one that it was created with, "
                     "critpt_plan_landscape");
}

critpt_status critpt_file_create_from_plan(critpt_file **file, const critpt_landscape *landscape,
                                           const critpt_plan *plan)
{
    return critpt_file_create_from_plan_with_progress(file, landscape, plan, NULL, NULL);
}

critpt_status critpt_file_create_from_plan_with_progress(critpt_file **file,
                                                         const critpt_landscape *landscape,
                                                         const critpt_plan *plan,
                                                         critpt_progress progress, void *user)
{
    if (!file || !plan)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "%s is NULL", file ? "plan" : "file");
    critpt_file *content = NULL;
    critpt_status status;
    *file = NULL;
    CPT_TRY(require_landscape_of(plan, landscape));
    CPT_TRY(critpt_file_create(&content, landscape));
    CPT_TRY(copy_points(content, plan));
    if (content->model != CRITPT_FILE_MODEL_NETWORK)
        CPT_TRY(critpt_file_record_outputs(content, landscape));
    CPT_TRY(copy_requests(content, plan));
    if (was_solved(plan)) {
        for (size_t c = 0, i = 0; c < critpt_plan_n_conditions(plan); c++)
            if (!is_of_point(plan, c))
                CPT_TRY(copy_condition_values(content->conditions[i++].values, plan, c));
        CPT_TRY(copy_point_values(content, landscape, plan));
        CPT_TRY(copy_base_targets(content, plan));
    }
    for (int q = 0; q < CPT_FILE_REPORT_QUANTITIES; q++)
        CPT_TRY(critpt_plan_report_value(plan, (critpt_report_quantity)q, &content->report[q]));
    content->report[CRITPT_REPORT_DUALITY_GAP] = NAN; /* rests on multipliers, which no file has */
    for (size_t i = 0; i < critpt_plan_n_warnings(plan); i++)
        CPT_TRY(critpt_file_add_warning(content, critpt_plan_warning(plan, i)));
    if (was_solved(plan))
        CPT_TRY(cpt_file_add_spectra(content, landscape, progress, user));
    *file = content;
    content = NULL;
done:
    critpt_file_destroy(content);
    return status;
}
