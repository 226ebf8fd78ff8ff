/* Null directions that the structure of a model explains (MATH 5, fact 8; MATH 9): families of
 * candidates, each confirmed before it is named. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "spectrum/confirm.h"

typedef struct search {
    const cpt_spectrum_task *task;
    critpt_spectrum *spectrum;
    size_t P;
    cpt_confirmation confirmation;
    double *direction; /* P */
} search;

/* A straight line along a direction of P numbers. */
typedef struct line {
    cpt_curve curve; /* first */
    size_t P;
    const double *direction;
} line;

static void tangent_of_line(const cpt_curve *curve, const double *weights, double *tangent)
{
    const line *l = (const line *)curve;
    (void)weights;
    memcpy(tangent, l->direction, l->P * sizeof *tangent);
}

static void move_along_line(const cpt_curve *curve, const double *weights, double size,
                            double *moved)
{
    const line *l = (const line *)curve;
    for (size_t j = 0; j < l->P; j++)
        moved[j] = weights[j] + size * l->direction[j];
}

static bool is_full(void *user)
{
    const search *s = user;
    return s->confirmation.n == s->confirmation.capacity;
}

static critpt_status name(search *s, const cpt_null_place *place, size_t n_directions)
{
    const cpt_spectrum_null found = {*place, n_directions};
    for (size_t i = 0; i < s->spectrum->n_null_directions; i++) {
        cpt_spectrum_null *known = &s->spectrum->null_directions[i];
        if (known->place.layer == place->layer && known->place.unit == place->unit &&
            known->place.reason == place->reason) {
            known->n_directions += n_directions;
            return CRITPT_OK;
        }
    }
    if (n_directions == 0)
        return CRITPT_OK;
    return cpt_append(&s->spectrum->null_directions, &s->spectrum->n_null_directions, &found,
                      sizeof found);
}

/* Whether the line along `direction` is confirmed, with a shorter step where outputs may stay the
 * same only near the point. */
static critpt_status test_line(search *s, bool is_local, bool *confirmed)
{
    critpt_status status;
    const line along = {{true, tangent_of_line, move_along_line}, s->P, s->direction};
    CPT_TRY(cpt_confirmation_test(&s->confirmation, &along.curve, confirmed));
    if (!*confirmed && is_local) {
        for (size_t j = 0; j < s->P; j++)
            s->direction[j] *= 0x1p-12;
        CPT_TRY(cpt_confirmation_test(&s->confirmation, &along.curve, confirmed));
    }
done:
    return status;
}

/* direction = a combination of the family's lines, of its length. */
static void combine(search *s, const cpt_null_family *family, const double *coefficients)
{
    memset(s->direction, 0, s->P * sizeof(double));
    for (size_t i = 0; i < family->n_lines; i++)
        cpt_linalg_axpy(s->P, coefficients[i], family->lines + i * s->P, s->direction);
    double norm = cpt_linalg_norm(s->P, s->direction);
    for (size_t j = 0; j < s->P; j++)
        s->direction[j] *= family->length / norm;
}

/* gram = (H L')'(H L') for the family's lines L. */
static critpt_status multiply_images(search *s, const cpt_null_family *family, double *gram)
{
    critpt_status status;
    size_t count = family->n_lines, entries;
    double *images = NULL;
    CPT_TRY(cpt_multiply(count, s->P, "null directions", &entries));
    CPT_TRY(cpt_allocate(&images, entries, sizeof *images));
    for (size_t first = 0, n; first < count; first += n) {
        n = count - first < CPT_VECTOR_BLOCK ? count - first : CPT_VECTOR_BLOCK;
        CPT_TRY(cpt_landscape_curvature_vectors(s->task->workspace, s->task->weights, CPT_HESSIAN,
                                                NULL, n, family->lines + first * s->P, s->P,
                                                images + first * s->P, s->P));
    }
    cpt_linalg_gram(count, s->P, images, s->P, 0, gram);
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            gram[i * count + j] = gram[j * count + i];
    CPT_TRY(cpt_require_finite("products with the Hessian", gram, count * count));
done:
    cpt_free(images);
    return status;
}

/* Takes those combinations of the family's lines that H maps to 0 and that are confirmed. */
static critpt_status take_some(search *s, const cpt_null_family *family, size_t *taken)
{
    critpt_status status;
    size_t count = family->n_lines;
    bool confirmed = true;
    double *gram = NULL, *values = NULL;
    CPT_TRY(cpt_allocate(&gram, count * count, sizeof *gram));
    CPT_TRY(cpt_allocate(&values, count, sizeof *values));
    CPT_TRY(multiply_images(s, family, gram));
    CPT_TRY(cpt_linalg_eigen(count, gram, values));
    for (size_t i = 0; i < count && confirmed && !is_full(s); i++) {
        combine(s, family, gram + i * count);
        CPT_TRY(test_line(s, family->is_local, &confirmed));
        if (confirmed)
            cpt_confirmation_take(&s->confirmation, s->direction, taken);
    }
done:
    cpt_free(gram);
    cpt_free(values);
    return status;
}

