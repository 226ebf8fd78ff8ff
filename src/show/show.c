/* critpt show: what is in a landscape file, for people or as JSON. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/trial.h"
#include "critpt_file.h"
#include "cli/json_number.h"
#include "cli/report.h"
#include "cli/report_json.h"

extern const command show_command; /* a row of main.c */

static void print_inputs(const critpt_file *file)
{
    const char *source = critpt_file_text_value(file, CRITPT_FILE_TEXT_SOURCE);
    const char *by = critpt_file_text_value(file, CRITPT_FILE_TEXT_CREATED_BY);
    size_t n_dropped = critpt_file_n_dropped_columns(file);
    printf("\ninputs         ");
    cli_print_name(stdout, source ? source : "of unknown source");
    printf(", seed %llu, made by ", (unsigned long long)critpt_file_seed(file));
    cli_print_name(stdout, by ? by : "an unknown program");
    printf("\n");
    for (size_t i = 0; i < n_dropped; i++) {
        size_t column = 0;
        const char *why = critpt_file_dropped_column(file, i, &column);
        printf("dropped        column %zu, ", column);
        cli_print_name(stdout, why);
        printf("\n");
    }
}

static outcome run(int n_arguments, char **arguments)
{
    const char *path;
    bool json = false;
    uint64_t limit = 0;
    const option_spec options[] = {{.name = "--json", .flag = &json}, READ_LIMIT_OPTION(&limit)};
    critpt_file *file = NULL;
    critpt_landscape *landscape = NULL;
    outcome result;
    TRY(cli_parse_arguments(&show_command, n_arguments, arguments, options, 2, "the landscape file",
                            &path));
    TRY(cli_read_landscape(&file, path, limit));
    if (critpt_file_model(file) == CRITPT_FILE_MODEL_NETWORK)
        TRY(cli_from_library(critpt_file_landscape(file, &landscape), "%s", path));
    TRY(json ? cli_print_report_json(file, path, landscape)
             : cli_print_report(file, path, landscape));
    if (!json)
        print_inputs(file);
done:
    critpt_landscape_destroy(landscape);
    critpt_file_destroy(file);
    return result;
}

const command show_command = {
    "show",
    "critpt show FILE.h5" READ_LIMIT_USAGE " [--json]",
    "Prints what a landscape file holds.\n\n" READ_LIMIT_HELP "    --json   as JSON\n",
    run,
};
