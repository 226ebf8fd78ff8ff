/* The spectrum as an object: computing it, its kind, its getters. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "spectrum/spectrum.h"

static const char *const kind_names[] = {
    [CRITPT_NOT_CRITICAL] = "not_critical",
    [CRITPT_MINIMUM] = "minimum",
    [CRITPT_MAXIMUM] = "maximum",
    [CRITPT_SADDLE] = "saddle",
    [CRITPT_MINIMUM_ON_COMPLEMENT] = "minimum_on_complement",
    [CRITPT_DEGENERATE] = "degenerate",
};

const char *critpt_kind_name(critpt_kind kind)
{
    size_t count = sizeof kind_names / sizeof *kind_names;
    return (size_t)kind < count ? kind_names[kind] : NULL;
}

/* |gradient| in rounding units (MATH 9). */
static critpt_status scale_gradient(const cpt_spectrum_task *task, double *scaled)
{
    critpt_status status;
    critpt_workspace *workspace = task->workspace;
    const double *targets = workspace->landscape->targets;
    size_t P = workspace->jet.model->n_weights;
    cpt_gradient_scale scale;
    double *gradient;
    CPT_TRY(cpt_allocate(&gradient, P, sizeof *gradient));
    CPT_TRY(cpt_landscape_gradient_scale(workspace, targets, task->weights, &scale));
    CPT_TRY(cpt_landscape_gradient_pass(workspace, targets, task->weights, gradient, NULL));
    double norm = cpt_linalg_norm(P, gradient);
    double unit = cpt_landscape_rounding_unit(&scale);
    if (!isfinite(norm) || !isfinite(unit))
        CPT_TRY(cpt_error(CRITPT_NON_FINITE,
                          "the gradient or its rounding unit overflows; scale inputs, targets and "
                          "weights down"));
    *scaled = norm > 0 ? norm / unit : 0;
done:
    cpt_free(gradient);
    return status;
}

/* The table of MATH 9. Extreme eigenvalues alone prove a saddle and nothing else. */
static critpt_kind find_kind(const critpt_spectrum *spectrum, double accepted_gradient)
{
    if (!(spectrum->gradient_scaled <= accepted_gradient))
        return CRITPT_NOT_CRITICAL;
    if (spectrum->n_negative && spectrum->n_positive)
        return CRITPT_SADDLE;
    if (!spectrum->whole)
        return CRITPT_DEGENERATE;
    if (spectrum->n_positive == spectrum->P)
        return CRITPT_MINIMUM;
    if (spectrum->n_negative == spectrum->P)
        return CRITPT_MAXIMUM;
    if (spectrum->n_positive && spectrum->null_directions_named)
        return CRITPT_MINIMUM_ON_COMPLEMENT;
    return CRITPT_DEGENERATE;
}

/* How many eigenvectors to hold. */
static critpt_status choose_vectors(size_t P, const critpt_spectrum_options *options,
                                    size_t *n_vectors)
{
    size_t first = options->first_vector, n = options->n_vectors;
    bool to_last = n == SIZE_MAX;
    if (options->n_extreme && (first || !to_last))
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "eigenvectors are chosen and n_extreme is %zu; extreme eigenvalues come "
                         "with their vectors, so give one of the two",
                         options->n_extreme);
    if (first > P)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "eigenvectors from %zu on are asked for; there are %zu", first, P);
    if (!to_last && n > P - first)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "eigenvectors %zu to %zu are asked for; there are %zu, numbered from 0",
                         first, first + (n - 1), P);
    *n_vectors = to_last ? P - first : n;
    return CRITPT_OK;
}

static critpt_status compute(critpt_spectrum *spectrum, const cpt_spectrum_task *task)
{
    critpt_status status;
    spectrum->gap = NAN;
    CPT_TRY(cpt_spectrum_advance(task->options, 0, "gradient"));
    CPT_TRY(scale_gradient(task, &spectrum->gradient_scaled));
    if (task->options->n_extreme == 0)
        CPT_TRY(cpt_spectrum_dense(task, spectrum));
    else
        CPT_TRY(cpt_spectrum_lanczos(task, spectrum));
    CPT_TRY(cpt_spectrum_advance(task->options, 0.9, "null directions"));
    /* to name them, all samples are looked at */
    if (spectrum->n_undecided && !cpt_reduction_is_split(cpt_workspace_reduction(task->workspace)))
        CPT_TRY(cpt_spectrum_name_null_directions(task, spectrum));
    spectrum->kind = find_kind(spectrum, task->options->accepted_gradient);
    CPT_TRY(cpt_spectrum_advance(task->options, 1, "done"));
done:
    return status;
}

/* Of checked arguments, within the memory limit. */
static critpt_status create(critpt_spectrum **spectrum, const critpt_landscape *landscape,
                            const double *weights, size_t n_vectors,
                            const critpt_spectrum_options *options)
{
    critpt_status status;
    critpt_workspace own = {0};
    critpt_spectrum *made = NULL;
    cpt_budget budget;
    cpt_pulse pulse;
    cpt_budget_begin(&budget, options->memory_limit);
    cpt_pulse_begin(&pulse, options->progress, options->progress_user, "gradient");
    CPT_TRY(cpt_allocate(&made, 1, sizeof *made));
    CPT_TRY(cpt_workspace_initialize(&own, landscape, CPT_JET_BATCH));
    cpt_spectrum_share(landscape, weights, options, n_vectors);
    const cpt_spectrum_task task = {&own, weights, options};
    made->P = landscape->model->n_weights;
    made->first_vector = options->first_vector;
    made->n_vectors = n_vectors;
    CPT_TRY(compute(made, &task));
    *spectrum = made;
    made = NULL;
done:
    if (own.landscape)
        cpt_workspace_release(&own);
    critpt_spectrum_destroy(made);
    cpt_pulse_end(&pulse);
    cpt_budget_end(&budget);
    return status;
}

