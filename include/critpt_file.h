/* libcritpt-file: landscapes in HDF5 files that Python, Julia and MATLAB read too.
 *
 * critpt-landscape(5) describes the format. A critpt_file is the content of one such file in
 * memory: make it from a landscape or a solved plan and write it, or read it and ask it for the
 * landscape. The habits of critpt.h hold here too, critpt_error_message() included: the same
 * content always gives the same bytes; what fails changes nothing.
 *
 * Statuses of reading: CRITPT_SYSTEM where the system refuses, CRITPT_INVALID_ARGUMENT for a file
 * that is not a landscape, is damaged or contradicts itself, CRITPT_UNSUPPORTED for one written in
 * a later format, or that requires a feature which this version does not know. HDF5 is not made for
 * threads: make one call of this header at a time. */
#ifndef CRITPT_FILE_H
#define CRITPT_FILE_H

#include <critpt.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Files (critpt_file(3)) ---------------------------------------------------------------------
 */

/* The format that this version writes, and the latest it reads. */
enum { CRITPT_FILE_FORMAT_VERSION = 1 };

typedef struct critpt_file critpt_file;

/* The content of a landscape, copied: the layers of a network, or of a model of callbacks its sizes
 * (critpt_file_model); inputs, targets (which must be there), weights of samples, metric; no points
 * yet. */
CRITPT_PUBLIC critpt_status critpt_file_create(critpt_file **file,
                                               const critpt_landscape *landscape);
/* The same and all that a plan knows after critpt_plan_solve on that landscape: base targets,
 * points, their values and spectra, report and warnings. Norms of gradients are raised by one
 * rounding unit, so that they are bounds. Points without a Hessian (on a kink), and models of more
 * than 5000 weights, have no spectra; a warning of the file says so. After a solve that failed: the
 * points as given, and no values. */
CRITPT_PUBLIC critpt_status critpt_file_create_from_plan(critpt_file **file,
                                                         const critpt_landscape *landscape,
                                                         const critpt_plan *plan);
/* The same with progress, for spectra take their time; a return other than 0 cancels. */
CRITPT_PUBLIC critpt_status critpt_file_create_from_plan_with_progress(
    critpt_file **file, const critpt_landscape *landscape, const critpt_plan *plan,
    critpt_progress progress, void *user);
CRITPT_PUBLIC critpt_status critpt_file_read(critpt_file **file, const char *path);
/* The same for a file whose arrays take at most so many bytes of memory, CRITPT_NO_MEMORY
 * otherwise; 0, as of critpt_file_read: 256 MiB, or 100 times the size of the file if that is more.
 */
CRITPT_PUBLIC critpt_status critpt_file_read_limited(critpt_file **file, const char *path,
                                                     size_t memory_limit);
/* Writes beside `path` and renames: a file that was there stays until the new one is complete. */
CRITPT_PUBLIC critpt_status critpt_file_write(const critpt_file *file, const char *path);
CRITPT_PUBLIC void critpt_file_destroy(critpt_file *file);

/* A new landscape of the content; the caller destroys it. CRITPT_UNSUPPORTED where the file does
 * not hold its model: then the next. */
CRITPT_PUBLIC critpt_status critpt_file_landscape(const critpt_file *file,
                                                  critpt_landscape **landscape);
/* The same with the model that the file is of, which the landscape keeps alive. CRITPT_INCONSISTENT
 * where its outputs at the file's points are not those that the file recorded: another model. */
CRITPT_PUBLIC critpt_status critpt_file_landscape_with_model(const critpt_file *file,
                                                             critpt_model *model,
                                                             critpt_landscape **landscape);

/* ---- Data and model (critpt_file_model(3)) -----------------------------------------------------
 */

/* N samples of d inputs and D outputs; 0 for NULL. */
CRITPT_PUBLIC size_t critpt_file_n_samples(const critpt_file *file);
CRITPT_PUBLIC size_t critpt_file_n_inputs(const critpt_file *file);
CRITPT_PUBLIC size_t critpt_file_n_outputs(const critpt_file *file);
/* N x d, N x D, N and D x D; weights are 1 and the metric the identity where nothing was set. */
CRITPT_PUBLIC critpt_status critpt_file_inputs(const critpt_file *file, double *inputs,
                                               size_t leading);
