/* The landscapes of a race, and what was planted in each. */
#ifndef RACE_FIELD_H
#define RACE_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "critpt_file.h"
#include "cli/outcome.h"
#include "plugin/plugin.h"

typedef struct race_point {
    double *weights, loss;
    double norm;      /* of the weights */
    double index;     /* NaN: not known */
    const char *kind; /* the file's own; NULL: not known */
    double reach; /* "near" it: a tenth of the way to the nearest other point; infinity if alone */
} race_point;

typedef struct race_field {
    const char *path;
    char *name;              /* of the file, without folder and ending */
    size_t family, instance; /* numbers of COCO */
    critpt_file *file;
    plugin model; /* where the file does not hold it */
    critpt_landscape *landscape;
    size_t n_weights, n_samples, n_outputs, n_points;
    race_point *points;
    double optimum; /* the least planted loss */
    size_t n_minima;
    uint64_t hash; /* of weights, targets and inputs: which landscape it is */
} race_field;

/* Files are families of their own, numbered in their order, instance 1 each; those named
 * ..._fF_iI.h5 are instance I of family F. */
outcome race_field_load(race_field *field, const char *path, const char *library, size_t number,
                        uint64_t read_limit);
void race_field_free(race_field *field);
bool race_point_is_minimum(const race_point *point);
bool race_point_is_saddle(const race_point *point);

#endif
