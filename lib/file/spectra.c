/* What a point's Hessian says of it, from a spectrum into the file. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "file/file.h"

/* A whole spectrum takes four matrices of P x P and some P^3 operations: minutes beyond this. */
enum { LARGEST_SPECTRUM = 5000 };

/* Room for one value per point, none of them known. */
static critpt_status make_values(critpt_file *file, critpt_file_point_quantity quantity)
{
    critpt_status status = CRITPT_OK;
    if (file->point_values[quantity])
        return CRITPT_OK;
    CPT_TRY(cpt_allocate(&file->point_values[quantity], file->n_points, sizeof(double)));
    for (size_t k = 0; k < file->n_points; k++)
        file->point_values[quantity][k] = NAN;
done:
    return status;
}

/* Sets one point's value, the others' staying unknown where they are. */
static critpt_status set_value(critpt_file *file, size_t point, critpt_file_point_quantity quantity,
                               double value)
{
    critpt_status status = make_values(file, quantity);
    if (status == CRITPT_OK)
        file->point_values[quantity][point] = value;
    return status;
}

/* For all that a spectrum tells, so that it is set whole or not at all. */
static critpt_status make_room(critpt_file *file)
{
    critpt_status status;
    CPT_TRY(cpt_file_make_vectors(file, CRITPT_FILE_VECTOR_EIGENVALUES));
    CPT_TRY(cpt_file_make_vectors(file, CRITPT_FILE_VECTOR_ESCAPE));
    CPT_TRY(make_values(file, CRITPT_FILE_POINT_EIGENVALUE_ERROR));
    CPT_TRY(make_values(file, CRITPT_FILE_POINT_INDEX));
    CPT_TRY(make_values(file, CRITPT_FILE_POINT_NULLITY));
done:
    return status;
}

static critpt_status require_whole(const critpt_file *file, const critpt_spectrum *spectrum)
{
    critpt_status status = cpt_file_require_pointer(spectrum, "spectrum");
    if (status != CRITPT_OK)
        return status;
    size_t n = critpt_spectrum_n_eigenvalues(spectrum);
    if (critpt_spectrum_is_whole(spectrum) && n == file->n_weights)
        return CRITPT_OK;
    return cpt_error(CRITPT_INVALID_ARGUMENT,
                     "spectrum has %zu eigenvalues; a file needs all %zu of a point", n,
                     file->n_weights);
}

/* All eigenvalues, and the largest of their errors. */
static critpt_status get_eigenvalues(const critpt_spectrum *spectrum, size_t P, double *values,
                                     double *error)
{
    critpt_status status = CRITPT_OK;
    *error = 0;
    for (size_t i = 0; i < P; i++) {
        double one;
        CPT_TRY(critpt_spectrum_eigenvalue(spectrum, i, &values[i], &one));
        *error = fmax(*error, one);
    }
done:
    return status;
}

critpt_status critpt_file_set_point_spectrum(critpt_file *file, size_t point,
                                             const critpt_spectrum *spectrum)
{
    double *values = NULL, *escape, error;
    size_t P;
    critpt_status status;
    CPT_TRY(cpt_file_require_point(file, point));
    CPT_TRY(require_whole(file, spectrum));
    P = file->n_weights;
    CPT_TRY(cpt_allocate(&values, 2 * P, sizeof *values));
    escape = values + P;
    CPT_TRY(get_eigenvalues(spectrum, P, values, &error));
    CPT_TRY(critpt_spectrum_eigenvector(spectrum, 0, escape, P));
    CPT_TRY(make_room(file));
    CPT_TRY(
        critpt_file_set_point_kind(file, point, critpt_kind_name(critpt_spectrum_kind(spectrum))));
    CPT_TRY(critpt_file_set_point_vector(file, point, CRITPT_FILE_VECTOR_EIGENVALUES, values, P));
    CPT_TRY(critpt_file_set_point_vector(file, point, CRITPT_FILE_VECTOR_ESCAPE, escape, P));
    CPT_TRY(set_value(file, point, CRITPT_FILE_POINT_EIGENVALUE_ERROR, error));
    CPT_TRY(
        set_value(file, point, CRITPT_FILE_POINT_INDEX, (double)critpt_spectrum_index(spectrum)));
    CPT_TRY(set_value(file, point, CRITPT_FILE_POINT_NULLITY,
                      (double)critpt_spectrum_nullity(spectrum)));
done:
    cpt_free(values);
    return status;
}

/* How many null directions have a name. */
static size_t count_named(const critpt_spectrum *spectrum)
{
    size_t total = 0;
    for (size_t i = 0; i < critpt_spectrum_n_null_directions(spectrum); i++) {
        size_t n = 0;
        (void)critpt_spectrum_null_direction(spectrum, i, NULL, NULL, NULL, &n);
        total += n;
    }
    return total;
}

