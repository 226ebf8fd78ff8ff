/* Why equations cannot be met, or need not be: proofs, what contradicts what, causes, the sentence;
 * and which directions are null. All of it ends up in the report. */
#ifndef CPT_EXPLAIN_EXPLAIN_H
#define CPT_EXPLAIN_EXPLAIN_H

#include "equations/equations.h"

/* Equations that are proven to contradict others. */
typedef struct cpt_proofs {
    size_t n;
    double excluded; /* they exclude targets up to so many times the present ones */
} cpt_proofs;

/* proofs.c: of the equations that conflict at the targets; the first of them kept in the report if
 * there is one, as many as the memory limit has room for. */
critpt_status cpt_explain_find_proofs(cpt_equations *equations, const cpt_targets *targets,
                                      cpt_report *report, cpt_proofs *proofs);
/* Whether they exclude targets of every size that somebody may want. */
bool cpt_explain_is_certain(const cpt_proofs *proofs);

/* contradiction.c: a set of requests that contradict each other, as small as can be shown in the
 * memory that there is. */
critpt_status cpt_explain_find_contradiction(cpt_equations *equations, const cpt_targets *targets,
                                             cpt_proofs *proofs, cpt_report *report);

/* stalled.c: what is left after a solve without a triangle. CRITPT_INFEASIBLE where it proves that
 * the equations contradict each other, CRITPT_NOT_CONVERGED where it proves nothing. */
critpt_status cpt_explain_stalled(cpt_equations *equations, const cpt_targets *targets,
                                  cpt_report *report);

/* causes.c: why there are conflicts, as far as it is recognised and the memory limit has room. */
critpt_status cpt_explain_find_causes(cpt_equations *equations, cpt_report *report);

/* sentence.c: CRITPT_INFEASIBLE with contradiction and causes. */
critpt_status cpt_explain_conflicts(cpt_equations *equations, const cpt_targets *targets,
                                    cpt_proofs *proofs, cpt_report *report);

/* null_directions.c: names the null equations of gradients. */
critpt_status cpt_explain_null_directions(cpt_equations *equations, cpt_report *report);

/* odds.c: whether natures, where they are asked for, may well not be attained, and in `text` (size
 * bytes) by how many targets, with the share of such requests that were. */
bool cpt_explain_odds(const cpt_equations *equations, char *text, size_t size);
enum { CPT_EXPLAIN_ODDS_SIZE = 256 };

#endif
