/* Pictures by gnuplot. */
#ifndef GNUPLOT_H
#define GNUPLOT_H

#include <stdio.h>

#include "cli/output_set.h"

/* The options --csv and --plot of a subcommand, NULL where one is not given: a picture's name ends
 * in .svg or .png, neither is the landscape file, and both can be written as far as can be told. */
outcome cli_gnuplot_require_outputs(const char *csv, const char *plot, const char *landscape);

/* A script that will draw the picture `path`, an output of the set, with so many pixels; the
 * terminal is set. */
outcome cli_gnuplot_begin(FILE **script, output_set *set, const char *path, int width, int height);
/* Text as a quoted string of the script. */
void cli_gnuplot_quote(FILE *script, const char *text);
/* Runs gnuplot on the script, which is closed in any case, and closes the output. ENVIRONMENT if
 * gnuplot is not there or fails, or if the picture is not whole. */
outcome cli_gnuplot_run(FILE *script, output_set *set, const char *path);

#endif
