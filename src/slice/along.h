/* A line or plane that leaves a point of the file along directions. */
#ifndef SLICE_ALONG_H
#define SLICE_ALONG_H

#include "critpt_file.h"
#include "slice/frame.h"

enum { MAX_ALONG = MAX_CORNERS - 1 };

/* Directions as they were named, unit vectors d with the curvature d'Hd, and ranges. */
typedef struct slice_along {
    size_t point, n;
    char *names[MAX_ALONG];
    double *directions[MAX_ALONG];
    double curvature[MAX_ALONG], range[MAX_ALONG];
} slice_along;

/* From "escape,top" and "0.5", "0.5,0.1" or NULL; nothing is computed. To be freed even after a
 * failure, if it was zero before. */
outcome slice_along_parse(slice_along *along, const char *names, const char *ranges);
/* Directions, curvatures and, where none were given, ranges. */
outcome slice_along_compute(slice_along *along, const critpt_file *file,
                            const critpt_landscape *landscape, size_t point);
void slice_along_free(slice_along *along);
/* By how much the loss changes at the end of the range, by its curvature: the largest. */
double slice_along_height(const slice_along *along);

#endif
