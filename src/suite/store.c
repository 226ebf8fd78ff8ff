/* Writing a member's files, and looking at them again. */
#include "suite/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/folder.h"
#include "cli/input.h"
#include "cli/output_set.h"

static const char specs[] = "specs";

/* The texts of a member, each with the ending of its file. */
typedef struct part {
    const suite_text *text;
    const char *ending;
} part;
enum { PARTS = 3 };

static void list_parts(const suite_member *m, part parts[PARTS])
{
    parts[0] = (part){&m->spec, ".json"};
    parts[1] = (part){&m->weights, ".csv"};
    parts[2] = (part){&m->inputs, "-inputs.csv"};
}

/* DIR/folder/NAMEending; the folder may be NULL. */
static outcome path_of(char **path, const char *directory, const char *folder,
                       const suite_member *m, const char *ending)
{
    char name[sizeof m->name + 16];
    snprintf(name, sizeof name, "%s%s", m->name, ending);
    return folder ? cli_join(path, directory, folder, name, NULL)
                  : cli_join(path, directory, name, NULL, NULL);
}

outcome suite_landscape_path(char **path, const char *directory, const suite_member *m)
{
    return path_of(path, directory, NULL, m, ".h5");
}

outcome suite_spec_path(char **path, const char *directory, const suite_member *m)
{
    return path_of(path, directory, specs, m, ".json");
}

static void hash_text(const suite_text *text, char digits[CLI_HASH_DIGITS + 1])
{
    cli_hash hash;
    cli_hash_begin(&hash);
    cli_hash_add(&hash, text->bytes, text->length);
    cli_hash_end(&hash, digits);
}

/* ---- Writing ---- */

static outcome add_output(output_set *set, const char *directory, const suite_member *m,
                          const char *ending, const suite_text *text)
{
    char *path = NULL;
    outcome result;
    TRY(path_of(&path, directory, specs, m, ending));
    TRY(cli_output_open(set, path));
    fwrite(text->bytes, 1, text->length, set->current);
    TRY(cli_output_close(set));
done:
    free(path);
    return result;
}

outcome suite_store_texts(const char *directory, const suite_member *m)
{
    part parts[PARTS];
    output_set set = {0};
    outcome result;
    list_parts(m, parts);
    for (int i = 0; i < PARTS; i++)
        if (parts[i].text->length)
            TRY(add_output(&set, directory, m, parts[i].ending, parts[i].text));
    TRY(cli_output_commit(&set));
done:
    cli_output_end(&set);
    return result;
}

/* ---- Hashes ---- */

/* Empty where the file cannot be read. */
static outcome hash_file(const char *path, char digits[CLI_HASH_DIGITS + 1])
{
    enum { ROOM = 65536 };
    unsigned char *room = NULL;
    cli_hash hash;
    ssize_t n = -1;
    int descriptor = -1;
    uint64_t size;
    outcome result;
    *digits = '\0';
    TRY(cli_allocate(&room, ROOM, 1));
    if (cli_input_open(path, &descriptor, &size) != DONE)
        goto done;
    cli_hash_begin(&hash);
    while ((n = read(descriptor, room, ROOM)) > 0 || (n < 0 && errno == EINTR))
        cli_hash_add(&hash, room, n > 0 ? (size_t)n : 0);
    if (n == 0)
        cli_hash_end(&hash, digits);
    close(descriptor);
done:
    free(room);
    return result;
}

static outcome hash_landscape(const char *directory, const suite_member *m,
                              char digits[CLI_HASH_DIGITS + 1])
{
    char *path = NULL;
    outcome result;
    TRY(suite_landscape_path(&path, directory, m));
    TRY(hash_file(path, digits));
done:
    free(path);
    return result;
}

/* What DIR/specs/NAME.sha256 has to hold. */
static outcome list_hashes(suite_text *list, const suite_member *m, const char *landscape)
{
    part parts[PARTS];
    char digits[CLI_HASH_DIGITS + 1];
    outcome result;
    list_parts(m, parts);
    TRY(suite_print(list, "%s  %s.h5\n", landscape, m->name));
    for (int i = 0; i < PARTS; i++)
        if (parts[i].text->length) {
            hash_text(parts[i].text, digits);
            TRY(suite_print(list, "%s  %s/%s%s\n", digits, specs, m->name, parts[i].ending));
        }
done:
    return result;
}

outcome suite_store_hashes(const char *directory, const suite_member *m)
{
    char landscape[CLI_HASH_DIGITS + 1];
    suite_text list = {0};
    output_set set = {0};
    outcome result;
    TRY(hash_landscape(directory, m, landscape));
    TRY(list_hashes(&list, m, landscape));
    TRY(add_output(&set, directory, m, ".sha256", &list));
    TRY(cli_output_commit(&set));
done:
    cli_output_end(&set);
    suite_text_free(&list);
    return result;
}

/* ---- Looking ---- */

outcome suite_is_made(bool *made, const char *directory, const suite_member *m)
{
    char *path = NULL;
    outcome result;
    TRY(path_of(&path, directory, specs, m, ".sha256"));
    *made = access(path, F_OK) == 0;
done:
    free(path);
    return result;
}

/* Whether DIR/specs/NAMEending holds the text. */
static outcome require_text(suite_stored *s, const char *directory, const suite_member *m,
                            const char *ending, const suite_text *text)
{
    char *path = NULL, found[CLI_HASH_DIGITS + 1], wanted[CLI_HASH_DIGITS + 1];
    outcome result;
    TRY(path_of(&path, directory, specs, m, ending));
    TRY(hash_file(path, found));
    hash_text(text, wanted);
    if (!*s->wrong && strcmp(found, wanted) != 0)
        snprintf(s->wrong, sizeof s->wrong, "%s/%s%s %s", specs, m->name, ending,
                 *found ? "has other bytes than it was made with" : "is not there");
done:
    free(path);
    return result;
}

outcome suite_inspect(suite_stored *s, const char *directory, const suite_member *m)
{
    part parts[PARTS];
    char *digits[PARTS] = {s->spec, s->weights, s->inputs};
    suite_text list = {0};
    outcome result;
    *s = (suite_stored){0};
    list_parts(m, parts);
    for (int i = 0; i < PARTS; i++)
        if (parts[i].text->length) {
            hash_text(parts[i].text, digits[i]);
            TRY(require_text(s, directory, m, parts[i].ending, parts[i].text));
        }
    TRY(hash_landscape(directory, m, s->landscape));
    if (!*s->wrong && !*s->landscape)
        snprintf(s->wrong, sizeof s->wrong, "%s.h5 is not there", m->name);
    TRY(list_hashes(&list, m, s->landscape));
    TRY(require_text(s, directory, m, ".sha256", &list));
    s->whole = !*s->wrong;
done:
    suite_text_free(&list);
    return result;
}
