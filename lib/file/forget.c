/* Points, conditions and recorded outputs of a file, freed. */
#include "file/file.h"

void cpt_file_forget_conditions(critpt_file *file)
{
    for (size_t c = 0; c < file->n_conditions; c++)
        cpt_free(file->conditions[c].array);
    cpt_free(file->conditions);
    file->conditions = NULL;
    file->n_conditions = file->conditions_capacity = 0;
}

void cpt_file_forget_record(critpt_file *file)
{
    cpt_free(file->record.samples);
    cpt_free(file->record.outputs);
    file->record = (cpt_file_record){0, NULL, NULL};
}

void cpt_file_forget_points(critpt_file *file)
{
    cpt_file_forget_record(file);
    cpt_free(file->weights);
    cpt_free(file->requested);
    file->weights = file->requested = NULL;
    cpt_file_free_strings(&file->natures);
    cpt_file_free_strings(&file->kinds);
    for (int q = 0; q < CPT_FILE_POINT_QUANTITIES; q++) {
        cpt_free(file->point_values[q]);
        file->point_values[q] = NULL;
    }
    for (int v = 0; v < CPT_FILE_VECTORS; v++) {
        cpt_free(file->vectors[v]);
        file->vectors[v] = NULL;
    }
    file->n_points = 0;
    cpt_file_forget_conditions(file);
}
