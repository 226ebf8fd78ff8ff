/* Claims judged one by one, and what is listed instead. */
#include "verify/verification.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/json_number.h"

double verify_seconds_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void verify_begin(verification *v, const char *stage, double from, double to, double seconds)
{
    v->stage = stage;
    v->begun = verify_seconds_now();
    v->lasts = seconds;
    cli_progress_range(&v->bar, from, to);
    cli_progress_update(0, stage, &v->bar);
}

bool verify_beat(void *user)
{
    verification *v = user;
    double passed = verify_seconds_now() - v->begun;
    return cli_progress_update(v->lasts > 0 ? passed / v->lasts : 0, v->stage, &v->bar);
}

/* Takes over the two values as JSON. The sentence is of their text. */
static void record(verification *v, const char *where, const char *claim, json_t *stated,
                   json_t *found, bool holds, const char *sentence)
{
    if (!v->json && !holds) {
        cli_progress_clear(&v->bar);
        printf("FALSE: ");
        cli_print_safely(stdout, sentence);
        printf("\n");
    }
    json_array_append_new(v->claims,
                          json_pack("{s:o, s:o, s:o, s:o, s:b}", "where", cli_json_text(where),
                                    "claim", cli_json_text(claim), "stated", stated, "recomputed",
                                    found, "true", (int)holds));
    if (!holds && !v->n_false)
        snprintf(v->first_false, sizeof v->first_false, "%s", sentence);
    v->n_claims++;
    v->n_false += !holds;
}

void verify_judge(verification *v, const char *where, const char *claim, double stated,
                  double found, bool holds)
{
    char sentence[256];
    snprintf(sentence, sizeof sentence, "%s: %s is stated as %.17g, recomputed %.17g", where, claim,
             stated, found);
    record(v, where, claim, cli_json_number(stated), cli_json_number(found), holds, sentence);
}

void verify_judge_text(verification *v, const char *where, const char *claim, const char *stated,
                       const char *found, bool holds)
{
    char sentence[256];
    snprintf(sentence, sizeof sentence, "%s: %s is stated as %.60s, recomputed %.60s", where, claim,
             stated, found);
    record(v, where, claim, cli_json_text(stated), cli_json_text(found), holds, sentence);
}

void verify_judge_bits(verification *v, const char *where, const char *claim, size_t n,
                       const double *stated, const double *found)
{
    char name[96];
    size_t i = 0;
    while (i < n && !memcmp(&stated[i], &found[i], sizeof *found))
        i++;
    snprintf(name, sizeof name, i < n ? "%s, number %zu" : "%s", claim, i);
    verify_judge(v, where, name, i < n ? stated[i] : (double)n, i < n ? found[i] : (double)n,
                 i == n);
}

void verify_leave(verification *v, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    json_array_append_new(v->unchecked, cli_json_text(text));
}

double verify_point_value(const verification *v, size_t k, critpt_file_point_quantity quantity)
{
    double value = NAN;
    critpt_file_point_value(v->file, k, quantity, &value);
    return value;
}

double verify_report_value(const verification *v, critpt_report_quantity quantity)
{
    double value = NAN;
    critpt_file_report_value(v->file, quantity, &value);
    return value;
}

bool verify_is_critical(const verification *v, size_t k)
{
    return strcmp(critpt_file_point_nature(v->file, k), "free") != 0;
}

bool verify_has_nature(const verification *v, size_t k)
{
    return !isnan(verify_point_value(v, k, CRITPT_FILE_POINT_MARGIN_REQUESTED)) ||
           !isnan(verify_point_value(v, k, CRITPT_FILE_POINT_EIGENVALUE_REQUESTED));
}
