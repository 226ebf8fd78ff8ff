/* Numbers that a specification names or has drawn. */
#ifndef PLANT_WEIGHTS_H
#define PLANT_WEIGHTS_H

#include "plant/instance.h"

/* A table of exactly rows x columns, or also its transpose where `either` is set. */
outcome plant_read_shaped(const data_source *source, const char *what, size_t rows, size_t columns,
                          bool either, table *t);
/* Weights of point k into `weights`, drawn or read. */
outcome plant_find_weights(const instance *made, size_t k, double *weights, size_t n);

#endif
