/* Directions along which the outputs do not change whatever the targets are, confirmed by moves. */
#ifndef ORACLE_NULL_H
#define ORACLE_NULL_H

#include "oracle/first_order.h"
#include "oracle/real.h"

/* For networks; of a numerical model no such direction is known.
 *
 * Whether `count` unit vectors, one a row, lie in the span of such directions, each to `error`.
 * Known are: inputs of a layer that are always 0, units that nothing depends on or that never
 * answer, units that do what another does, and hidden units that can be rescaled; their moves are
 * made at two sizes, and what changes an output is not counted. With `any` also every linear
 * dependence among the inputs of a layer, its bias included, mixtures of the units of a linear
 * hidden layer, and whatever else can be followed on a curve with the same outputs. */
oracle_status oracle_explain(const oracle_problem *problem, const double *weights, bool any,
                             size_t count, const real *vectors, double error, bool *explained);

/* How far the gradient, which is not 0 to the last bit, turns eigenvectors of the Hessian from the
 * tangents of the curves along which units are rescaled, `gap` being the least |eigenvalue| of the
 * others. */
oracle_status oracle_turn(const oracle_problem *problem, const double *weights, double gap,
                          double *turn);

/* Which weights have no effect by themselves, to rounding of the outputs: of the inputs that are
 * always 0, and of the units that nothing depends on or that never answer. P of them. */
oracle_status oracle_find_idle(const oracle_problem *problem, const double *weights, bool *idle);

/* How many independent directions of the kinds with a name here, dependences and mixtures there
 * are. */
oracle_status oracle_n_null(const oracle_problem *problem, const double *weights, size_t *n);

#endif
