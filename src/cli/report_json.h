/* What is in a landscape file but its data, as JSON. */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "critpt_file.h"
#include "cli/outcome.h"

/* Printed to the terminal's stream. */
outcome cli_print_report_json(const critpt_file *file, const char *path,
                              const critpt_landscape *landscape);

#endif
