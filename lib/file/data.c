/* The data of a file: sizes, inputs, targets, weights of samples, metric. */
#include <string.h>

#include "file/file.h"

size_t critpt_file_n_samples(const critpt_file *file)
{
    return file ? file->n_samples : 0;
}

size_t critpt_file_n_inputs(const critpt_file *file)
{
    return file ? file->n_inputs : 0;
}

size_t critpt_file_n_outputs(const critpt_file *file)
{
    return file ? file->n_outputs : 0;
}

static critpt_status get_rows(const char *what, const double *from, size_t rows, size_t columns,
                              double *to, size_t leading)
{
    critpt_status status;
    CPT_TRY(cpt_require_matrix(what, to, rows, columns, leading));
    for (size_t i = 0; i < rows; i++)
        memcpy(to + i * leading, from + i * columns, columns * sizeof *to);
done:
    return status;
}

critpt_status critpt_file_inputs(const critpt_file *file, double *inputs, size_t leading)
{
    critpt_status status;
    CPT_TRY(cpt_file_require(file));
    CPT_TRY(get_rows("inputs", file->inputs, file->n_samples, file->n_inputs, inputs, leading));
done:
    return status;
}

critpt_status critpt_file_targets(const critpt_file *file, double *targets, size_t leading)
{
    critpt_status status;
    CPT_TRY(cpt_file_require(file));
    CPT_TRY(get_rows("targets", file->targets, file->n_samples, file->n_outputs, targets, leading));
done:
    return status;
}

critpt_status critpt_file_sample_weights(const critpt_file *file, double *weights, size_t n_samples)
{
    critpt_status status;
    CPT_TRY(cpt_file_require(file));
    CPT_TRY(cpt_require_array("weights", weights, n_samples, file->n_samples));
    for (size_t i = 0; i < n_samples; i++)
        weights[i] = file->sample_weights ? file->sample_weights[i] : 1;
done:
    return status;
}

critpt_status critpt_file_output_metric(const critpt_file *file, double *metric, size_t leading)
{
    size_t D = critpt_file_n_outputs(file);
    critpt_status status;
    CPT_TRY(cpt_file_require(file));
    CPT_TRY(cpt_require_matrix("metric", metric, D, D, leading));
    for (size_t i = 0; i < D; i++)
        for (size_t j = 0; j < D; j++)
            metric[i * leading + j] = file->metric ? file->metric[i * D + j] : i == j;
done:
    return status;
}

critpt_status critpt_file_penalty(const critpt_file *file, double *penalty, double *centre,
                                  size_t n_weights)
{
    critpt_status status;
    CPT_TRY(cpt_file_require(file));
    CPT_TRY(cpt_require_array("penalty", penalty, n_weights, file->n_weights));
    CPT_TRY(cpt_require_array("centre of the penalty", centre, n_weights, file->n_weights));
    for (size_t j = 0; j < n_weights; j++) {
        penalty[j] = file->penalty ? file->penalty[j] : 0;
        centre[j] = file->centre ? file->centre[j] : 0;
    }
done:
    return status;
}
