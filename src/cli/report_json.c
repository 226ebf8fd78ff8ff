/* What is in a landscape file but its data, as JSON. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json_number.h"
#include "cli/report.h"
#include "cli/report_json.h"

static json_t *other_model_json(const critpt_file *file)
{
    static const struct {
        const char *key;
        critpt_file_text which;
    } texts[] = {{"name", CRITPT_FILE_TEXT_MODEL_NAME},
                 {"version", CRITPT_FILE_TEXT_MODEL_VERSION},
                 {"options", CRITPT_FILE_TEXT_MODEL_OPTIONS},
                 {"hash", CRITPT_FILE_TEXT_MODEL_HASH}};
    json_t *names = json_array();
    for (size_t j = 0; critpt_file_weight_name(file, j); j++)
        json_array_append_new(names, cli_json_text(critpt_file_weight_name(file, j)));
    json_t *model = json_pack("{s:s, s:o, s:I, s:I, s:I, s:i}", "kind",
                              critpt_file_model_kind_name(critpt_file_model(file)), "weight_names",
                              names, "n_inputs", (json_int_t)critpt_file_n_inputs(file),
                              "n_outputs", (json_int_t)critpt_file_n_outputs(file), "n_parameters",
                              (json_int_t)critpt_file_n_weights(file), "exact_orders",
                              critpt_file_exact_orders(file));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        json_object_set_new(model, texts[i].key,
                            cli_json_text(critpt_file_text_value(file, texts[i].which)));
    return model;
}

static json_t *model_json(const critpt_file *file, const critpt_model *model)
{
    if (critpt_file_model(file) != CRITPT_FILE_MODEL_NETWORK)
        return other_model_json(file);
    json_t *widths = json_array(), *activations = json_array(), *bias = json_array();
    json_array_append_new(widths, json_integer((json_int_t)critpt_model_n_inputs(model)));
    for (size_t l = 0; l < critpt_mlp_n_layers(model); l++) {
        size_t width = 0;
        critpt_activation activation = CRITPT_IDENTITY;
        int has_bias = 0;
        critpt_mlp_layer(model, l, &width, &activation, &has_bias);
        json_array_append_new(widths, json_integer((json_int_t)width));
        json_array_append_new(activations, json_string(critpt_activation_name(activation)));
        json_array_append_new(bias, json_boolean(has_bias));
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:I}", "kind", "mlp", "widths", widths, "activations",
                     activations, "bias", bias, "n_parameters",
                     (json_int_t)critpt_model_n_weights(model));
}

static json_t *vector_json(const double *values, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, cli_json_number(values[i]));
    return list;
}

/* The kind, and eigenvalues and escape direction where they are known. */
static outcome spectrum_json(const critpt_file *file, size_t k, double *scratch, json_t *point)
{
    size_t n = critpt_file_n_weights(file);
    const char *kind = critpt_file_point_kind(file, k);
    outcome result = DONE;
    json_object_set_new(point, "kind", cli_json_text(kind));
    for (int v = 0; critpt_file_vector_name((critpt_file_vector)v); v++) {
        TRY(cli_from_library(critpt_file_point_vector(file, k, (critpt_file_vector)v, scratch, n),
                             "%s", ""));
        json_object_set_new(point, critpt_file_vector_name((critpt_file_vector)v),
                            isnan(scratch[0]) ? json_null() : vector_json(scratch, n));
    }
done:
    return result;
}

static outcome points_json(const critpt_file *file, json_t *points)
{
    double *scratch = NULL, moved;
    outcome result;
    TRY(cli_allocate(&scratch, 2 * critpt_file_n_weights(file), sizeof *scratch));
    for (size_t k = 0; k < critpt_file_n_points(file); k++) {
        json_t *point = json_object();
        json_object_set_new(point, "nature_requested",
                            cli_json_text(critpt_file_point_nature(file, k)));
        for (int q = 0; critpt_file_point_quantity_name((critpt_file_point_quantity)q); q++) {
            double value = NAN;
            critpt_file_point_value(file, k, (critpt_file_point_quantity)q, &value);
            json_object_set_new(point,
                                critpt_file_point_quantity_name((critpt_file_point_quantity)q),
                                cli_json_number(value));
        }
        json_array_append_new(points, point);
        double loss = NAN;
        critpt_file_point_value(file, k, CRITPT_FILE_POINT_LOSS, &loss);
        json_object_set_new(point, "loss_above_best", cli_json_number(loss - cli_least_loss(file)));
        TRY(spectrum_json(file, k, scratch, point));
        TRY(cli_moved_weight(file, k, scratch, &moved));
        json_object_set_new(point, "moved", cli_json_number(moved));
    }
done:
    free(scratch);
    return result;
}

