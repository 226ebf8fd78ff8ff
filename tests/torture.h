/* Torture of a call: each of its allocations fails in turn. It has to say CRITPT_NO_MEMORY, or to
 * end as it does with memory and with the same results; handles stay as they were, nothing leaks.
 */
#ifndef TESTS_TORTURE_H
#define TESTS_TORTURE_H

#include <critpt_file.h>

#include "support.h"

enum { TORTURE_OUT = 4096 };

/* Handles that a call finds, made afresh by the case, and those that it makes. */
typedef struct world {
    scene s;
    critpt_model *open; /* not frozen yet */
    critpt_plan *plan;
    critpt_plan_options *options;
    critpt_spectrum_options *spectrum_options;
    critpt_workspace *workspace;
    critpt_file *file;
    critpt_spectrum *spectrum;
    double *a, *b;           /* TORTURE_OUT numbers each, to be given */
    double out[TORTURE_OUT]; /* what the call has to say, 0 before it */
    /* made by the call */
    critpt_model *new_model;
    critpt_landscape *new_landscape;
    critpt_plan *new_plan;
    critpt_plan_options *new_options;
    critpt_spectrum_options *new_spectrum_options;
    critpt_workspace *new_workspace;
    critpt_file *new_file;
    critpt_spectrum *new_spectrum;
} world;

typedef struct torture_case {
    const char *name;
    const net *shape;
    size_t samples;
    critpt_status ends; /* with memory enough */
    void (*prepare)(
        world *w); /* NULL: nothing but scene, open model, empty plan, workspace, file */
    critpt_status (*call)(world *w);
} torture_case;

/* A case of this name on the network of torture_net, and one with what comes before the call. */
#define PLAIN(call)                                                                                \
    {                                                                                              \
#call, NULL, 0, CRITPT_OK, NULL, call                                                      \
    }
#define WITH(prepare, call)                                                                        \
    {                                                                                              \
#prepare ": " #call, NULL, 0, CRITPT_OK, prepare, call                                     \
    }

extern const net torture_net;

/* With the environment's CRITPT_TORTURE=whole every allocation, else the first hundred and some of
 * the others. */
void torture(const torture_case *of);

/* Points for conditions, `movable` or not; the first of them at the scene's weights. */
void torture_add_points(world *w, size_t n, bool movable);

/* Sums over processes, of which there is one. */
critpt_status torture_set_reduction(world *w);

#endif