/* Whether rounding hides signs that matter: of a point without a nature of its own where it is
 * degenerate; of one that was asked for, all beyond those of named null directions, which no
 * precision decides. */
static bool leaves_open(const critpt_file *file, size_t point, const critpt_spectrum *spectrum)
{
    const char *nature = file->natures.items[point];
    size_t nullity = critpt_spectrum_nullity(spectrum);
    critpt_kind kind = critpt_spectrum_kind(spectrum);
    if (nullity == 0 || kind == CRITPT_NOT_CRITICAL)
        return false;
    if (!strcmp(nature, "any") || !strcmp(nature, "free"))
        return kind == CRITPT_DEGENERATE;
    return kind != CRITPT_MINIMUM_ON_COMPLEMENT || count_named(spectrum) < nullity;
}

/* All spectra: what each tells of its own becomes a part of the whole. */
typedef struct watch {
    critpt_progress progress; /* or NULL */
    void *user;
    double from, part;
} watch;

static int pass_on(double done, const char *stage, void *user)
{
    const watch *w = user;
    return w->progress(w->from + done * w->part, stage, w->user);
}

/* In extended precision where double precision leaves too much open. */
static critpt_status compute_spectrum(const critpt_file *file, const critpt_landscape *landscape,
                                      size_t point, watch *w, critpt_spectrum **spectrum)
{
    critpt_status status;
    critpt_spectrum_options *options = NULL;
    critpt_spectrum *extended = NULL;
    size_t P = file->n_weights;
    const double *weights = file->weights + point * P;
    CPT_TRY(critpt_spectrum_options_create(&options));
    if (w->progress)
        CPT_TRY(critpt_spectrum_options_set_progress(options, pass_on, w));
    w->part = 0.5 / (double)file->n_points;
    w->from = 2 * (double)point * w->part;
    CPT_TRY(critpt_spectrum_create(spectrum, landscape, weights, P, options));
    if (!leaves_open(file, point, *spectrum))
        goto done;
    w->from += w->part;
    CPT_TRY(critpt_spectrum_options_set_extended_precision(options, 1));
    CPT_TRY(critpt_spectrum_create(&extended, landscape, weights, P, options));
    critpt_spectrum_destroy(*spectrum);
    *spectrum = extended;
done:
    critpt_spectrum_options_destroy(options);
    return status;
}

/* A point whose Hessian is refused, on a kink for one, stays without and gets a warning. */
static critpt_status add_spectrum(critpt_file *file, const critpt_landscape *landscape,
                                  size_t point, watch *w)
{
    critpt_spectrum *spectrum = NULL;
    char warning[1200];
    critpt_status status = compute_spectrum(file, landscape, point, w, &spectrum);
    if (status == CRITPT_OK) {
        status = critpt_file_set_point_spectrum(file, point, spectrum);
    } else if (status != CRITPT_NO_MEMORY && status != CRITPT_CANCELLED) {
        snprintf(warning, sizeof warning, "point %zu has no kind: %s", point,
                 critpt_error_message());
        status = critpt_file_add_warning(file, warning);
    }
    critpt_spectrum_destroy(spectrum);
    return status;
}

static critpt_status add_copies(critpt_file *file, const critpt_landscape *landscape, size_t point)
{
    critpt_status status;
    double copies;
    CPT_TRY(critpt_mlp_symmetric_copies_at(critpt_landscape_model(landscape),
                                           file->weights + point * file->n_weights, file->n_weights,
                                           &copies));
    CPT_TRY(set_value(file, point, CRITPT_FILE_POINT_SYMMETRIC_COPIES, copies));
done:
    return status;
}

critpt_status cpt_file_add_spectra(critpt_file *file, const critpt_landscape *landscape,
                                   critpt_progress progress, void *user)
{
    critpt_status status = CRITPT_OK;
    watch w = {progress, user, 0, 0};
    for (size_t k = 0; file->model == CRITPT_FILE_MODEL_NETWORK && k < file->n_points; k++)
        CPT_TRY(add_copies(file, landscape, k));
    if (file->n_weights > LARGEST_SPECTRUM) {
        char warning[160];
        snprintf(warning, sizeof warning,
                 "the points have no kind: whole spectra are computed up to %d weights, and there "
                 "are %zu; see critpt spectrum",
                 LARGEST_SPECTRUM, file->n_weights);
        return critpt_file_add_warning(file, warning);
    }
    for (size_t k = 0; k < file->n_points; k++)
        CPT_TRY(add_spectrum(file, landscape, k, &w));
done:
    return status;
}
