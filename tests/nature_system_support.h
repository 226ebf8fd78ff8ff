/* What the tests of the nature solver's linear maps share: a system with a scaled cone. */
#ifndef TESTS_NATURE_SYSTEM_SUPPORT_H
#define TESTS_NATURE_SYSTEM_SUPPORT_H

#include "nature_support.h"

#include "nature/preconditioner.h"

extern const net shape; /* four inputs, three tanh units, two outputs */

/* Maps, and a cone with a block for each of two points, scaled by random T; index 1 at the second,
 * so that one block has few rows. */
typedef struct system_stage {
    stage *made;
    cpt_nature_maps maps;
    cpt_nature_cone cone;
} system_stage;

void open_system_of(system_stage *s, size_t n_samples, double size);
void open_system(system_stage *s, double size); /* 60 samples */
void close_system(system_stage *s);
double distance(size_t n, const double *a, const double *b);
/* A preconditioner by columns of the heaviest pairs, as where entries do not fit. */
cpt_nature_preconditioner of_pairs(const system_stage *s);

#endif
