/* An approximate inverse of I + B* B in scaled coordinates. */
#ifndef CPT_NATURE_PRECONDITIONER_H
#define CPT_NATURE_PRECONDITIONER_H

#include "nature/maps.h"

typedef struct cpt_nature_preconditioner {
    size_t n, n_pairs, n_columns, capacity; /* columns that there is room for, unless it is whole */
    bool whole;                             /* it has the images of all pairs of basis vectors */
    bool orthonormal;                       /* the columns are Q, else T itself */
    double *columns;                        /* Q' or T', n_columns x n; NULL: Q = I */
    double *pairs;                 /* whole: all images in the coordinates Q, n_columns x n_pairs */
    double *scaled;                /* whole: those of one block in scaled coordinates */
    double *factor;                /* Cholesky's, of I + R R' for images Q R, or of I + T'T */
    double *coefficients, *change; /* n_columns each: a vector's coordinates, and their images */
} cpt_nature_preconditioner;

critpt_status cpt_nature_preconditioner_create(cpt_nature_preconditioner *preconditioner,
                                               cpt_nature_maps *maps, const cpt_nature_cone *cone);
void cpt_nature_preconditioner_destroy(cpt_nature_preconditioner *preconditioner);
/* Follows the blocks' scaling, with `wanted` columns unless it is whole. */
critpt_status cpt_nature_preconditioner_update(cpt_nature_preconditioner *preconditioner,
                                               cpt_nature_maps *maps, const cpt_nature_cone *cone,
                                               size_t wanted);
/* Makes it whole where that can be afforded in a hard problem. */
critpt_status cpt_nature_preconditioner_strengthen(cpt_nature_preconditioner *preconditioner,
                                                   cpt_nature_maps *maps,
                                                   const cpt_nature_cone *cone);
/* h = the approximate inverse times r. */
critpt_status cpt_nature_precondition(const cpt_nature_preconditioner *preconditioner,
                                      cpt_nature_maps *maps, const double *r, double *h);

#endif
