/* Names of quantities and texts in the file: the one place to add another. */
#include "file/file.h"

const cpt_file_quantity cpt_file_point_quantities[CPT_FILE_POINT_QUANTITIES] = {
    {"loss", false},
    {"gradient_norm", false},
    {"gradient_max", false},
    {"gradient_scaled", false},
    {"gradient_norm_float32", false},
    {"kink_margin", false},
    {"index", true},
    {"nullity", true},
    {"eigenvalue_error", false},
    {"symmetric_copies", false},
    {"margin_requested", false},
    {"margin_achieved", false},
    {"loss_checked", false},
    {"gradient_norm_checked", false},
    {"gradient_max_checked", false},
    {"gradient_scaled_checked", false},
    {"gradient_norm_float32_checked", false},
    {"kink_margin_checked", false},
    {"eigenvalue_requested", false},
    {"eigenvalue_achieved", false},
    {"basin", false},
    {"basin_share", false},
};

const char *const cpt_file_vectors[CPT_FILE_VECTORS] = {"eigenvalues", "escape"};

const cpt_file_quantity cpt_file_report_quantities[CPT_FILE_REPORT_QUANTITIES] = {
    {"equations", true},       {"unknowns", true},     {"rank", true},
    {"rank_tolerance", false}, {"rank_gap", false},    {"redundant", true},
    {"null_equations", true},  {"condition", false},   {"distance", false},
    {"amplification", false},  {"refinements", true},  {"conflicting", true},
    {"expected_rank", true},   {"duality_gap", false}, {"nature_products", true},
};

const char *const cpt_file_condition_quantities[CPT_FILE_CONDITION_QUANTITIES] = {
    "requested", "achieved", "residual",     "scaled_residual",
    "equations", "softness", "rounding_unit"};

const char *const cpt_file_root_texts[CPT_FILE_TEXTS] = {[CRITPT_FILE_TEXT_CREATED_BY] =
                                                             "created_by",
                                                         [CRITPT_FILE_TEXT_LINALG] = "linalg",
                                                         [CRITPT_FILE_TEXT_REFUSED] = "refused"};

const char *const cpt_file_model_texts[CPT_FILE_TEXTS] = {
    [CRITPT_FILE_TEXT_MODEL_NAME] = "name",
    [CRITPT_FILE_TEXT_MODEL_VERSION] = "version",
    [CRITPT_FILE_TEXT_MODEL_OPTIONS] = "options",
    [CRITPT_FILE_TEXT_MODEL_HASH] = "hash"};

/* A kind's name, and what a file of it requires. */
static const struct {
    const char *name, *requirement;
} models[] = {[CRITPT_FILE_MODEL_NETWORK] = {"mlp", NULL},
              [CRITPT_FILE_MODEL_LIBRARY] = {"library", "library-model"},
              [CRITPT_FILE_MODEL_EXTERNAL] = {"external", "external-model"}};

const char *critpt_file_model_kind_name(critpt_file_model_kind kind)
{
    int i = (int)kind;
    return i >= 0 && i < (int)(sizeof models / sizeof *models) ? models[i].name : NULL;
}

const char *cpt_file_requirement(critpt_file_model_kind kind)
{
    return models[kind].requirement;
}

const char *critpt_file_point_quantity_name(critpt_file_point_quantity quantity)
{
    int i = (int)quantity;
    return i >= 0 && i < CPT_FILE_POINT_QUANTITIES ? cpt_file_point_quantities[i].name : NULL;
}

const char *critpt_file_vector_name(critpt_file_vector which)
{
    int i = (int)which;
    return i >= 0 && i < CPT_FILE_VECTORS ? cpt_file_vectors[i] : NULL;
}

const char *critpt_file_report_quantity_name(critpt_report_quantity quantity)
{
    int i = (int)quantity;
    return i >= 0 && i < CPT_FILE_REPORT_QUANTITIES ? cpt_file_report_quantities[i].name : NULL;
}
