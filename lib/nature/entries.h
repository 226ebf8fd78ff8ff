/* A preconditioner by the entries of S(u), where these are few. */
#ifndef CPT_NATURE_ENTRIES_H
#define CPT_NATURE_ENTRIES_H

#include "nature/maps.h"

/* The operator B* B in scaled coordinates is A' K A: A e are the entries of S(Mn^(1/2)' e) within
 * the parts at every point, and K, a block for each point, their products with F' F. */
typedef struct cpt_nature_entries {
    size_t n, order;                /* numbers of a change; entries at all points, rows of A */
    size_t n_points;                /* that want a nature */
    size_t *points;                 /* which */
    size_t *first;                  /* n_points + 1: where a point's entries begin */
    cpt_pair *pairs;                /* order: the weights of each */
    double *rows;                   /* A, order x n, on the changes that the equations leave free */
    double *gram;                   /* A A' */
    double *norms;                  /* order: of the rows */
    double *square, *kernel;        /* P x P: F' F; K of a point, scaled by norms, and its factor */
    double **factors;               /* n_points: C of each, its entries x its rank */
    double *half;                   /* order x a point's entries: A A' C of a point */
    double *inner;                  /* Cholesky's factor of I + C' A A' C, n_columns x n_columns */
    double *entries, *coefficients; /* order each: A r, C' A r */
    size_t *pivot, *rank;           /* of a point's factor */
    size_t n_columns, capacity;     /* of C at all points, and those that there is room for */
    double left_out;                /* squares of columns that are left out */
    bool many;                      /* more entries than numbers of a change: A A' is not formed */
    double n_numbers;               /* what they take at most */
    bool tried;                     /* they were asked for, and */
    bool fits;                      /* there is room for them, and their work is worth it */
} cpt_nature_entries;

/* Operations that the products A A' take, or with more entries than numbers of a change their
 * columns. */
double cpt_nature_entries_work(const cpt_nature_maps *maps);
/* Prepares it for the points that want a nature, unless that takes more than so many numbers or too
 * long: entries->fits tells. */
critpt_status cpt_nature_entries_create(cpt_nature_entries *entries, cpt_nature_maps *maps,
                                        double most_numbers);
void cpt_nature_entries_destroy(cpt_nature_entries *entries);
/* Follows the blocks' scaling, with more columns where the last equations took many steps of
 * conjugate gradients and fewer where they took few; CRITPT_NOT_CONVERGED where rounding leaves
 * nothing of it. */
critpt_status cpt_nature_entries_update(cpt_nature_entries *entries, const cpt_nature_cone *cone,
                                        size_t last_steps);
/* columns (n_columns x n) = C' A, where the inner matrices are not formed. */
void cpt_nature_entries_columns(const cpt_nature_entries *entries, double *columns);
/* squares (count, P x P each) = what the numbers of a change from the `start`-th on make of S at a
 * point. */
void cpt_nature_entries_gather(const cpt_nature_entries *entries, size_t point, size_t P,
                               size_t start, size_t count, double *squares);
/* h -= its part of the inverse, h = r before. */
void cpt_nature_entries_apply(const cpt_nature_entries *entries, const double *r, double *h);

#endif
