/* A model from a shared object against the file that names it. What it is was checked when it was
 * loaded: name, version, sizes, and its outputs at the points. */
#include "verify/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void verify_leave_rough(verification *v, size_t k, bool sharp)
{
    verify_leave(v, "point %zu: kink_margin, kink_margin_checked (the model's own word)", k);
    if (!sharp)
        verify_leave(v,
                     "point %zu: gradient_norm, gradient_max, gradient_scaled, "
                     "gradient_norm_float32 and the same checked, and so that it is critical "
                     "(differences of the model's outputs are too rough)",
                     k);
}

static void check_names(verification *v)
{
    const char *const *names = v->model.table.weight_names;
    for (size_t j = 0; j < v->problem.n_weights; j++) {
        const char *stated = critpt_file_weight_name(v->file, j), *own = names ? names[j] : NULL;
        char claim[48];
        snprintf(claim, sizeof claim, "weight_names[%zu]", j);
        if (stated || own)
            verify_judge_text(v, "model", claim, stated ? stated : "nothing", own ? own : "nothing",
                              stated && own && !strcmp(stated, own));
    }
}

outcome verify_check_model(verification *v)
{
    static const enum critpt_file_text texts[] = {CRITPT_FILE_TEXT_MODEL_NAME,
                                                  CRITPT_FILE_TEXT_MODEL_VERSION};
    const char *const own[] = {v->model.table.name, v->model.table.version};
    size_t recorded = critpt_file_n_recorded(v->file), K = critpt_file_n_points(v->file);
    int exact = critpt_file_exact_orders(v->file);
    bool library = critpt_file_model(v->file) == CRITPT_FILE_MODEL_LIBRARY;
    for (size_t i = 0; library && i < 2; i++) {
        const char *stated = critpt_file_text_value(v->file, texts[i]);
        verify_judge_text(v, "model", i ? "version" : "name", stated ? stated : "nothing", own[i],
                          stated && !strcmp(stated, own[i]));
    }
    if (v->planted && K)
        verify_judge(v, "model", "samples with recorded outputs", (double)recorded,
                     fmin(8, (double)v->problem.oracle.n_samples),
                     recorded == 8 || recorded == v->problem.oracle.n_samples);
    verify_judge(v, "model", "exact_orders", exact, critpt_model_exact_orders(v->model.model),
                 exact == critpt_model_exact_orders(v->model.model));
    if (library)
        check_names(v);
    for (size_t k = 0; k < K; k++)
        if (!isnan(verify_point_value(v, k, CRITPT_FILE_POINT_SYMMETRIC_COPIES)))
            verify_judge(v, "model", "symmetric_copies, which a network alone has",
                         verify_point_value(v, k, CRITPT_FILE_POINT_SYMMETRIC_COPIES), NAN, false);
    if (!claims_are_extended(&v->problem))
        verify_leave(v,
                     "what outputs in extended precision would show (the model has none: those in "
                     "double precision were differenced)");
    verify_leave(v, "hash (for information)");
    if (!library)
        verify_leave(v, "name, version, options, weight_names (of an external model)");
    return DONE;
}