critpt_status critpt_spectrum_create(critpt_spectrum **spectrum, const critpt_landscape *landscape,
                                     const double *weights, size_t n_weights,
                                     const critpt_spectrum_options *options)
{
    critpt_status status;
    critpt_spectrum *made = NULL;
    size_t n_vectors = 0;
    if (!spectrum)
        return cpt_landscape_leave(landscape, cpt_error(CRITPT_INVALID_ARGUMENT,
                                                        "spectrum is NULL; give the address of a "
                                                        "handle"));
    *spectrum = NULL;
    options = cpt_spectrum_options_in_force(options);
    CPT_TRY(cpt_landscape_require_weights(landscape, weights, n_weights));
    CPT_TRY(cpt_landscape_require_samples(landscape));
    CPT_TRY(cpt_landscape_require_targets(landscape));
    CPT_TRY(cpt_jet_require_second_order(landscape->model));
    CPT_TRY(choose_vectors(n_weights, options, &n_vectors));
    CPT_TRY(cpt_spectrum_require_memory(landscape, n_vectors, options));
    CPT_TRY(create(&made, landscape, weights, n_vectors, options));
done:
    status = cpt_landscape_leave(landscape, status);
    if (status == CRITPT_OK)
        *spectrum = made;
    else
        critpt_spectrum_destroy(made);
    return status;
}

void critpt_spectrum_destroy(critpt_spectrum *spectrum)
{
    if (!spectrum)
        return;
    cpt_free(spectrum->values);
    cpt_free(spectrum->errors);
    cpt_free(spectrum->vectors);
    cpt_free(spectrum->null_directions);
    cpt_free(spectrum->visible);
    cpt_free(spectrum);
}

/* ---- Getters ---- */

size_t critpt_spectrum_n_eigenvalues(const critpt_spectrum *spectrum)
{
    return spectrum ? spectrum->n : 0;
}

static critpt_status require_index(const critpt_spectrum *spectrum, size_t i)
{
    if (!spectrum)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "spectrum is NULL");
    if (i >= spectrum->n)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "eigenvalue is %zu; the spectrum holds %zu", i,
                         spectrum->n);
    return CRITPT_OK;
}

critpt_status critpt_spectrum_eigenvalue(const critpt_spectrum *spectrum, size_t i, double *value,
                                         double *error)
{
    critpt_status status = require_index(spectrum, i);
    if (status != CRITPT_OK)
        return status;
    if (value)
        *value = spectrum->values[i];
    if (error)
        *error = spectrum->errors[i];
    return CRITPT_OK;
}

critpt_status critpt_spectrum_eigenvector(const critpt_spectrum *spectrum, size_t i, double *vector,
                                          size_t n_weights)
{
    critpt_status status;
    CPT_TRY(require_index(spectrum, i));
    CPT_TRY(cpt_require_array("vector", vector, n_weights, spectrum->P));
    size_t first = spectrum->first_vector, n = spectrum->n_vectors;
    if (i < first || i - first >= n)
        CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT,
                          "eigenvector is %zu; the spectrum holds %zu from %zu on", i, n, first));
    memcpy(vector, spectrum->vectors + (i - first) * spectrum->P, n_weights * sizeof *vector);
done:
    return status;
}

size_t critpt_spectrum_index(const critpt_spectrum *spectrum)
{
    return spectrum ? spectrum->n_negative : 0;
}

size_t critpt_spectrum_n_positive(const critpt_spectrum *spectrum)
{
    return spectrum ? spectrum->n_positive : 0;
}

size_t critpt_spectrum_nullity(const critpt_spectrum *spectrum)
{
    return spectrum ? spectrum->n_undecided : 0;
}

int critpt_spectrum_is_whole(const critpt_spectrum *spectrum)
{
    return spectrum && spectrum->whole;
}

double critpt_spectrum_gap(const critpt_spectrum *spectrum)
{
    return spectrum ? spectrum->gap : NAN;
}

double critpt_spectrum_gradient_scaled(const critpt_spectrum *spectrum)
{
    return spectrum ? spectrum->gradient_scaled : NAN;
}

critpt_kind critpt_spectrum_kind(const critpt_spectrum *spectrum)
{
    return spectrum ? spectrum->kind : CRITPT_NOT_CRITICAL;
}

size_t critpt_spectrum_n_null_directions(const critpt_spectrum *spectrum)
{
    return spectrum ? spectrum->n_null_directions : 0;
}

critpt_status critpt_spectrum_null_direction(const critpt_spectrum *spectrum, size_t direction,
                                             size_t *layer, size_t *unit,
                                             critpt_null_reason *reason, size_t *n_directions)
{
    if (!spectrum)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "spectrum is NULL");
    size_t count = spectrum->n_null_directions;
    if (direction >= count)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "null direction is %zu; the spectrum names %zu",
                         direction, count);
    const cpt_spectrum_null *found = &spectrum->null_directions[direction];
    if (layer)
        *layer = found->place.layer;
    if (unit)
        *unit = found->place.unit;
    if (reason)
        *reason = found->place.reason;
    if (n_directions)
        *n_directions = found->n_directions;
    return CRITPT_OK;
}
