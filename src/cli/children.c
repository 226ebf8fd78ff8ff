/* Starting, waiting, stopping. What a child has to say lies in memory that it shares with its
 * parent. */
#include "cli/children.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/interrupt.h"

enum { SENTENCE = 2048 };

typedef struct child {
    pid_t id; /* 0: none */
    size_t piece;
    char *sentence;
} child;

static char *own_sentence; /* a child's */

void cli_child_end(int code)
{
    if (code && own_sentence)
        snprintf(own_sentence, SENTENCE, "%s", cli_failure());
    _Exit(code);
}

/* Waits for one of them and looks at how it ended. */
static outcome reap(const children_work *w, child *children)
{
    int status;
    pid_t id = waitpid(-1, &status, 0);
    if (id < 0 && errno == EINTR)
        return cli_interrupted() ? cli_fail(INTERRUPTED, "%s", w->interrupted) : DONE;
    if (id < 0)
        return cli_fail(ENVIRONMENT, "cannot wait for a process: %s", strerror(errno));
    for (size_t i = 0; i < w->at_once; i++)
        if (children[i].id == id) {
            children[i].id = 0;
            return cli_interrupted()
                       ? cli_fail(INTERRUPTED, "%s", w->interrupted)
                       : w->judge(children[i].piece, status, children[i].sentence, w->user);
        }
    return DONE;
}

static child *find_free(const children_work *w, child *children)
{
    for (size_t i = 0; i < w->at_once; i++)
        if (!children[i].id)
            return &children[i];
    return NULL;
}

static outcome start(const children_work *w, child *slot, size_t piece)
{
    fflush(stdout);
    fflush(stderr);
    *slot->sentence = '\0';
    pid_t id = fork();
    if (id < 0)
        return cli_fail(ENVIRONMENT, "cannot start a process: %s", strerror(errno));
    if (id == 0) {
        own_sentence = slot->sentence;
        cli_child_end(w->work(piece, w->user));
    }
    slot->id = id;
    slot->piece = piece;
    return DONE;
}

static void stop(const children_work *w, child *children)
{
    int status;
    for (size_t i = 0; children && i < w->at_once; i++)
        if (children[i].id)
            kill(children[i].id, w->stop_by);
    for (size_t i = 0; children && i < w->at_once; i++)
        while (children[i].id && waitpid(children[i].id, &status, 0) < 0 && errno == EINTR)
            ;
}

static bool any(const children_work *w, const child *children)
{
    for (size_t i = 0; i < w->at_once; i++)
        if (children[i].id)
            return true;
    return false;
}

/* Rooms for sentences, all in one. */
static outcome share(const children_work *w, child *children, char **shared)
{
    void *room = mmap(NULL, w->at_once * SENTENCE, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return cli_fail(ENVIRONMENT, "out of memory: %s", strerror(errno));
    *shared = room;
    for (size_t i = 0; i < w->at_once; i++)
        children[i].sentence = *shared + i * SENTENCE;
    return DONE;
}

outcome cli_children_work(const children_work *w, progress *bar)
{
    child *children = NULL, *slot;
    char *shared = NULL;
    outcome result;
    TRY(cli_allocate(&children, w->at_once, sizeof *children));
    TRY(share(w, children, &shared));
    for (size_t i = 0; i < w->n; i++) {
        if (cli_progress_update((double)i / (double)w->n, w->stage(i, w->user), bar))
            TRY(cli_fail(INTERRUPTED, "%s", w->interrupted));
        if (w->is_done && w->is_done(i, w->user))
            continue;
        while (!(slot = find_free(w, children)))
            TRY(reap(w, children));
        TRY(start(w, slot, i));
    }
    while (any(w, children))
        TRY(reap(w, children));
done:
    stop(w, children);
    if (shared)
        munmap(shared, w->at_once * SENTENCE);
    free(children);
    return result;
}
