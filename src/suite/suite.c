/* critpt suite: named, frozen landscapes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/json_number.h"
#include "suite/actions.h"
#include "suite/manifest.h"

extern const command suite_command; /* a row of main.c */

enum { MOST_JOBS = 1024 };

static outcome require_suite(const char *name)
{
    if (!strcmp(name, suite_name))
        return DONE;
    return cli_fail(BAD_INPUT,
                    "there is no suite \"%.80s\"; critpt suite list names those there are", name);
}

/* ---- list, show ---- */

static outcome list(const char *unused, const suite_request *r)
{
    (void)unused;
    if (!r->json) {
        printf("%s  %d landscapes: %d families x %d sizes x %d instances, %zu to %zu weights\n",
               suite_name, SUITE_MEMBERS, SUITE_FAMILIES, SUITE_SIZES, SUITE_INSTANCES,
               suite_sizes[0], suite_sizes[SUITE_SIZES - 1]);
        return DONE;
    }
    json_t *root = json_pack("{s:[{s:s, s:i, s:i, s:i, s:i}]}", "suites", "name", suite_name,
                             "landscapes", SUITE_MEMBERS, "families", SUITE_FAMILIES, "sizes",
                             SUITE_SIZES, "instances", SUITE_INSTANCES);
    outcome result = cli_print_json(root);
    json_decref(root);
    return result;
}

static outcome show_json(void)
{
    json_t *root = NULL;
    outcome result;
    TRY(suite_describe(&root));
    TRY(cli_print_json(root));
done:
    json_decref(root);
    return result;
}

static outcome show(const char *name, const suite_request *r)
{
    outcome result = require_suite(name);
    if (result != DONE || r->json)
        return result == DONE ? show_json() : result;
    printf(
        "%s: %d landscapes. From release 0.1.0 on specifications and weights have the same bytes\n"
        "for ever; targets are equal to rounding. Cite it as\n  %s\n\nWeights: ",
        suite_name, SUITE_MEMBERS, suite_citation);
    for (size_t i = 0; i < SUITE_SIZES; i++)
        printf("%s%zu", i ? ", " : "", suite_sizes[i]);
    printf(
        "; instances 1 to %d. Landscape %s_p020_f3_i2 has 20 weights and is instance 2 of family "
        "3.\n",
        SUITE_INSTANCES, suite_name);
    for (size_t i = 0; i < SUITE_FAMILIES; i++) {
        const suite_family *f = &suite_families[i];
        printf("\n%zu %s: %s\n  knob: %s\n  after %s\n", i + 1, f->name, f->what, f->knob,
               f->reference);
    }
    return DONE;
}

/* ---- make, verify ---- */

static outcome make(const char *name, const suite_request *r)
{
    outcome result = require_suite(name);
    if (result != DONE)
        return result;
    if (!r->directory)
        return cli_fail(BAD_INPUT, "-o DIR is missing; usage: %s", suite_command.usage);
    return suite_make(r);
}

static outcome verify(const char *directory, const suite_request *r)
{
    suite_request there = *r;
    if (r->directory)
        return cli_fail(BAD_INPUT, "suite verify writes nothing: -o has no meaning");
    there.directory = directory;
    return suite_verify(&there);
}

/* ---- Command line ---- */

typedef struct action {
    const char *name;
    const char *argument; /* what it needs; NULL: nothing */
    bool works;           /* takes -o, --jobs, --only */
    outcome (*run)(const char *argument, const suite_request *r);
} action;

static const action actions[] = {{"list", NULL, false, list},
                                 {"show", "the name of a suite", false, show},
                                 {"make", "the name of a suite", true, make},
                                 {"verify", "the folder", true, verify}};

static outcome find(const char *name, const action **found)
{
    for (size_t i = 0; name && i < sizeof actions / sizeof *actions; i++)
        if (!strcmp(name, actions[i].name)) {
            *found = &actions[i];
            return DONE;
        }
    return cli_fail(BAD_INPUT, "%s%.80s%s; usage: %s",
                    name ? "suite has no action \"" : "no action", name ? name : "",
                    name ? "\"" : "", suite_command.usage);
}

static outcome read_arguments(suite_request *r, int n_arguments, char **arguments,
                              const char **words, const action **what)
{
    uint64_t jobs = 1;
    size_t n = 0;
    const option_spec options[] = {{.name = "--json", .flag = &r->json},
                                   {.name = "-o", .text = &r->directory},
                                   {.name = "--jobs", .integer = &jobs},
                                   {.name = "--only", .text = &r->only}};
    outcome result;
    TRY(cli_parse_list(&suite_command, n_arguments, arguments, options,
                       sizeof options / sizeof *options, words, &n));
    TRY(find(n ? words[0] : NULL, what));
    if (n < 2 && (*what)->argument)
        TRY(cli_fail(BAD_INPUT, "%s is missing; usage: %s", (*what)->argument,
                     suite_command.usage));
    if (n > ((*what)->argument ? 2 : 1))
        TRY(cli_fail(BAD_INPUT, "\"%.80s\" is one argument too many; usage: %s", words[n - 1],
                     suite_command.usage));
    if (!(*what)->works && (r->directory || r->only))
        TRY(cli_fail(BAD_INPUT, "suite %s writes nothing: %s has no meaning", (*what)->name,
                     r->directory ? "-o" : "--only"));
    if (jobs < 1 || jobs > MOST_JOBS)
        TRY(cli_fail(BAD_INPUT, "--jobs: %llu is outside 1 .. %d", (unsigned long long)jobs,
                     MOST_JOBS));
    r->at_once = (size_t)jobs;
done:
    return result;
}

static outcome run(int n_arguments, char **arguments)
{
    suite_request r = {0};
    const char **words = NULL;
    const action *what = NULL;
    outcome result;
    TRY(cli_allocate(&words, (size_t)n_arguments, sizeof *words));
    TRY(read_arguments(&r, n_arguments, arguments, words, &what));
    TRY(what->run(what->argument ? words[1] : NULL, &r));
done:
    free(words);
    return result;
}

const command suite_command = {
    "suite",
    "critpt suite list | show NAME | make NAME -o DIR [--only PATTERN] [--jobs N] | verify DIR "
    "[--only PATTERN] [--jobs N] [--json]",
    "Suites of landscapes: named, numbered, and the same for ever once they are released.\n\n"
    "    list            the suites there are\n"
    "    show NAME       what is in one: families, what each turns, sizes, how to cite it\n"
    "    make NAME       plants and verifies its landscapes in the folder -o DIR, with their\n"
    "                    specifications, weights, and hashes in manifest.json; what is there and\n"
    "                    whole is not made again\n"
    "    verify DIR      rechecks that a folder holds the suite: bytes, weights, every claim\n\n"
    "    --only PATTERN  landscapes whose names match it, as file names do in a shell\n"
    "    --jobs N        so many at a time; 1 by default\n"
    "    --json          results as JSON; for make the manifest\n",
    run,
};
