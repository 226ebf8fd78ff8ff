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

const char *const cpt_file_root_texts[CPT_FILE_TEXTS] = {"created_by", "linalg", NULL, NULL,
                                                         "refused"};

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