/* A random line of the family stands for all of them: they are confirmed together or not. */
static critpt_status take_lines(search *s, const cpt_null_family *family, size_t *taken)
{
    critpt_status status;
    enum { STREAM_FAMILY = 3 };
    size_t count = family->n_lines;
    bool confirmed;
    double *random = NULL;
    CPT_TRY(cpt_allocate(&random, count, sizeof *random));
    CPT_TRY(critpt_random_normal(s->task->options->seed, STREAM_FAMILY, 0, random, count));
    combine(s, family, random);
    CPT_TRY(test_line(s, family->is_local, &confirmed));
    for (size_t i = 0; confirmed && i < count; i++)
        cpt_confirmation_take(&s->confirmation, family->lines + i * s->P, taken);
    if (!confirmed && count > 1)
        CPT_TRY(take_some(s, family, taken));
done:
    cpt_free(random);
    return status;
}

static critpt_status take_curve(search *s, const cpt_curve *curve, size_t *taken)
{
    critpt_status status;
    bool confirmed;
    CPT_TRY(cpt_confirmation_test(&s->confirmation, curve, &confirmed));
    if (confirmed) {
        curve->tangent(curve, s->task->weights, s->direction);
        cpt_confirmation_take(&s->confirmation, s->direction, taken);
    }
done:
    return status;
}

static critpt_status take_family(void *user, const cpt_null_family *family)
{
    critpt_status status;
    search *s = user;
    size_t taken = 0;
    if (family->curve)
        CPT_TRY(take_curve(s, family->curve, &taken));
    else
        CPT_TRY(take_lines(s, family, &taken));
    CPT_TRY(name(s, &family->place, taken));
done:
    return status;
}

critpt_status cpt_spectrum_name_null_directions(const cpt_spectrum_task *task,
                                                critpt_spectrum *spectrum)
{
    critpt_status status;
    critpt_workspace *workspace = task->workspace;
    search s = {.task = task, .spectrum = spectrum, .P = spectrum->P};
    const cpt_null_sink sink = {take_family, is_full, &s};
    cpt_jet_passes passes;
    CPT_TRY(cpt_confirmation_create(&s.confirmation, task, spectrum->n_undecided));
    CPT_TRY(cpt_allocate(&s.direction, s.P, sizeof(double)));
    cpt_jet_begin_passes(&passes, &workspace->jet, &workspace->samples, task->weights);
    CPT_TRY(cpt_structure_seek_null_families(workspace->jet.model, &passes.passes, &sink));
    spectrum->null_directions_named = s.confirmation.n == spectrum->n_undecided;
done:
    cpt_confirmation_destroy(&s.confirmation);
    cpt_free(s.direction);
    return status;
}

/* Along these the outputs stay, but J is another one: S vanishes for residuals of critical points
 * only. */
static critpt_status take_symmetric(void *user, const cpt_null_family *family)
{
    switch (family->place.reason) {
    case CRITPT_NULL_RESCALED_UNIT:
    case CRITPT_NULL_DUPLICATED_UNIT:
    case CRITPT_NULL_MIXED_UNIT:
        return take_family(user, family);
    default:
        return CRITPT_OK;
    }
}

critpt_status cpt_spectrum_find_symmetric(const cpt_spectrum_task *task, double **directions,
                                          size_t *n)
{
    critpt_status status;
    critpt_workspace *workspace = task->workspace;
    size_t P = workspace->jet.model->n_weights;
    critpt_spectrum named = {.P = P};
    search s = {.task = task, .spectrum = &named, .P = P};
    const cpt_null_sink sink = {take_symmetric, is_full, &s};
    cpt_jet_passes passes;
    CPT_TRY(cpt_confirmation_create(&s.confirmation, task, P));
    CPT_TRY(cpt_allocate(&s.direction, P, sizeof(double)));
    cpt_jet_begin_passes(&passes, &workspace->jet, &workspace->samples, task->weights);
    CPT_TRY(cpt_structure_seek_null_families(workspace->jet.model, &passes.passes, &sink));
    *n = s.confirmation.n;
    CPT_TRY(cpt_allocate(directions, *n, P * sizeof(double)));
    if (*n)
        memcpy(*directions, s.confirmation.basis, *n * P * sizeof(double));
done:
    cpt_confirmation_destroy(&s.confirmation);
    cpt_free(s.direction);
    cpt_free(named.null_directions);
    return status;
}
