/* The options of a solve: each with its default, a checked setter and a getter. */
#include <math.h>

#include "plan/plan.h"

static const critpt_plan_options defaults = {
    .rank_tolerance = 0,
    .memory_limit = 0,
    .refinements = 4,
    .base_noise = NAN,
    .seed = 0,
    .balance = true,
    .check_model = true,
    .amplification_limit = INFINITY,
    .nature_products = 20000,
    .time_limit = 0,
    .progress = NULL,
    .progress_user = NULL,
};

critpt_status critpt_plan_options_create(critpt_plan_options **options)
{
    critpt_status status;
    critpt_plan_options *made;
    if (!options)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "options is NULL; give the address of a handle");
    *options = NULL;
    CPT_TRY(cpt_allocate(&made, 1, sizeof *made));
    *made = defaults;
    *options = made;
done:
    return status;
}

void critpt_plan_options_destroy(critpt_plan_options *options)
{
    cpt_free(options);
}

static critpt_status require_options(const critpt_plan_options *options)
{
    if (!options)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "options is NULL");
    return CRITPT_OK;
}

const critpt_plan_options *cpt_plan_options_in_force(const critpt_plan_options *options)
{
    return options ? options : &defaults;
}

critpt_status critpt_plan_options_set_rank_tolerance(critpt_plan_options *options, double tolerance)
{
    critpt_status status = require_options(options);
    if (status != CRITPT_OK)
        return status;
    if (!(tolerance >= 0 && tolerance < 1))
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "rank tolerance is %g; it must be in (0, 1), or 0 for the default",
                         tolerance);
    options->rank_tolerance = tolerance;
    return CRITPT_OK;
}

double critpt_plan_options_rank_tolerance(const critpt_plan_options *options)
{
    return cpt_plan_options_in_force(options)->rank_tolerance;
}

critpt_status critpt_plan_options_set_memory_limit(critpt_plan_options *options, size_t bytes)
{
    critpt_status status = require_options(options);
    if (status == CRITPT_OK)
        options->memory_limit = bytes;
    return status;
}

size_t critpt_plan_options_memory_limit(const critpt_plan_options *options)
{
    return cpt_plan_options_in_force(options)->memory_limit;
}

critpt_status critpt_plan_options_set_refinements(critpt_plan_options *options, size_t rounds)
{
    critpt_status status = require_options(options);
    if (status == CRITPT_OK)
        options->refinements = rounds;
    return status;
}

size_t critpt_plan_options_refinements(const critpt_plan_options *options)
{
    return cpt_plan_options_in_force(options)->refinements;
}

critpt_status critpt_plan_options_set_base_noise(critpt_plan_options *options, double deviation)
{
    critpt_status status = require_options(options);
    if (status != CRITPT_OK)
        return status;
    if (deviation < 0 || isinf(deviation))
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "base noise is %g; it must be 0 or more and finite, or NaN for the "
                         "default",
                         deviation);
    options->base_noise = deviation;
    return CRITPT_OK;
}

double critpt_plan_options_base_noise(const critpt_plan_options *options)
{
    return cpt_plan_options_in_force(options)->base_noise;
}

critpt_status critpt_plan_options_set_seed(critpt_plan_options *options, uint64_t seed)
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

uint64_t critpt_plan_options_seed(const critpt_plan_options *options)
{
    return cpt_plan_options_in_force(options)->seed;
}

critpt_status critpt_plan_options_set_balance(critpt_plan_options *options, int balance)
{
    critpt_status status = require_options(options);
    if (status != CRITPT_OK)
        return status;
    if (balance != 0 && balance != 1)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "balance is %d; it must be 0 or 1", balance);
    options->balance = balance == 1;
    return CRITPT_OK;
}

int critpt_plan_options_balance(const critpt_plan_options *options)
{
    return cpt_plan_options_in_force(options)->balance;
}

critpt_status critpt_plan_options_set_model_check(critpt_plan_options *options, int check)
{
    critpt_status status = require_options(options);
    if (status != CRITPT_OK)
        return status;
    if (check != 0 && check != 1)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "check is %d; it must be 0 or 1", check);
    options->check_model = check == 1;
    return CRITPT_OK;
}

int critpt_plan_options_model_check(const critpt_plan_options *options)
{
    return cpt_plan_options_in_force(options)->check_model;
}

critpt_status critpt_plan_options_set_amplification_limit(critpt_plan_options *options,
                                                          double limit)
{
    critpt_status status = require_options(options);
    if (status != CRITPT_OK)
        return status;
    if (!(limit > 0))
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "amplification limit is %g; it must be positive, infinity for none",
                         limit);
    options->amplification_limit = limit;
    return CRITPT_OK;
}

double critpt_plan_options_amplification_limit(const critpt_plan_options *options)
{
    return cpt_plan_options_in_force(options)->amplification_limit;
}

critpt_status critpt_plan_options_set_nature_products(critpt_plan_options *options, size_t products)
{
    critpt_status status = require_options(options);
    if (status != CRITPT_OK)
        return status;
    if (products == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "0 products; natures need some");
    options->nature_products = products;
    return CRITPT_OK;
}

size_t critpt_plan_options_nature_products(const critpt_plan_options *options)
{
    return cpt_plan_options_in_force(options)->nature_products;
}

critpt_status critpt_plan_options_set_time_limit(critpt_plan_options *options, double seconds)
{
    critpt_status status = require_options(options);
    if (status != CRITPT_OK)
        return status;
    if (!(seconds >= 0))
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "time limit is %g; it must be positive, or 0 for none", seconds);
    options->time_limit = seconds;
    return CRITPT_OK;
}

double critpt_plan_options_time_limit(const critpt_plan_options *options)
{
    return cpt_plan_options_in_force(options)->time_limit;
}

critpt_status critpt_plan_options_set_progress(critpt_plan_options *options,
                                               critpt_progress progress, void *user)
{
    critpt_status status = require_options(options);
    if (status != CRITPT_OK)
        return status;
    options->progress = progress;
    options->progress_user = user;
    return CRITPT_OK;
}
