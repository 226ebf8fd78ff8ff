/* A specification made into a landscape and a plan, ready to be solved. */
#ifndef INSTANCE_H
#define INSTANCE_H

#include "spec/dataset.h"
#include "spec/spec.h"
#include "data/table.h"

/* Where a condition stands in the specification: "points[2].conditions[0]". */
typedef struct condition_name {
    char path[64];
} condition_name;

typedef struct instance {
    spec spec;
    dataset data;
    critpt_model *model;
    critpt_landscape *landscape; /* borrows data.values */
    critpt_plan *plan;
    critpt_plan_options *options;
    size_t n_conditions, capacity;
    condition_name *conditions; /* one per condition of the plan */
    double *apart;              /* weights of the points drawn apart, in their order */
    double gain; /* in amplification, by that; NaN: the first draws cannot be critical together;
                    below 1: they were kept; 0: the chosen ones cannot be critical together */
} instance;

outcome plant_instance_build(instance *made, const char *file, const uint64_t *seed);
void plant_instance_free(instance *made);

/* The specification's targets to stay near to; a plan has the default ones until then. */
outcome plant_instance_set_base_targets(const instance *made, critpt_plan *plan);
/* instance_separation.c: chooses the points that are drawn apart, among the candidates. */
outcome plant_instance_separate_points(instance *made);
/* Weights of point k into `weights`, drawn or read. */
outcome plant_find_weights(const instance *made, size_t k, double *weights, size_t n);

/* instance_conditions.c: adds what the specification asks for beside critical points to the plan,
 * with free points after its own for weights of values. */
outcome plant_instance_add_conditions(instance *made);
/* A table of exactly rows x columns, or also its transpose where `either` is set. */
outcome plant_read_shaped(const data_source *source, const char *what, size_t rows, size_t columns,
                    bool either, table *t);

#endif
