/* Gram-Schmidt on the edges. */
#include "slice/frame.h"

#include <math.h>
#include <stdlib.h>

/* Distances below this part of the vectors' norms count as rounding: of the arithmetic here, and of
 * whoever computed weight vectors that shall lie on a line. */
static const double rounding = 1e-10;

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static double norm(const double *a, size_t n)
{
    return sqrt(dot(a, a, n));
}

/* Takes from `vector` its part along the unit vector `axis`, whose length is returned. */
static double take_out(double *vector, const double *axis, size_t n)
{
    double part = dot(vector, axis, n);
    for (size_t i = 0; i < n; i++)
        vector[i] -= part * axis[i];
    return part;
}

outcome slice_frame_allocate(slice_frame *f, size_t n_weights, size_t n_axes)
{
    outcome result = DONE;
    f->n_weights = n_weights;
    f->n_axes = n_axes;
    for (size_t i = 0; i <= n_axes; i++)
        TRY(cli_allocate(&f->corners[i], n_weights, sizeof(double)));
    for (size_t i = 0; i < n_axes; i++) {
        TRY(cli_allocate(&f->edges[i], n_weights, sizeof(double)));
        TRY(cli_allocate(&f->basis[i], n_weights, sizeof(double)));
    }
done:
    return result;
}

void slice_frame_free(slice_frame *f)
{
    for (size_t i = 0; i < MAX_CORNERS; i++)
        free(f->corners[i]);
    for (size_t i = 0; i + 1 < MAX_CORNERS; i++) {
        free(f->edges[i]);
        free(f->basis[i]);
    }
    *f = (slice_frame){0};
}

/* The edge to corner i + 1, its length, and its part across the edges before it as a unit vector.
 * The length of that part is returned. */
static double make_edge(slice_frame *f, size_t i)
{
    size_t n = f->n_weights;
    for (size_t j = 0; j < n; j++)
        f->basis[i][j] = f->edges[i][j] = f->corners[i + 1][j] - f->corners[0][j];
    f->lengths[i] = norm(f->edges[i], n);
    f->lean = i ? take_out(f->basis[i], f->basis[0], n) : 0;
    f->height = norm(f->basis[i], n);
    for (size_t j = 0; j < n; j++)
        f->basis[i][j] /= f->height;
    return f->height;
}

outcome slice_frame_complete(slice_frame *f, const size_t *names)
{
    f->scale = 0;
    for (size_t i = 0; i <= f->n_axes; i++)
        f->scale = fmax(f->scale, norm(f->corners[i], f->n_weights));
    if (!isfinite(f->scale) || !isfinite(2 * f->scale * f->scale))
        return cli_fail(BAD_INPUT,
                        "%s: the weights of the points are too large: squares of "
                        "their distances overflow",
                        names ? "--through" : "--along");
    for (size_t i = 0; i < f->n_axes; i++) {
        double across = make_edge(f, i);
        if (!names && f->lengths[i] <= rounding * f->scale)
            return cli_fail(BAD_INPUT, "--range: %g is rounding of the weights, whose norm is %g",
                            f->lengths[i], f->scale);
        if (!names && across <= rounding * f->scale)
            return cli_fail(BAD_INPUT, "--along: the directions are one; give two that differ");
        if (f->lengths[i] <= rounding * f->scale)
            return cli_fail(BAD_INPUT,
                            "--through: points %zu and %zu have the same weights; give points "
                            "that differ",
                            names[0], names[i + 1]);
        if (across <= rounding * f->scale)
            return cli_fail(BAD_INPUT,
                            "--through: points %zu, %zu and %zu lie on one line; give two of them, "
                            "or a third one off that line",
                            names[0], names[1], names[2]);
    }
    return DONE;
}

double slice_frame_cosine(const slice_frame *f)
{
    return f->lean / f->lengths[1];
}

void slice_frame_weights(const slice_frame *f, const double place[2], double *weights)
{
    for (size_t i = 0; i < f->n_weights; i++) {
        weights[i] = f->corners[0][i] + place[0] * f->edges[0][i];
        if (f->n_axes == 2)
            weights[i] += place[1] * f->edges[1][i];
    }
}

bool slice_frame_locate(const slice_frame *f, const double *weights, double *scratch,
                        double place[2])
{
    size_t n = f->n_weights;
    double along, across = 0;
    for (size_t i = 0; i < n; i++)
        scratch[i] = weights[i] - f->corners[0][i];
    along = take_out(scratch, f->basis[0], n);
    place[1] = 0;
    if (f->n_axes == 2) {
        across = take_out(scratch, f->basis[1], n);
        place[1] = across / f->height;
        along -= place[1] * f->lean;
    }
    place[0] = along / f->lengths[0];
    return norm(scratch, n) <= rounding * fmax(f->scale, norm(weights, n));
}