CRITPT_PUBLIC critpt_status critpt_file_targets(const critpt_file *file, double *targets,
                                                size_t leading);
CRITPT_PUBLIC critpt_status critpt_file_sample_weights(const critpt_file *file, double *weights,
                                                       size_t n_samples);
CRITPT_PUBLIC critpt_status critpt_file_output_metric(const critpt_file *file, double *metric,
                                                      size_t leading);
/* Penalties and their centre, one for each weight; zeros where there are none. */
CRITPT_PUBLIC critpt_status critpt_file_penalty(const critpt_file *file, double *penalty,
                                                double *centre, size_t n_weights);

/* Where the model is: in the file; in a shared object (critpt_plugin(3)); in the program that made
 * the file of its own callbacks. */
typedef enum critpt_file_model_kind {
    CRITPT_FILE_MODEL_NETWORK = 0,
    CRITPT_FILE_MODEL_LIBRARY = 1,
    CRITPT_FILE_MODEL_EXTERNAL = 2
} critpt_file_model_kind;
CRITPT_PUBLIC critpt_file_model_kind critpt_file_model(const critpt_file *file);
/* Library or external, of a file that does not hold its model; external at first. */
CRITPT_PUBLIC critpt_status critpt_file_set_model(critpt_file *file, critpt_file_model_kind kind);
/* "mlp", "library" or "external"; NULL if there is no such kind. */
CRITPT_PUBLIC const char *critpt_file_model_kind_name(critpt_file_model_kind kind);
/* critpt_model_exact_orders of the model: below 2, points are critical to the accuracy of
 * differences; 0 for NULL. */
CRITPT_PUBLIC int critpt_file_exact_orders(const critpt_file *file);
/* Names of all weights, P strings that are copied; NULL removes them. Of a network they are not
 * kept: CRITPT_INVALID_ARGUMENT. */
CRITPT_PUBLIC critpt_status critpt_file_set_weight_names(critpt_file *file,
                                                         const char *const *names,
                                                         size_t n_weights);
/* NULL: none. */
CRITPT_PUBLIC const char *critpt_file_weight_name(const critpt_file *file, size_t weight);
/* Records the landscape's outputs at all points on 8 samples at most, by which a model is
 * recognised; critpt_file_create_from_plan does so. critpt_file_set_points forgets them. */
CRITPT_PUBLIC critpt_status critpt_file_record_outputs(critpt_file *file,
                                                       const critpt_landscape *landscape);
/* On how many samples that is; 0: nothing is recorded. */
CRITPT_PUBLIC size_t critpt_file_n_recorded(const critpt_file *file);

/* ---- Points: K of them, with P weights each (critpt_file_point(3))
 * --------------------------------- */

/* Replaces all points: weights is n_points x P with rows `leading` apart, requested the same as
 * asked for, or NULL where nothing moved. Values and texts of points are forgotten. */
CRITPT_PUBLIC critpt_status critpt_file_set_points(critpt_file *file, size_t n_points,
                                                   const double *weights, const double *requested,
                                                   size_t n_weights, size_t leading);
CRITPT_PUBLIC size_t critpt_file_n_points(const critpt_file *file);
CRITPT_PUBLIC size_t critpt_file_n_weights(const critpt_file *file);
CRITPT_PUBLIC critpt_status critpt_file_point_weights(const critpt_file *file, size_t point,
                                                      double *weights, size_t n_weights);
CRITPT_PUBLIC critpt_status critpt_file_point_weights_requested(const critpt_file *file,
                                                                size_t point, double *weights,
                                                                size_t n_weights);

