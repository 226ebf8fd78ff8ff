/* A specification made into a landscape and a plan, ready to be solved. */
#ifndef INSTANCE_H
#define INSTANCE_H

#include "dataset.h"
#include "spec.h"

typedef struct instance {
    spec spec;
    dataset data;
    critpt_model *model;
    critpt_landscape *landscape; /* borrows data.values */
    critpt_plan *plan;
    critpt_plan_options *options;
} instance;

outcome instance_build(instance *made, const char *file, const uint64_t *seed);
void instance_free(instance *made);

#endif
