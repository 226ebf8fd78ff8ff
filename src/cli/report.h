/* What plant and show print of a file: its points, the report, the warnings. */
#ifndef REPORT_H
#define REPORT_H

#include "critpt_file.h"
#include "cli/outcome.h"

/* `landscape` may be NULL where the file does not hold its model. */
outcome cli_print_report(const critpt_file *file, const char *path,
                         const critpt_landscape *landscape);
/* Largest change of a weight of the point from what was requested; `scratch` holds 2 P numbers. */
outcome cli_moved_weight(const critpt_file *file, size_t point, double *scratch, double *moved);
/* The least loss of the points that are critical; NaN if there are none. */
double cli_least_loss(const critpt_file *file);
/* "54-4-10 network (tanh, identity)", "model decay 1.0 of a shared object". The landscape is needed
 * for a network alone. */
enum { CLI_MODEL = 600 };
void cli_describe_model(const critpt_file *file, const critpt_landscape *landscape, char *text,
                        size_t size);

#endif
