/* The line or plane through two or three weight vectors, and places on it. */
#ifndef SLICE_FRAME_H
#define SLICE_FRAME_H

#include <stdbool.h>

#include "cli/outcome.h"

enum { MAX_CORNERS = 3 };

/* w = A + s (B - A) + t (C - A); on a line there is no t. Filled in with all zeros before. */
typedef struct slice_frame {
    size_t n_weights;
    size_t n_axes;                   /* 1 on a line, 2 on a plane */
    double *corners[MAX_CORNERS];    /* A, B, C */
    double *edges[MAX_CORNERS - 1];  /* B - A, C - A */
    double *basis[MAX_CORNERS - 1];  /* an orthonormal basis of the edges */
    double lengths[MAX_CORNERS - 1]; /* |B - A|, |C - A| */
    double lean, height;             /* of C - A in the basis */
    double scale;                    /* the largest of the corners' norms */
} slice_frame;

/* Room for n_axes + 1 corners, which the caller then fills in. */
outcome slice_frame_allocate(slice_frame *frame, size_t n_weights, size_t n_axes);
/* From the corners everything else; `names` are those of the corners, for the sentence where they
 * coincide or lie on one line; NULL where they are the ends of ranges along directions. */
outcome slice_frame_complete(slice_frame *frame, const size_t *names);
void slice_frame_free(slice_frame *frame);

/* Cosine of the angle between the edges of a plane. */
double slice_frame_cosine(const slice_frame *frame);
/* The weights at (s, t). */
void slice_frame_weights(const slice_frame *frame, const double place[2], double *weights);
/* The place (s, t) nearest to the weights, and whether they lie there up to rounding; `scratch` has
 * room for n_weights numbers. */
bool slice_frame_locate(const slice_frame *frame, const double *weights, double *scratch,
                        double place[2]);

#endif
