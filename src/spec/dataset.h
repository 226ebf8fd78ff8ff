/* The inputs of an instance: columns chosen, rare ones dropped, standardized, and a record of it.
 */
#ifndef DATASET_H
#define DATASET_H

#include "spec/spec.h"

typedef struct dropped_column {
    size_t column;   /* of the source */
    size_t off_mode; /* samples off its commonest value; 0: constant */
} dropped_column;

/* Values are ((x - mean) - mean_low) / scale of the source's columns; means 0 and scale 1 where
 * they were left as they are. */
typedef struct dataset {
    size_t n_samples, n_columns;
    double *values;  /* n_samples x n_columns, row-major */
    size_t *columns; /* the source's column behind each one */
    double *mean, *mean_low, *scale;
    size_t n_dropped;
    dropped_column *dropped;
} dataset;

/* Random inputs are n_inputs wide; others are as wide as their source. */
outcome spec_dataset_build(dataset *d, const input_spec *inputs, size_t n_inputs, uint64_t seed);
void spec_dataset_free(dataset *d);

/* One column of labels becomes a column of 0 and 1 for each class, classes ascending, in place. */
outcome spec_one_hot(double **values, size_t rows, size_t *columns, const char *where);

#endif
