/* critpt suite verify: that a folder holds what the suite's name says. */
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/children.h"
#include "cli/json_number.h"
#include "cli/json_memory.h"
#include "cli/trial.h"
#include "suite/actions.h"
#include "suite/child.h"
#include "suite/manifest.h"

typedef struct checking {
    const suite_request *request;
    size_t n, numbers[SUITE_MEMBERS]; /* of the members in the manifest */
    char names[SUITE_MEMBERS][SUITE_NAME];
    char hashes[SUITE_MEMBERS][CLI_HASH_DIGITS + 1];
    json_t *wrong; /* sentences */
} checking;

/* ---- In a child ---- */

/* Points are those of the member bit for bit, and nothing but its specification was asked for. */
static outcome check_file(const char *path, const suite_member *m)
{
    critpt_file *file = NULL;
    double *weights = NULL;
    json_t *wanted = NULL, *found = NULL;
    size_t P = m->n_weights;
    outcome result;
    TRY(cli_allocate(&weights, P, sizeof *weights));
    TRY(cli_read_landscape(&file, path, 0));
    const char *spec = critpt_file_text_value(file, CRITPT_FILE_TEXT_SPEC);
    wanted = json_loads(m->spec.bytes, 0, NULL);
    found = spec ? json_loads(spec, 0, NULL) : NULL;
    TRY(cli_json_require_memory());
    if (!found || !json_equal(wanted, found))
        TRY(cli_fail(FALSE_CLAIM, "it was not planted from the suite's specification"));
    if (critpt_file_n_points(file) != m->n_points || critpt_file_n_weights(file) != P)
        TRY(cli_fail(FALSE_CLAIM, "it has %zu points of %zu weights, and not %zu of %zu",
                     critpt_file_n_points(file), critpt_file_n_weights(file), m->n_points, P));
    for (size_t k = 0; k < m->n_points; k++) {
        TRY(cli_from_library(critpt_file_point_weights(file, k, weights, P), "%s", path));
        if (memcmp(weights, m->points + k * P, P * sizeof *weights) != 0)
            TRY(cli_fail(FALSE_CLAIM, "the weights of point %zu are not the suite's", k));
    }
done:
    json_decref(wanted);
    json_decref(found);
    critpt_file_destroy(file);
    free(weights);
    return result;
}

static outcome check_member(const char *directory, size_t number, const char *hash)
{
    suite_member m = {0};
    suite_stored stored;
    char *path = NULL;
    outcome result;
    TRY(suite_compose(&m, number));
    TRY(suite_inspect(&stored, directory, &m));
    if (!stored.whole)
        TRY(cli_fail(FALSE_CLAIM, "%s", stored.wrong));
    if (strcmp(stored.landscape, hash) != 0)
        TRY(cli_fail(FALSE_CLAIM, "the manifest has another SHA-256 of %s.h5", m.name));
    TRY(suite_landscape_path(&path, directory, &m));
    TRY(check_file(path, &m));
    TRY(suite_verify_landscape(path));
done:
    suite_member_free(&m);
    free(path);
    return result;
}

static int work(size_t i, void *user)
{
    const checking *all = user;
    size_t number = all->numbers[i];
    return (int)check_member(all->request->directory, number, all->hashes[number]);
}

/* ---- In the parent ---- */

static const char *name_stage(size_t i, void *user)
{
    return ((const checking *)user)->names[i];
}

/* What is false is noted, and the others are looked at all the same. */
static outcome judge(size_t i, int status, const char *sentence, void *user)
{
    checking *all = user;
    outcome result =
        suite_judge_end(name_stage(i, user), status, sentence, "nothing is known of it");
    if (result != FALSE_CLAIM && result != BAD_INPUT)
        return result;
    json_array_append_new(all->wrong, cli_json_text(cli_failure()));
    return cli_json_require_memory();
}

static outcome check_all(checking *all)
{
    children_work children = {.n = all->n,
                              .at_once = all->request->at_once,
                              .work = work,
                              .judge = judge,
                              .stage = name_stage,
                              .interrupted = "interrupted",
                              .stop_by = SIGTERM,
                              .user = all};
    progress bar;
    cli_progress_begin(&bar, all->request->json);
    outcome result = cli_children_work(&children, &bar);
    cli_progress_end(&bar);
    return result;
}

static outcome print_results(const checking *all)
{
    size_t n = json_array_size(all->wrong);
    outcome result = DONE;
    if (all->request->json) {
        json_t *root =
            json_pack("{s:s, s:o, s:I, s:I, s:O}", "suite", suite_name, "directory",
                      cli_json_text(all->request->directory), "verified", (json_int_t)all->n, "of",
                      (json_int_t)SUITE_MEMBERS, "false", all->wrong);
        result = cli_print_json(root);
        json_decref(root);
        return result;
    }
    for (size_t i = 0; i < n; i++) {
        cli_print_safely(stdout, json_string_value(json_array_get(all->wrong, i)));
        printf("\n");
    }
    printf("%s: %zu of %d landscapes verified, %zu false\n", suite_name, all->n, SUITE_MEMBERS, n);
    return result;
}

outcome suite_verify(const suite_request *r)
{
    checking *all = NULL;
    outcome result;
    TRY(cli_allocate(&all, 1, sizeof *all));
    all->request = r;
    all->wrong = json_array();
    TRY(suite_manifest_read(r->directory, all->hashes));
    for (size_t i = 0; i < SUITE_MEMBERS; i++)
        if (*all->hashes[i]) {
            suite_name_member(all->names[all->n], i);
            if (!r->only || !fnmatch(r->only, all->names[all->n], 0))
                all->numbers[all->n++] = i;
        }
    if (!all->n)
        TRY(cli_fail(BAD_INPUT,
                     "%s/manifest.json lists no landscape%s%s: there is nothing to verify",
                     r->directory, r->only ? " like " : "", r->only ? r->only : ""));
    TRY(check_all(all));
    TRY(print_results(all));
    if (json_array_size(all->wrong))
        TRY(cli_fail(FALSE_CLAIM, "%s: %zu of %zu landscapes are false, the first: %s",
                     r->directory, json_array_size(all->wrong), all->n,
                     json_string_value(json_array_get(all->wrong, 0))));
done:
    if (all)
        json_decref(all->wrong);
    free(all);
    return result;
}
