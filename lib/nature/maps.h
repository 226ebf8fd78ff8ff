/* The linear maps of the inequalities: e -> B e and its adjoint, through S(u), S*(Q) and D2f[v, u].
 */
#ifndef CPT_NATURE_MAPS_H
#define CPT_NATURE_MAPS_H

#include "nature/cone.h"
#include "nature/parts.h"

typedef struct cpt_nature_maps {
    const cpt_nature_problem *problem;
    critpt_workspace *workspace;
    const cpt_metric *metric; /* of the loss */
    size_t P, D, n;           /* weights, outputs, targets */
    cpt_nature_parts parts;
    double *matrix, *scratch, *sum;  /* P x P each */
    double *part;                    /* a square of the largest part */
    double *strip, *strip2;          /* P rows of the largest part */
    double *field, *field2, *field3; /* n each */
    size_t n_products;               /* made so far */
    double progress;                 /* reported so far */
} cpt_nature_maps;

critpt_status cpt_nature_maps_create(cpt_nature_maps *maps, const cpt_nature_problem *problem);
void cpt_nature_maps_destroy(cpt_nature_maps *maps);

/* Projects e on the changes that the equations leave free. */
critpt_status cpt_nature_project(cpt_nature_maps *maps, double *e);

/* The coordinates of a block: rows W', or T W' of the scaled ones. */
typedef enum cpt_nature_rows { CPT_NATURE_BASIS, CPT_NATURE_FRAME } cpt_nature_rows;
/* Every block's work = B e, or T B e T' in the frame. */
critpt_status cpt_nature_image(cpt_nature_maps *maps, cpt_nature_cone *cone, cpt_nature_rows rows,
                               const double *e);
/* e = the sum of B*(work) over the blocks, work being in those coordinates; not projected. */
critpt_status cpt_nature_adjoint(cpt_nature_maps *maps, const cpt_nature_cone *cone,
                                 cpt_nature_rows rows, double *e);
/* result = B* B e in scaled coordinates: the sum of B*(T' T B e T' T) over the blocks, whose work
 * is lost; not projected. */
critpt_status cpt_nature_multiply(cpt_nature_maps *maps, cpt_nature_cone *cone, const double *e,
                                  double *result);
/* A block's frame and inverse for its T. */
void cpt_nature_set_frame(cpt_nature_maps *maps, cpt_nature_block *block);
/* Projects `count` changes e (rows of n), so many at a time, to the accuracy of the semi-normal
 * equations. */
enum { CPT_NATURE_PROJECTED_ROWS = 1024 };
critpt_status cpt_nature_project_rows(cpt_nature_maps *maps, size_t count, double *rows);
/* Rows e = B*(v w' + w v')/2 of one block, not projected, for pairs v, w of rows of `directions` (P
 * each). */
critpt_status cpt_nature_pairs(cpt_nature_maps *maps, const cpt_nature_block *block,
                               size_t n_directions, const double *directions, size_t n_pairs,
                               const cpt_pair *pairs, double *rows);

/* Reports progress in [0, 1], never falling; CRITPT_CANCELLED if the caller says so. */
critpt_status cpt_nature_tick(cpt_nature_maps *maps, double done);

#endif
