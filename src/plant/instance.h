/* A specification made into a landscape and a plan, ready to be solved. */
#ifndef INSTANCE_H
#define INSTANCE_H

#include "spec/dataset.h"
#include "spec/spec.h"
#include "data/table.h"
#include "plugin/plugin.h"

/* Where a condition stands in the specification: "points[2].conditions[0]". */
typedef struct condition_name {
    char path[64];
} condition_name;

/* What was measured around a point. */
typedef struct basin_found {
    double radius, share;
    char reason[400]; /* why the radius is NaN */
} basin_found;

typedef struct instance {
    spec spec;
    dataset data;
    critpt_model *model; /* the library's where it has one */
    plugin library;
    critpt_landscape *landscape; /* borrows data.values */
    critpt_plan *plan;
    critpt_plan_options *options;
    size_t n_conditions, capacity;
    condition_name *conditions; /* one per condition of the plan */
    double *apart;              /* weights of the points drawn apart, in their order */
    double gain; /* in amplification, by that; NaN: the first draws cannot be critical together;
                    below 1: they were kept; 0: the chosen ones cannot be critical together */
    basin_found *basins; /* of the specification's points, NaN where not measured; or NULL */
} instance;

void plant_instance_free(instance *made);

#endif
