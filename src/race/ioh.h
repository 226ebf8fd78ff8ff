/* Results in the format of IOHprofiler, for IOHinspector and IOHanalyzer. */
#ifndef RACE_IOH_H
#define RACE_IOH_H

#include "cli/output_set.h"
#include "race/results.h"

/* DIRECTORY/ioh/ALGORITHM/IOHprofiler_fF_NAME.json and its data, one for each landscape. */
outcome race_ioh_write(const race_results *r, output_set *set);

#endif
