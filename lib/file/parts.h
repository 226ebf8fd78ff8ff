/* One thing of a file at a time: a dataset, or an attribute of an object. `required` makes absence
 * an error, else the result stays as it is. */
#ifndef CPT_FILE_PARTS_H
#define CPT_FILE_PARTS_H

#include "file/file.h"

critpt_status cpt_file_read_text(const cpt_file_reader *reader, const char *object,
                                 const char *attribute, bool required, char **text);
critpt_status cpt_file_read_number(const cpt_file_reader *reader, const char *object,
                                   const char *attribute, bool required, hid_t type, void *number);
/* Allocates *values for rank 1 (rows) or 2 (rows x columns) doubles. */
critpt_status cpt_file_read_reals(const cpt_file_reader *reader, const char *object,
                                  const char *attribute, bool required, size_t rank, size_t rows,
                                  size_t columns, double **values);
critpt_status cpt_file_read_finite(const cpt_file_reader *reader, const char *object,
                                   const char *attribute, bool required, size_t rank, size_t rows,
                                   size_t columns, double **values);
/* Non-negative integers as sizes; *n tells how many where it is 0 before, else how many there must
 * be. */
critpt_status cpt_file_read_sizes(const cpt_file_reader *reader, const char *object,
                                  const char *attribute, bool required, size_t **sizes, size_t *n);
/* A list of strings: `n` of them, or any number where n is SIZE_MAX. */
critpt_status cpt_file_read_strings(const cpt_file_reader *reader, const char *object,
                                    const char *attribute, bool required, size_t n,
                                    cpt_file_strings *strings);
/* The model of a file that is being read; and, once there are points, its recorded outputs. */
critpt_status cpt_file_read_model(const cpt_file_reader *reader, critpt_file *content);
critpt_status cpt_file_read_record(const cpt_file_reader *reader, critpt_file *content);

#endif
