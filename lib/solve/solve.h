/* Solving a plan: the stages in order, each with what it reads and what it writes. */
#ifndef CPT_SOLVE_SOLVE_H
#define CPT_SOLVE_SOLVE_H

#include "explain/explain.h"

/* Directions in which structure keeps the outputs, orthonormal. */
typedef struct cpt_symmetric {
    size_t n;
    double *directions; /* n x P */
} cpt_symmetric;

/* Natures at the targets. */
typedef struct cpt_natures {
    cpt_symmetric *symmetric; /* K: of points with a nature; NULL without natures */
    size_t *null;   /* K: directions left out of a point's promise; NULL without natures */
    double bound;   /* no targets that have them are nearer, |y - base|^2 / 2 */
    bool confirmed; /* by the spectra at the targets as they are */
} cpt_natures;

typedef struct cpt_solve {
    const critpt_plan *plan;
    const critpt_plan_options *options;
    cpt_points points;
    cpt_condition_work work;
    cpt_equations equations;
    cpt_targets targets;
    cpt_natures natures;
    size_t memory_left; /* bytes of the memory limit; 0 without one */
    cpt_report report;
} cpt_solve;

/* solve.c: all stages but the last, which writes into landscape and plan. */
critpt_status cpt_solve_begin(cpt_solve *solve, const critpt_plan *plan,
                              const critpt_plan_options *options);
critpt_status cpt_solve_run(cpt_solve *solve);
void cpt_solve_end(cpt_solve *solve);

/* memory.c: room for the fields of so many equations at a time, and for a matrix of second
 * derivatives where a kind needs one. */
typedef struct cpt_solve_room {
    size_t fields;
    bool matrix;
} cpt_solve_room;
/* Bytes that a solve takes where there is room for rows; chooses the equations' batch as well. */
critpt_status cpt_solve_foresee_memory(cpt_equations *equations, cpt_solve_room *room,
                                       size_t *bytes);
/* The way to solve the equations for which there is memory, and what the limit leaves of it;
 * CRITPT_NO_MEMORY, with what each way needs, where there is none. */
critpt_status cpt_solve_choose_route(cpt_equations *equations, cpt_solve_room *room,
                                     size_t *memory_left);
/* Whether soft equations have to give way to a level. */
bool cpt_solve_loosens(const cpt_equations *equations);

/* base_targets.c: output biases balanced; base targets chosen, the outputs' spread measured. */
critpt_status cpt_solve_balance(const critpt_plan *plan, const critpt_plan_options *options,
                                cpt_evaluation *evaluation, cpt_points *points);
critpt_status cpt_solve_choose_base(const critpt_plan *plan, const critpt_plan_options *options,
                                    cpt_evaluation *evaluation, cpt_targets *targets);

/* levels.c: loss differences between critical points by scaling output layers, before the
 * equations; the common level by a move on their null space, after them. */
critpt_status cpt_solve_scale_outputs(const critpt_plan *plan, const critpt_plan_options *options,
                                      cpt_evaluation *evaluation, cpt_points *points,
                                      cpt_report *report);
critpt_status cpt_solve_set_level(cpt_equations *equations, cpt_targets *targets,
                                  cpt_report *report);

/* soft_level.c: the targets where soft equations give way, near the level if it can be had. */
critpt_status cpt_solve_approach_soft_level(cpt_equations *equations, const cpt_condition *level,
                                            cpt_targets *targets);

/* natures.c: the targets moved to where points have their natures; these confirmed by spectra. */
/* An error where natures are combined with what they cannot be. */
critpt_status cpt_solve_require_natures(const critpt_plan *plan);
/* Warns of natures that such requests did not always attain. */
critpt_status cpt_solve_warn_of_odds(const cpt_equations *equations, cpt_report *report);
critpt_status cpt_solve_find_natures(cpt_equations *equations, size_t memory, cpt_targets *targets,
                                     cpt_natures *natures, cpt_report *report);
void cpt_solve_destroy_natures(cpt_natures *natures, size_t n_points);
/* symmetric.c: those of a point that is critical at the targets. */
critpt_status cpt_solve_find_symmetric(const cpt_points *points, double *targets, size_t point,
                                       cpt_symmetric *symmetric);
/* Margins and duality gap of the finished targets. */
critpt_status cpt_solve_measure_natures(cpt_equations *equations, const cpt_targets *targets,
                                        const cpt_natures *natures, cpt_report *report);
critpt_status cpt_solve_confirm_natures(const cpt_points *points, const critpt_plan *plan,
                                        const cpt_targets *targets, const cpt_natures *natures);

/* judgement.c: what became of the points; an error where that will not do. */
critpt_status cpt_solve_measure_points(cpt_equations *equations, const cpt_targets *targets,
                                       cpt_report *report);
critpt_status cpt_solve_judge(const cpt_equations *equations, const cpt_targets *targets,
                              cpt_report *report);

/* achieved.c: what became of the conditions; an error where one does not hold. */
critpt_status cpt_solve_measure_conditions(const cpt_equations *equations,
                                           const cpt_targets *targets, cpt_report *report);

#endif