/* Numbers about points, one dataset each. Norms of gradients are upper bounds. */
typedef enum critpt_file_point_quantity {
    CRITPT_FILE_POINT_LOSS = 0,
    CRITPT_FILE_POINT_GRADIENT_NORM = 1,
    CRITPT_FILE_POINT_GRADIENT_MAX = 2,
    CRITPT_FILE_POINT_GRADIENT_SCALED = 3,
    CRITPT_FILE_POINT_GRADIENT_NORM_FLOAT32 = 4,
    CRITPT_FILE_POINT_KINK_MARGIN = 5,
    CRITPT_FILE_POINT_INDEX = 6,             /* certainly negative eigenvalues of the Hessian */
    CRITPT_FILE_POINT_NULLITY = 7,           /* eigenvalues whose sign rounding hides */
    CRITPT_FILE_POINT_EIGENVALUE_ERROR = 8,  /* bound of the error of each eigenvalue */
    CRITPT_FILE_POINT_SYMMETRIC_COPIES = 9,  /* critpt_mlp_symmetric_copies */
    CRITPT_FILE_POINT_MARGIN_REQUESTED = 10, /* of the nature asked for */
    CRITPT_FILE_POINT_MARGIN_ACHIEVED = 11,  /* least |whitened eigenvalue| */
    /* the first six as an independent computation has them */
    CRITPT_FILE_POINT_LOSS_CHECKED = 12,
    CRITPT_FILE_POINT_GRADIENT_NORM_CHECKED = 13,
    CRITPT_FILE_POINT_GRADIENT_MAX_CHECKED = 14,
    CRITPT_FILE_POINT_GRADIENT_SCALED_CHECKED = 15,
    CRITPT_FILE_POINT_GRADIENT_NORM_FLOAT32_CHECKED = 16,
    CRITPT_FILE_POINT_KINK_MARGIN_CHECKED = 17,
    CRITPT_FILE_POINT_EIGENVALUE_REQUESTED = 18, /* of the nature asked for, in a margin's stead */
    CRITPT_FILE_POINT_EIGENVALUE_ACHIEVED = 19,  /* least |eigenvalue| off the null directions */
    CRITPT_FILE_POINT_BASIN = 20,                /* critpt_basin_radius */
    CRITPT_FILE_POINT_BASIN_SHARE = 21           /* critpt_basin_share */
} critpt_file_point_quantity;
/* One value per point; NaN: not known. Index and nullity are integers from 0 to 2^53. A quantity
 * that no point knows is not written. */
CRITPT_PUBLIC critpt_status critpt_file_set_point_values(critpt_file *file,
                                                         critpt_file_point_quantity quantity,
                                                         const double *values, size_t n_points);
CRITPT_PUBLIC critpt_status critpt_file_point_value(const critpt_file *file, size_t point,
                                                    critpt_file_point_quantity quantity,
                                                    double *value);
/* The quantity's name in the file, as "gradient_norm"; NULL if there is no such quantity. */
CRITPT_PUBLIC const char *critpt_file_point_quantity_name(critpt_file_point_quantity quantity);

/* Vectors of P numbers about points, one dataset each. */
typedef enum critpt_file_vector {
    CRITPT_FILE_VECTOR_EIGENVALUES = 0, /* of the Hessian, ascending */
    CRITPT_FILE_VECTOR_ESCAPE = 1       /* unit eigenvector of the least one */
} critpt_file_vector;
/* Of one point; NaNs: not known. Vectors that no point knows are not written. */
CRITPT_PUBLIC critpt_status critpt_file_set_point_vector(critpt_file *file, size_t point,
                                                         critpt_file_vector which,
                                                         const double *vector, size_t n_weights);
CRITPT_PUBLIC critpt_status critpt_file_point_vector(const critpt_file *file, size_t point,
                                                     critpt_file_vector which, double *vector,
                                                     size_t n_weights);
/* The vector's name in the file, as "escape"; NULL if there is no such vector. */
CRITPT_PUBLIC const char *critpt_file_vector_name(critpt_file_vector which);

/* What kind of point it is, a name of critpt_kind_name; NULL: not known, as at first. The string is
 * the file's own, until it is set again. */
CRITPT_PUBLIC critpt_status critpt_file_set_point_kind(critpt_file *file, size_t point,
                                                       const char *kind);
CRITPT_PUBLIC const char *critpt_file_point_kind(const critpt_file *file, size_t point);

