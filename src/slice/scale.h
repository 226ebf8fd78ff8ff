/* How losses become heights of a curve and colours of a plane. */
#ifndef SLICE_SCALE_H
#define SLICE_SCALE_H

#include <stdbool.h>
#include <stdio.h>

/* Of losses. */
typedef struct loss_range {
    double low, high;
} loss_range;

typedef enum scale_kind {
    LINEAR_SCALE, /* loss - offset */
    ROOT_SCALE,   /* sqrt(loss - base): level lines around a minimum are evenly spaced */
    LOG_SCALE,    /* log10(loss), of positive losses; the others are drawn at the low end */
    SIGNED_SCALE  /* asinh((loss - base) / width): linear near a saddle, logarithmic far from it */
} scale_kind;

typedef struct loss_scale {
    scale_kind kind;
    double offset; /* taken from losses that are written: digits that are always the same */
    double base;   /* of ROOT_SCALE and SIGNED_SCALE, */
    double width;  /* of the latter */
    double low, high, step; /* of what is drawn: ends, and steps that divide what is between them */
} loss_scale;

/* Whether the losses span so many decades that only their logarithm shows them. */
bool slice_spans_decades(loss_range range);
/* For losses in the range, the lowest positive for LOG_SCALE; about n_steps steps, round ones
 * except on ROOT_SCALE. */
loss_scale slice_scale_make(scale_kind kind, loss_range range, double n_steps);
/* SIGNED_SCALE, alike on both sides of `base`, for losses in the range. */
loss_scale slice_scale_around(double base, loss_range range);
/* What is drawn of a loss. */
double slice_scale_place(const loss_scale *scale, double loss);

/* "loss", or "loss - OFFSET", as a quoted string of the script, with the transform where there is
 * one; and how far the losses in `range` go beyond the scale. */
void slice_scale_put_name(FILE *script, const loss_scale *scale, loss_range range);
/* Tics of the axis "y" or "cb" at round losses. */
void slice_scale_put_tics(FILE *script, const loss_scale *scale, const char *axis);

#endif
