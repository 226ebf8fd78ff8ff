/* The folder of a race: known again by what it was asked, and gone on with. */
#ifndef RACE_FOLDER_H
#define RACE_FOLDER_H

#include "race/results.h"

/* Makes the folder with race.json, which holds `text`. A folder that is there must be asked for
 * with `resume` and hold the same; nothing in it is overwritten otherwise. */
outcome race_folder_begin(const char *directory, const char *text, bool resume);
/* DIR/runs/LANDSCAPE/ALGORITHM, and DIR/runs/LANDSCAPE/ALGORITHM/START.run, to be freed. */
outcome race_folder_make_runs(const char *directory, const char *landscape, const char *algorithm);
outcome race_folder_run(char **path, const char *directory, const char *landscape,
                        const char *algorithm, size_t start);
/* Adds the algorithms that have results on the first landscape and no name yet, in order. */
outcome race_folder_add_others(race_results *r, size_t *capacity);

#endif
