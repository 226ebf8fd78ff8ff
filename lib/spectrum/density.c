/* The spectral density by stochastic Lanczos quadrature, for plots: never for an index.
 *
 * Each random vector's Lanczos process gives a Gauss quadrature of its spectral measure: nodes are
 * the eigenvalues of the tridiagonal matrix, weights the squared first entries of its eigenvectors.
 * The mean over the vectors, smoothed by a normal curve, estimates the density of eigenvalues. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "spectrum/spectrum.h"

typedef struct quadrature {
    critpt_workspace workspace;
    const double *weights;
    size_t P, steps;
    double *basis;   /* (steps + 1) x P, orthonormal */
    double *overlap; /* steps */
    double *matrix;  /* steps x steps: the projected Hessian, then its eigenvectors */
    double *nodes;   /* steps */
} quadrature;

static void quadrature_destroy(quadrature *q)
{
    if (q->workspace.landscape)
        cpt_workspace_release(&q->workspace);
    cpt_free(q->basis);
    cpt_free(q->overlap);
    cpt_free(q->matrix);
    cpt_free(q->nodes);
}

static critpt_status quadrature_create(quadrature *q, const critpt_landscape *landscape,
                                       const double *weights, size_t steps)
{
    critpt_status status;
    size_t entries;
    memset(q, 0, sizeof *q);
    q->weights = weights;
    q->P = landscape->model->n_weights;
    q->steps = steps < q->P ? steps : q->P;
    CPT_TRY(cpt_workspace_initialize(&q->workspace, landscape, CPT_JET_BATCH));
    CPT_TRY(cpt_multiply(q->steps + 1, q->P, "Lanczos basis", &entries));
    CPT_TRY(cpt_allocate(&q->basis, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&q->overlap, q->steps, sizeof(double)));
    CPT_TRY(cpt_allocate(&q->matrix, q->steps * q->steps, sizeof(double)));
    CPT_TRY(cpt_allocate(&q->nodes, q->steps, sizeof(double)));
done:
    return status;
}

static void normalise(size_t n, double *x, double norm)
{
    for (size_t j = 0; j < n; j++)
        x[j] /= norm;
}

/* Lanczos with full reorthogonalisation from row 0 of the basis; how many steps until it ends. */
static critpt_status run(quadrature *q, size_t *taken)
{
    critpt_status status = CRITPT_OK;
    size_t P = q->P, m = q->steps, i;
    memset(q->matrix, 0, m * m * sizeof(double));
    for (i = 0; i < m; i++) {
        double *x = q->basis + (i + 1) * P;
        CPT_TRY(cpt_landscape_curvature_vectors(&q->workspace, q->weights, CPT_HESSIAN, NULL, 1,
                                                q->basis + i * P, P, x, P));
        CPT_TRY(cpt_spectrum_require_finite(P, x));
        double size = cpt_linalg_norm(P, x);
        for (int round = 0; round < 2; round++) {
            cpt_linalg_gemv(CPT_PLAIN, i + 1, P, 1, q->basis, P, x, 0, q->overlap);
            cpt_linalg_gemv(CPT_TRANSPOSED, i + 1, P, -1, q->basis, P, q->overlap, 1, x);
            q->matrix[i * m + i] += q->overlap[i];
        }
        double norm = cpt_linalg_norm(P, x);
        if (norm <= 1e-13 * size || i + 1 == m)
            break;
        q->matrix[i * m + i + 1] = q->matrix[(i + 1) * m + i] = norm;
        normalise(P, x, norm);
        CPT_TRY(cpt_pulse_advance((double)(i + 1) / (double)m, "density"));
    }
    *taken = i < m ? i + 1 : m;
done:
    return status;
}

/* Adds one vector's smoothed measure to the density. */
static critpt_status add_measure(quadrature *q, size_t taken, double factor, double width,
                                 const double *points, size_t n_points, double *density)
{
    critpt_status status;
    for (size_t i = 0; i < taken; i++) /* close up the leading block */
        memmove(q->matrix + i * taken, q->matrix + i * q->steps, taken * sizeof(double));
    CPT_TRY(cpt_linalg_eigen(taken, q->matrix, q->nodes));
    for (size_t i = 0; i < taken; i++) {
        double first = q->matrix[i * taken], weight = factor * first * first;
        for (size_t k = 0; k < n_points; k++) {
            double t = (points[k] - q->nodes[i]) / width;
            density[k] += weight * exp(-t * t / 2) / (width * sqrt(2 * acos(-1)));
        }
    }
done:
    return status;
}