/* Kind, index, nullity, eigenvalues with their error and escape direction of a whole spectrum. */
CRITPT_PUBLIC critpt_status critpt_file_set_point_spectrum(critpt_file *file, size_t point,
                                                           const critpt_spectrum *spectrum);

/* The nature asked for, "any" at first; "free" of a point that need not be critical. The string is
 * the file's own, until it is set again. */
CRITPT_PUBLIC critpt_status critpt_file_set_point_nature(critpt_file *file, size_t point,
                                                         const char *nature);
CRITPT_PUBLIC const char *critpt_file_point_nature(const critpt_file *file, size_t point);

/* ---- Conditions and frozen targets (critpt_file_condition(3))
 * ---------------------------------------- */

/* Adds a condition on points of the file: as many as the kind has, and the array that
 * critpt_plan_condition_array describes, rows `leading` apart, NULL and 0 where the kind has none.
 * Its number is *condition (NULL allowed). critpt_file_set_points forgets all of them. */
CRITPT_PUBLIC critpt_status critpt_file_add_condition(critpt_file *file, critpt_condition_kind kind,
                                                      const size_t *points, size_t n_points,
                                                      const double *array, size_t n_rows,
                                                      size_t n_columns, size_t leading,
                                                      size_t *condition);
CRITPT_PUBLIC size_t critpt_file_n_conditions(const critpt_file *file);
/* Any of the results may be NULL. `points` has room for three, of which *n_points are used. */
CRITPT_PUBLIC critpt_status critpt_file_condition(const critpt_file *file, size_t condition,
                                                  critpt_condition_kind *kind, size_t *n_points,
                                                  size_t points[3]);
CRITPT_PUBLIC critpt_status critpt_file_condition_size(const critpt_file *file, size_t condition,
                                                       size_t *n_rows, size_t *n_columns);
CRITPT_PUBLIC critpt_status critpt_file_condition_array(const critpt_file *file, size_t condition,
                                                        double *values, size_t leading);
/* NaN, as at first: not known. The residual is an upper bound. */
CRITPT_PUBLIC critpt_status critpt_file_set_condition_value(critpt_file *file, size_t condition,
                                                            critpt_condition_quantity quantity,
                                                            double value);
CRITPT_PUBLIC critpt_status critpt_file_condition_value(const critpt_file *file, size_t condition,
                                                        critpt_condition_quantity quantity,
                                                        double *value);
/* The quantity's name in the file, as "achieved"; NULL if there is no such quantity. */
CRITPT_PUBLIC const char *critpt_file_condition_quantity_name(critpt_condition_quantity quantity);

/* The targets that had to stay at the base targets: N x D, not 0 where they did; NULL removes
 * the mask. One that was never set reads as zeros. */
CRITPT_PUBLIC critpt_status critpt_file_set_frozen_targets(critpt_file *file,
                                                           const unsigned char *mask,
                                                           size_t leading);
CRITPT_PUBLIC int critpt_file_has_frozen_targets(const critpt_file *file);
CRITPT_PUBLIC critpt_status critpt_file_frozen_targets(const critpt_file *file, unsigned char *mask,
                                                       size_t leading);

/* ---- What else a file holds (critpt_file_content(3))
 * ------------------------------------------------ */

typedef enum critpt_file_text {
    CRITPT_FILE_TEXT_CREATED_BY = 0, /* "libcritpt 0.1.0" unless set */
    CRITPT_FILE_TEXT_LINALG = 1,     /* critpt_linalg_name() unless set */
    CRITPT_FILE_TEXT_SPEC = 2,       /* the specification, JSON */
    CRITPT_FILE_TEXT_SOURCE = 3,     /* where the inputs come from */
    CRITPT_FILE_TEXT_REFUSED = 4,    /* why the request was not met, in a file kept all the same */
    /* of a model that is not in the file */
    CRITPT_FILE_TEXT_MODEL_NAME = 5,
    CRITPT_FILE_TEXT_MODEL_VERSION = 6,
    CRITPT_FILE_TEXT_MODEL_OPTIONS = 7, /* that it was configured with */
    CRITPT_FILE_TEXT_MODEL_HASH = 8     /* of the object it came from, for information */
} critpt_file_text;
/* UTF-8; NULL removes it. Strings returned are the file's own, until set again; NULL: none. */
CRITPT_PUBLIC critpt_status critpt_file_set_text(critpt_file *file, critpt_file_text which,
                                                 const char *text);
