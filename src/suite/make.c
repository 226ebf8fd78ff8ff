/* critpt suite make: each landscape is planted and verified in a child, and its hashes are written
 * last, so that one with hashes that fit is whole, and is not made again. */
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/children.h"
#include "cli/json_number.h"
#include "suite/actions.h"
#include "suite/child.h"
#include "suite/manifest.h"

typedef struct making {
    const suite_request *request;
    size_t n, numbers[SUITE_MEMBERS]; /* of the members to make */
    char names[SUITE_MEMBERS][SUITE_NAME];
    size_t n_matches;
} making;

/* ---- In a child ---- */

static outcome make_member(const char *directory, size_t number)
{
    suite_member m = {0};
    char *spec = NULL, *landscape = NULL;
    outcome result;
    TRY(suite_compose(&m, number));
    TRY(suite_spec_path(&spec, directory, &m));
    TRY(suite_landscape_path(&landscape, directory, &m));
    TRY(suite_store_texts(directory, &m));
    TRY(suite_plant(spec, landscape, suite_families[m.family - 1].basins));
    TRY(suite_verify_landscape(landscape));
    TRY(suite_store_hashes(directory, &m));
done:
    suite_member_free(&m);
    free(spec);
    free(landscape);
    return result;
}

static int work(size_t i, void *user)
{
    const making *all = user;
    return (int)make_member(all->request->directory, all->numbers[i]);
}

/* ---- In the parent ---- */

static const char *name_stage(size_t i, void *user)
{
    return ((const making *)user)->names[i];
}

static outcome judge(size_t i, int status, const char *sentence, void *user)
{
    return suite_judge_end(name_stage(i, user), status, sentence, "the same command goes on");
}

/* Those that match and are not whole. */
static outcome choose(making *all)
{
    const suite_request *r = all->request;
    suite_member m = {0};
    suite_stored stored;
    size_t composed = 0; /* the last family that was found as it is to be */
    outcome result = DONE;
    for (size_t i = 0; i < SUITE_MEMBERS; i++) {
        suite_name_member(all->names[all->n], i);
        if (r->only && fnmatch(r->only, all->names[all->n], 0) != 0)
            continue;
        all->n_matches++;
        TRY(suite_compose(&m, i));
        if (m.family != composed)
            TRY(suite_require_frozen(i));
        composed = m.family;
        TRY(suite_inspect(&stored, r->directory, &m));
        if (!stored.whole)
            all->numbers[all->n++] = i;
        suite_member_free(&m);
    }
    if (!all->n_matches)
        TRY(cli_fail(BAD_INPUT,
                     "--only %s: no landscape of %s has such a name; they are like "
                     "%s_p020_f3_i2",
                     r->only, suite_name, suite_name));
done:
    suite_member_free(&m);
    return result;
}

static outcome make_all(making *all)
{
    children_work children = {.n = all->n,
                              .at_once = all->request->at_once,
                              .work = work,
                              .judge = judge,
                              .stage = name_stage,
                              .interrupted =
                                  "interrupted; what is made stays, and the same command "
                                  "goes on",
                              .stop_by = SIGTERM,
                              .user = all};
    progress bar;
    cli_progress_begin(&bar, all->request->json);
    outcome result = cli_children_work(&children, &bar);
    cli_progress_end(&bar);
    return result;
}

outcome suite_make(const suite_request *r)
{
    making *all = NULL;
    json_t *root = NULL;
    size_t n_whole;
    outcome result;
    TRY(cli_allocate(&all, 1, sizeof *all));
    all->request = r;
    TRY(choose(all));
    TRY(suite_folder_begin(r->directory));
    TRY(make_all(all));
    TRY(suite_manifest_write(r->directory, &n_whole, &root));
    if (r->json) {
        TRY(cli_print_json(root));
    } else {
        printf("%s: %zu of %d landscapes in ", suite_name, n_whole, SUITE_MEMBERS);
        cli_print_name(stdout, r->directory);
        printf(", %zu of them made and verified now; manifest.json lists them\n", all->n);
    }
done:
    json_decref(root);
    free(all);
    return result;
}