static critpt_status require_sizes(size_t n_vectors, size_t n_steps, double width)
{
    if (n_vectors == 0 || n_steps == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "%zu vectors and %zu steps; both must be positive", n_vectors, n_steps);
    if (!(width > 0 && isfinite(width)))
        return cpt_error(CRITPT_INVALID_ARGUMENT, "width is %g; it must be positive and finite",
                         width);
    return CRITPT_OK;
}

/* Refused before anything is allocated where it would pass the memory limit. */
static critpt_status require_room(const critpt_landscape *landscape, size_t n_steps,
                                  size_t n_points)
{
    enum { SMALL = 160 }; /* heads of blocks */
    critpt_status status;
    size_t P = landscape->model->n_weights, m = cpt_smaller(n_steps, P), own, work, size;
    CPT_TRY(cpt_workspace_size(landscape, cpt_smaller(CPT_JET_BATCH, landscape->n_samples), &own));
    CPT_TRY(cpt_linalg_eigen_size(m, true, &work));
    CPT_TRY(cpt_multiply_add(m + 1, P, own + SMALL, "Lanczos basis", &size));
    CPT_TRY(cpt_multiply_add(m, m + 2, size, "Lanczos basis", &size));
    CPT_TRY(cpt_multiply_add(1, work + n_points, size, "density", &size));
    CPT_TRY(cpt_multiply(size, sizeof(double), "density", &size));
    CPT_TRY(cpt_require_room(size));
done:
    return status;
}

/* Of checked arguments: the mean over the vectors, into `sum`. */
static critpt_status add_vectors(quadrature *q, uint64_t seed, size_t n_vectors, double width,
                                 const double *points, size_t n_points, double *sum)
{
    enum { STREAM_DENSITY = 3 };
    critpt_status status = CRITPT_OK;
    double n = (double)n_vectors;
    for (size_t i = 0; i < n_vectors; i++) {
        size_t taken;
        cpt_pulse_range((double)i / n, (double)(i + 1) / n);
        CPT_TRY(critpt_random_normal(seed, STREAM_DENSITY, i * q->P, q->basis, q->P));
        normalise(q->P, q->basis, cpt_linalg_norm(q->P, q->basis));
        CPT_TRY(run(q, &taken));
        CPT_TRY(add_measure(q, taken, 1 / n, width, points, n_points, sum));
    }
    CPT_TRY(cpt_pulse_advance(1, "done"));
done:
    return status;
}

critpt_status critpt_spectrum_density_with_options(const critpt_landscape *landscape,
                                                   const double *weights, size_t n_weights,
                                                   const critpt_spectrum_options *options,
                                                   size_t n_vectors, size_t n_steps, double width,
                                                   const double *points, size_t n_points,
                                                   double *density)
{
    critpt_status status;
    cpt_budget budget;
    cpt_pulse pulse;
    quadrature q = {.steps = 0};
    double *sum = NULL;
    options = cpt_spectrum_options_in_force(options);
    cpt_budget_begin(&budget, options->memory_limit);
    cpt_pulse_begin(&pulse, options->progress, options->progress_user, "density");
    CPT_TRY(cpt_landscape_require_weights(landscape, weights, n_weights));
    CPT_TRY(cpt_landscape_require_samples(landscape));
    CPT_TRY(cpt_landscape_require_targets(landscape));
    CPT_TRY(cpt_jet_require_second_order(landscape->model));
    CPT_TRY(require_sizes(n_vectors, n_steps, width));
    CPT_TRY(cpt_require_array("points", points, n_points, n_points));
    CPT_TRY(cpt_require_finite("points", points, n_points));
    CPT_TRY(cpt_require_array("density", density, n_points, n_points));
    CPT_TRY(require_room(landscape, n_steps, n_points));
    CPT_TRY(quadrature_create(&q, landscape, weights, n_steps));
    CPT_TRY(cpt_allocate(&sum, n_points, sizeof *sum));
    cpt_spectrum_share(landscape, weights, options, n_vectors);
    CPT_TRY(add_vectors(&q, options->seed, n_vectors, width, points, n_points, sum));
    memcpy(density, sum, n_points * sizeof *density);
done:
    status = cpt_landscape_leave(landscape, status);
    quadrature_destroy(&q);
    cpt_free(sum);
    cpt_pulse_end(&pulse);
    cpt_budget_end(&budget);
    return status;
}

critpt_status critpt_spectrum_density(const critpt_landscape *landscape, const double *weights,
                                      size_t n_weights, uint64_t seed, size_t n_vectors,
                                      size_t n_steps, double width, const double *points,
                                      size_t n_points, double *density)
{
    critpt_spectrum_options options = *cpt_spectrum_options_in_force(NULL);
    options.seed = seed;
    return critpt_spectrum_density_with_options(landscape, weights, n_weights, &options, n_vectors,
                                                n_steps, width, points, n_points, density);
}
