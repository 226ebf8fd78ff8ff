/* An approximate inverse of I + B* B in scaled coordinates. */
#ifndef CPT_NATURE_PRECONDITIONER_H
#define CPT_NATURE_PRECONDITIONER_H

#include "nature/entries.h"

typedef struct cpt_nature_preconditioner {
    cpt_nature_entries entries; /* of the points, which the blocks share whatever they are */
    bool by_entries;            /* it is made of these, and of no columns */
    size_t n, n_pairs, n_columns, capacity; /* columns that there is room for, unless it is whole */
    bool whole;                             /* it has the images of all pairs of basis vectors */
    bool orthonormal;                       /* the columns are Q, else T itself */
    double *columns;                        /* Q' or T', n_columns x n; NULL: Q = I */
    double *pairs;                 /* whole: all images in the coordinates Q, n_columns x n_pairs */
    double *scaled;                /* whole: those of one block in scaled coordinates */
    double *factor;                /* Cholesky's, of I + R R' for images Q R, or of I + T'T */
    double *coefficients, *change; /* n_columns each: a vector's coordinates, and their images */
} cpt_nature_preconditioner;

/* Begins anew with the blocks of a cone; the first time with zeros. */
critpt_status cpt_nature_preconditioner_begin(cpt_nature_preconditioner *preconditioner,
                                              cpt_nature_maps *maps, const cpt_nature_cone *cone);
/* Ends what began. */
void cpt_nature_preconditioner_end(cpt_nature_preconditioner *preconditioner);
void cpt_nature_preconditioner_destroy(cpt_nature_preconditioner *preconditioner);
/* Follows the blocks' scaling, with `wanted` columns unless it is whole, or as many as the steps of
 * conjugate gradients of the last equations suggest, where it is made of entries. */
critpt_status cpt_nature_preconditioner_update(cpt_nature_preconditioner *preconditioner,
                                               cpt_nature_maps *maps, const cpt_nature_cone *cone,
                                               size_t wanted, size_t last_steps);
/* Makes it whole where that can be afforded in a hard problem. */
critpt_status cpt_nature_preconditioner_strengthen(cpt_nature_preconditioner *preconditioner,
                                                   cpt_nature_maps *maps,
                                                   const cpt_nature_cone *cone);
/* h = the approximate inverse times r. */
critpt_status cpt_nature_precondition(const cpt_nature_preconditioner *preconditioner,
                                      cpt_nature_maps *maps, const double *r, double *h);

#endif
