/* The options of a spectrum: each with its default, a checked setter and a getter. */
#include "spectrum/spectrum.h"

#include "landscape/accepted.h"

static const critpt_spectrum_options defaults = {
    .n_extreme = 0,
    .first_vector = 0,
    .n_vectors = SIZE_MAX,
    .tolerance = 1e-8,
    .max_products = 20000,
    .accepted_gradient = CPT_ACCEPTED_DERIVATIVE,
    .extended_precision = false,
    .memory_limit = 0,
    .seed = 0,
};

critpt_status critpt_spectrum_options_create(critpt_spectrum_options **options)
{
    critpt_status status;
    critpt_spectrum_options *made;
    if (!options)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "options is NULL; give the address of a handle");
    *options = NULL;
    CPT_TRY(cpt_allocate(&made, 1, sizeof *made));
    *made = defaults;
    *options = made;
done:
    return status;
}

void critpt_spectrum_options_destroy(critpt_spectrum_options *options)
{
    cpt_free(options);
}

const critpt_spectrum_options *cpt_spectrum_options_in_force(const critpt_spectrum_options *options)
{
    return options ? options : &defaults;
}

void cpt_spectrum_share(const critpt_landscape *landscape, const double *weights,
                        const critpt_spectrum_options *options, size_t n_vectors)
{
    const double numbers[] = {(double)n_vectors,
                              (double)options->n_extreme,
                              options->tolerance,
                              (double)options->max_products,
                              options->accepted_gradient,
                              (double)(options->seed >> 32),
                              (double)(options->seed & UINT32_MAX)};
    cpt_landscape_share(landscape, sizeof numbers / sizeof *numbers, numbers);
    cpt_landscape_share(landscape, landscape->model->n_weights, weights);
}

critpt_status cpt_spectrum_advance(const critpt_spectrum_options *options, double done,
                                   const char *stage)
{
    return options->progress ? cpt_pulse_advance(done, stage) : cpt_pulse_beat();
}

static critpt_status require_options(const critpt_spectrum_options *options)
{
    return options ? CRITPT_OK : cpt_error(CRITPT_INVALID_ARGUMENT, "options is NULL");
}

critpt_status critpt_spectrum_options_set_progress(critpt_spectrum_options *options,
                                                   critpt_progress progress, void *user)
{
    critpt_status status = require_options(options);
    if (status != CRITPT_OK)
        return status;
    options->progress = progress;
    options->progress_user = user;
    return CRITPT_OK;
}

critpt_status critpt_spectrum_options_set_n_extreme(critpt_spectrum_options *options,
                                                    size_t n_extreme)
{
    critpt_status status = require_options(options);
    if (status == CRITPT_OK)
        options->n_extreme = n_extreme;
    return status;
}

size_t critpt_spectrum_options_n_extreme(const critpt_spectrum_options *options)
{
    return cpt_spectrum_options_in_force(options)->n_extreme;
}

critpt_status critpt_spectrum_options_set_eigenvectors(critpt_spectrum_options *options,
                                                       size_t first, size_t n_eigenvectors)
{
    critpt_status status = require_options(options);
    if (status != CRITPT_OK)
        return status;
    options->first_vector = first;
    options->n_vectors = n_eigenvectors;
    return CRITPT_OK;
}

size_t critpt_spectrum_options_first_eigenvector(const critpt_spectrum_options *options)
{
    return cpt_spectrum_options_in_force(options)->first_vector;
}

size_t critpt_spectrum_options_n_eigenvectors(const critpt_spectrum_options *options)
{
    return cpt_spectrum_options_in_force(options)->n_vectors;
}

critpt_status critpt_spectrum_options_set_tolerance(critpt_spectrum_options *options,
                                                    double tolerance)
{
    critpt_status status = require_options(options);
    if (status != CRITPT_OK)
        return status;
    if (!(tolerance > 0 && tolerance < 1))
        return cpt_error(CRITPT_INVALID_ARGUMENT, "tolerance is %g; it must be in (0, 1)",
                         tolerance);
    options->tolerance = tolerance;
    return CRITPT_OK;
}

double critpt_spectrum_options_tolerance(const critpt_spectrum_options *options)
{
    return cpt_spectrum_options_in_force(options)->tolerance;
}

critpt_status critpt_spectrum_options_set_max_products(critpt_spectrum_options *options,
                                                       size_t products)
{
    critpt_status status = require_options(options);
    if (status != CRITPT_OK)
        return status;
    if (products == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "max_products is 0; Lanczos needs products");
    options->max_products = products;
    return CRITPT_OK;
}

size_t critpt_spectrum_options_max_products(const critpt_spectrum_options *options)
{
    return cpt_spectrum_options_in_force(options)->max_products;
}

critpt_status critpt_spectrum_options_set_accepted_gradient(critpt_spectrum_options *options,
                                                            double units)
{
    critpt_status status = require_options(options);
    if (status != CRITPT_OK)
        return status;
    if (!(units > 0))
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "accepted gradient is %g units; it must be "
                         "positive",
                         units);
    options->accepted_gradient = units;
    return CRITPT_OK;
}

double critpt_spectrum_options_accepted_gradient(const critpt_spectrum_options *options)
{
    return cpt_spectrum_options_in_force(options)->accepted_gradient;
}

critpt_status critpt_spectrum_options_set_extended_precision(critpt_spectrum_options *options,
                                                             int yes)
{
    critpt_status status = require_options(options);
    if (status == CRITPT_OK)
        options->extended_precision = yes;
    return status;
}

int critpt_spectrum_options_extended_precision(const critpt_spectrum_options *options)
{
    return cpt_spectrum_options_in_force(options)->extended_precision;
}

critpt_status critpt_spectrum_options_set_memory_limit(critpt_spectrum_options *options,
                                                       size_t bytes)
{
    critpt_status status = require_options(options);
    if (status == CRITPT_OK)
        options->memory_limit = bytes;
    return status;
}

size_t critpt_spectrum_options_memory_limit(const critpt_spectrum_options *options)
{
    return cpt_spectrum_options_in_force(options)->memory_limit;
}

critpt_status critpt_spectrum_options_set_seed(critpt_spectrum_options *options, uint64_t seed)
{
    critpt_status status = require_options(options);
    if (status != CRITPT_OK)
        return status;
    if (seed > INT64_MAX)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "seed is %llu; it must be at most 2^63 - 1",
                         (unsigned long long)seed);
    options->seed = seed;
    return CRITPT_OK;
}

uint64_t critpt_spectrum_options_seed(const critpt_spectrum_options *options)
{
    return cpt_spectrum_options_in_force(options)->seed;
}