static outcome condition_json(const critpt_file *file, size_t c, json_t *condition)
{
    critpt_condition_kind kind;
    size_t n_points, points[3], rows, columns;
    double *array = NULL;
    json_t *on = json_array(), *list = json_array();
    outcome result;
    json_object_set_new(condition, "points", on);
    json_object_set_new(condition, "array", list);
    TRY(cli_from_library(critpt_file_condition(file, c, &kind, &n_points, points), "%s", ""));
    TRY(cli_from_library(critpt_file_condition_size(file, c, &rows, &columns), "%s", ""));
    json_object_set_new(condition, "type", json_string(critpt_condition_kind_name(kind)));
    for (size_t i = 0; i < n_points; i++)
        json_array_append_new(on, json_integer((json_int_t)points[i]));
    for (int q = 0; critpt_file_condition_quantity_name((critpt_condition_quantity)q); q++) {
        double value = NAN;
        critpt_file_condition_value(file, c, (critpt_condition_quantity)q, &value);
        json_object_set_new(condition,
                            critpt_file_condition_quantity_name((critpt_condition_quantity)q),
                            cli_json_number(value));
    }
    if (!rows)
        return DONE;
    TRY(cli_allocate(&array, rows * columns, sizeof *array));
    TRY(cli_from_library(critpt_file_condition_array(file, c, array, columns), "%s", ""));
    for (size_t i = 0; i < rows; i++)
        json_array_append_new(list, vector_json(array + i * columns, columns));
done:
    free(array);
    return result;
}

static outcome conditions_json(const critpt_file *file, json_t *conditions)
{
    outcome result = DONE;
    for (size_t c = 0; c < critpt_file_n_conditions(file); c++) {
        json_t *condition = json_object();
        json_array_append_new(conditions, condition);
        TRY(condition_json(file, c, condition));
    }
done:
    return result;
}

static json_t *report_json(const critpt_file *file)
{
    json_t *report = json_object(), *warnings = json_array();
    for (int q = 0; critpt_file_report_quantity_name((critpt_report_quantity)q); q++) {
        double value = NAN;
        critpt_file_report_value(file, (critpt_report_quantity)q, &value);
        json_object_set_new(report, critpt_file_report_quantity_name((critpt_report_quantity)q),
                            cli_json_number(value));
    }
    for (size_t i = 0; i < critpt_file_n_warnings(file); i++)
        json_array_append_new(warnings, cli_json_text(critpt_file_warning(file, i)));
    json_object_set_new(report, "warnings", warnings);
    return report;
}

static json_t *inputs_json(const critpt_file *file, size_t n_inputs)
{
    json_t *inputs = json_object(), *columns = json_array(), *dropped = json_array();
    const char *source = critpt_file_text_value(file, CRITPT_FILE_TEXT_SOURCE);
    for (size_t j = 0; critpt_file_has_input_columns(file) && j < n_inputs; j++) {
        size_t column = 0;
        double mean = 0, mean_low = 0, scale = 1;
        critpt_file_input_column(file, j, &column, &mean, &scale);
        critpt_file_input_mean_low(file, j, &mean_low);
        json_array_append_new(columns, json_pack("{s:I, s:o, s:o, s:o}", "column",
                                                 (json_int_t)column, "mean", cli_json_number(mean),
                                                 "mean_low", cli_json_number(mean_low), "scale",
                                                 cli_json_number(scale)));
    }
    for (size_t i = 0; i < critpt_file_n_dropped_columns(file); i++) {
        size_t column = 0;
        const char *why = critpt_file_dropped_column(file, i, &column);
        json_array_append_new(dropped, json_pack("{s:I, s:o}", "column", (json_int_t)column, "why",
                                                 cli_json_text(why)));
    }
    json_object_set_new(inputs, "source", cli_json_text(source));
    json_object_set_new(inputs, "columns", columns);
    json_object_set_new(inputs, "dropped", dropped);
    return inputs;
}

outcome cli_print_report_json(const critpt_file *file, const char *path,
                              const critpt_landscape *landscape)
{
    const critpt_model *model = critpt_landscape_model(landscape);
    json_t *root = json_object(), *points = json_array(), *conditions = json_array();
    const char *refused = critpt_file_text_value(file, CRITPT_FILE_TEXT_REFUSED);
    outcome result;
    json_object_set_new(root, "points", points);
    json_object_set_new(root, "conditions", conditions);
    TRY(points_json(file, points));
    TRY(conditions_json(file, conditions));
    json_object_set_new(root, "file", cli_json_text(path));
    json_object_set_new(root, "refused", cli_json_text(refused));
    json_object_set_new(root, "seed", json_integer((json_int_t)critpt_file_seed(file)));
    json_object_set_new(root, "n_samples", json_integer((json_int_t)critpt_file_n_samples(file)));
    json_object_set_new(root, "model", model_json(file, model));
    json_object_set_new(root, "inputs", inputs_json(file, critpt_file_n_inputs(file)));
    json_object_set_new(root, "report", report_json(file));
    TRY(cli_print_json(root));
done:
    json_decref(root);
    return result;
}