CRITPT_PUBLIC const char *critpt_file_text_value(const critpt_file *file, critpt_file_text which);

/* 0 .. 2^63 - 1; 0 at first. */
CRITPT_PUBLIC critpt_status critpt_file_set_seed(critpt_file *file, uint64_t seed);
CRITPT_PUBLIC uint64_t critpt_file_seed(const critpt_file *file);

/* The targets that the plan stayed near to, N x D; NULL removes them. Reading them where there are
 * none is CRITPT_INVALID_ARGUMENT. */
CRITPT_PUBLIC critpt_status critpt_file_set_base_targets(critpt_file *file, const double *targets,
                                                         size_t leading);
CRITPT_PUBLIC int critpt_file_has_base_targets(const critpt_file *file);
CRITPT_PUBLIC critpt_status critpt_file_base_targets(const critpt_file *file, double *targets,
                                                     size_t leading);

/* How the inputs came from the source's columns: input j is ((column source[j] - mean[j]) -
 * mean_low[j]) / scale[j]; as many as the model's inputs. Low parts, what double precision leaves
 * of the means, are 0 unless they are set after the columns. */
CRITPT_PUBLIC critpt_status critpt_file_set_input_columns(critpt_file *file, const size_t *source,
                                                          const double *mean, const double *scale,
                                                          size_t n_inputs);
CRITPT_PUBLIC int critpt_file_has_input_columns(const critpt_file *file);
CRITPT_PUBLIC critpt_status critpt_file_input_column(const critpt_file *file, size_t input,
                                                     size_t *source, double *mean, double *scale);
CRITPT_PUBLIC critpt_status critpt_file_set_input_mean_low(critpt_file *file,
                                                           const double *mean_low, size_t n_inputs);
CRITPT_PUBLIC critpt_status critpt_file_input_mean_low(const critpt_file *file, size_t input,
                                                       double *mean_low);
/* A column of the source that was left out, and why. */
CRITPT_PUBLIC critpt_status critpt_file_add_dropped_column(critpt_file *file, size_t source,
                                                           const char *why);
CRITPT_PUBLIC size_t critpt_file_n_dropped_columns(const critpt_file *file);
/* NULL beyond the last; `source` may be NULL. */
CRITPT_PUBLIC const char *critpt_file_dropped_column(const critpt_file *file, size_t dropped,
                                                     size_t *source);

/* The report of a plan; NaN: not known. */
CRITPT_PUBLIC critpt_status critpt_file_set_report_value(critpt_file *file,
                                                         critpt_report_quantity quantity,
                                                         double value);
CRITPT_PUBLIC critpt_status critpt_file_report_value(const critpt_file *file,
                                                     critpt_report_quantity quantity,
                                                     double *value);
/* The quantity's name in the file, as "rank_gap"; NULL if there is no such quantity. */
CRITPT_PUBLIC const char *critpt_file_report_quantity_name(critpt_report_quantity quantity);
CRITPT_PUBLIC critpt_status critpt_file_add_warning(critpt_file *file, const char *warning);
CRITPT_PUBLIC size_t critpt_file_n_warnings(const critpt_file *file);
/* NULL beyond the last. */
CRITPT_PUBLIC const char *critpt_file_warning(const critpt_file *file, size_t warning);

/* ---- Any HDF5 file (critpt_file(3))
 * ------------------------------------------------------------------ */

/* Rows and columns of a dataset of numbers with one or two dimensions; one dimension is one column.
 */
CRITPT_PUBLIC critpt_status critpt_file_dataset_size(const char *path, const char *dataset,
                                                     size_t *rows, size_t *columns);
/* The dataset, which must be rows x columns and finite. */
CRITPT_PUBLIC critpt_status critpt_file_dataset_read(const char *path, const char *dataset,
                                                     double *values, size_t rows, size_t columns,
                                                     size_t leading);

#ifdef __cplusplus
}
#endif

#endif
