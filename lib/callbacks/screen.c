/* Derivatives along random directions against differences of the order below. What is wrong by a
 * single weight shows along all weights at once, unless these move the outputs so much more that it
 * drowns: directions are of weights that move them about alike. Doubt costs no more than the whole
 * check, so that little is accepted here. */
#include <math.h>
#include <string.h>

#include "callbacks/audit.h"
#include "callbacks/differences.h"

/* Weights of a group move the outputs within a factor of 1000; in the last but one are all that
 * move them little, in the last those that do not. */
enum { GROUPS = 5 };
/* Matrices that are given whole: of curvature; of hessian, without and with S. */
enum { CURVATURE, PRODUCTS, BOTH, KINDS };
/* Accepted shares of the sums of absolute values, beside the error of differences. */
static const double accepted_share = 1e-9;
/* Where that error is more than this of what is sought, and than that of what is differentiated,
 * differences along a direction do not tell. */
static const double blind = 1e-6, negligible = 1e-9;

static const cpt_steps steps = {{0x1p-3, 0x1p-5, 0x1p-7, 0x1p-9}, 4}; /* of a weight's size */

typedef struct screen {
    cpt_line line; /* first: from the weights along v */
    cpt_audit *audit;
    bool jacobians;        /* are on the line, else outputs */
    size_t *groups;        /* P */
    double *lengths;       /* P: of directions, the weight's size, or 1 */
    double *weights;       /* P: on the line */
    double *v, *z;         /* P each: directions within groups */
    double *scratch;       /* of differences */
    double *tangent;       /* m x P: derivatives along v */
    double *errors;        /* likewise */
    double *sum, *off;     /* P, or m: what is expected, and accepted */
    double *given, *other; /* P each, or m */
    double *matrix;        /* P x P, or 2 x P: what is given, or passed */
    double *images;        /* KINDS x GROUPS x P: of the directions v by the matrices */
    bool suspicious;
} screen;

static critpt_status values_along(const cpt_line *line, double t, double *values)
{
    const screen *s = (const screen *)line;
    const cpt_audit *a = s->audit;
    cpt_rows rows = a->rows;
    critpt_status status;
    for (size_t j = 0; j < a->own->model.n_weights; j++)
        s->weights[j] = a->rows.weights[j] + t * s->v[j];
    rows.weights = s->weights;
    status = s->jacobians ? cpt_callbacks_jacobian(a->own, &rows, values, NULL)
                          : cpt_callbacks_outputs(a->own, &rows, values);
    if (status != CRITPT_NON_FINITE)
        return status;
    for (size_t i = 0; i < line->m; i++)
        values[i] = NAN;
    return CRITPT_OK;
}

/* By how much the weights move the outputs, each by its own size. */
static void find_groups(screen *s)
{
    const cpt_audit *a = s->audit;
    size_t P = a->own->model.n_weights;
    double most = 0;
    for (size_t j = 0; j < P; j++) {
        double size = fabs(a->rows.weights[j]), column = 0;
        s->lengths[j] = size > 0 ? size : 1;
        for (size_t i = 0; i < a->m; i++)
            column = fmax(column, fabs(a->jacobian[i * P + j]));
        s->sum[j] = column * s->lengths[j];
        most = fmax(most, s->sum[j]);
    }
    for (size_t j = 0; j < P; j++) {
        double decades = s->sum[j] > 0 ? log10(most / s->sum[j]) / 3 : GROUPS - 1;
        bool moves = s->sum[j] > 0;
        s->groups[j] = moves ? (size_t)fmin(decades, GROUPS - 2) : GROUPS - 1;
    }
}

/* A direction with the signs of a random one, within a group; false where that is empty. */
static bool choose_direction(const screen *s, size_t group, const double *random, double *to)
{
    bool any = false;
    for (size_t j = 0; j < s->audit->own->model.n_weights; j++) {
        double size = fabs(random[j]);
        bool member = s->groups[j] == group;
        to[j] = member ? copysign(s->lengths[j] * (0.5 + size / (1 + size)), random[j]) : 0;
        any = any || member;
    }
    return any;
}

/* n numbers against the sum. */
static void hold(screen *s, size_t n, const double *given)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs(given[i] - s->sum[i]) <= s->off[i]))
            s->suspicious = true;
}

static bool tells(double error, double size, double below)
{
    return cpt_stated_errors * error <= fmax(blind * size, negligible * below);
}

/* ---- First derivatives ---- */

static critpt_status screen_outputs(screen *s)
{
    critpt_status status;
    const cpt_audit *a = s->audit;
    size_t P = a->own->model.n_weights;
    double best, size = 0;
    s->jacobians = false;
    s->line.m = a->m;
    CPT_TRY(cpt_differences_first(&s->line, &steps, s->scratch, s->sum, s->errors, &best));
    cpt_linalg_gemv(CPT_PLAIN, a->m, P, 1, a->jacobian, P, s->v, 0, s->given);
    for (size_t j = 0; j < P; j++) {
        double column = 0;
        for (size_t i = 0; i < a->m; i++)
            column = fmax(column, fabs(a->jacobian[i * P + j]));
        size += column * fabs(s->v[j]);
    }
    for (size_t i = 0; i < a->m; i++) {
        s->off[i] = cpt_stated_errors * s->errors[i] + accepted_share * size;
        if (!tells(s->errors[i], size, fabs(a->outputs[i])))
            s->suspicious = true;
    }
    hold(s, a->m, s->given);
done:
    return status;
}

/* ---- Second derivatives ---- */

/* sum = S(u) v by the tangent, or with the Gauss-Newton part added, or that alone. */
static void expect_product(screen *s, bool with_curvature, bool with_products)
{
    const cpt_audit *a = s->audit;
    size_t P = a->own->model.n_weights, D = a->own->model.n_outputs;
    memset(s->sum, 0, P * sizeof *s->sum);
    memset(s->off, 0, P * sizeof *s->off);
    for (size_t i = 0; with_curvature && i < a->m; i++)
        for (size_t j = 0; j < P; j++) {
            double term = a->u[i] * s->tangent[i * P + j];
            s->sum[j] += term;
            s->off[j] += accepted_share * fabs(term) +
                         cpt_stated_errors * fabs(a->u[i]) * s->errors[i * P + j];
        }
    if (!with_products)
        return;
    cpt_linalg_gemv(CPT_PLAIN, a->m, P, 1, a->jacobian, P, s->v, 0, s->other);
    for (size_t i = 0; i < a->m; i++) {
        double factor = 0;
        for (size_t c = 0; c < D; c++)
            factor += a->metric[i % D * D + c] * s->other[i / D * D + c];
        factor *= a->sample_weights[i / D];
        for (size_t j = 0; j < P; j++) {
            double term = factor * a->jacobian[i * P + j];
            s->sum[j] += term;
            s->off[j] += accepted_share * fabs(term);
        }
    }
}

/* Whether errors of the tangent hide what it is held against. */
static void look_at_errors(screen *s)
{
    const cpt_audit *a = s->audit;
    size_t P = a->own->model.n_weights;
    for (size_t j = 0; j < P; j++) {
        double error = 0, size = 0, below = 0;
        for (size_t i = j; i < a->m * P; i += P) {
            error = fmax(error, s->errors[i]);
            size = fmax(size, fabs(s->tangent[i]));
            below = fmax(below, fabs(a->jacobian[i]));
            if (!isfinite(s->tangent[i]))
                s->suspicious = true;
        }
        if (!tells(error, size, below))
            s->suspicious = true;
    }
}

static const double *image_of(const screen *s, size_t kind, size_t group)
{
    return s->images + (kind * GROUPS + group) * s->audit->own->model.n_weights;
}

static critpt_status screen_products(screen *s, size_t group)
{
    critpt_status status = CRITPT_OK;
    const cpt_audit *a = s->audit;
    const critpt_model_callbacks *call = &a->own->call;
    size_t P = a->own->model.n_weights;
    expect_product(s, true, false);
    if (call->curvature)
        hold(s, P, image_of(s, CURVATURE, group));
    if (call->curvature_vector) {
        memset(s->given, 0, P * sizeof *s->given);
        CPT_TRY(cpt_callbacks_curvature_vector(a->own, &a->rows, a->u, s->v, s->given));
        hold(s, P, s->given);
    }
    for (size_t kind = PRODUCTS; kind <= BOTH; kind++) {
        expect_product(s, kind == BOTH, true);
        if (call->hessian)
            hold(s, P, image_of(s, kind, group));
        if (!call->hessian_vectors)
            continue;
        memset(s->given, 0, 2 * P * sizeof *s->given);
        for (size_t j = 0; j < P; j++)
            s->matrix[j] = s->matrix[P + j] = s->v[j]; /* twice over */
        CPT_TRY(cpt_callbacks_hessian_vectors(a->own, &a->rows, &a->form,
                                              kind == BOTH ? a->u : NULL, 2, s->matrix, s->given));
        hold(s, P, s->given);
        hold(s, P, s->given + P);
    }
done:
    return status;
}

/* v' Hess f z for the directions z of all groups. */
static critpt_status screen_fields(screen *s)
{
    critpt_status status = CRITPT_OK;
    const cpt_audit *a = s->audit;
    const critpt_model_callbacks *call = &a->own->call;
    size_t P = a->own->model.n_weights;
    for (size_t group = 0; group < GROUPS; group++) {
        if (!choose_direction(s, group, a->z, s->z))
            continue;
        memset(s->sum, 0, a->m * sizeof *s->sum);
        memset(s->off, 0, a->m * sizeof *s->off);
        for (size_t k = 0; k < a->m * P; k++) {
            double term = s->tangent[k] * s->z[k % P];
            s->sum[k / P] += term;
            s->off[k / P] +=
                accepted_share * fabs(term) + cpt_stated_errors * s->errors[k] * fabs(s->z[k % P]);
        }
        if (call->second_directional) {
            CPT_TRY(cpt_callbacks_second_directional(a->own, &a->rows, s->v, s->z, s->given));
            hold(s, a->m, s->given);
        }
        if (call->curvature_adjoint) {
            cpt_callbacks_symmetric_pair(P, s->v, s->z, s->matrix);
            CPT_TRY(cpt_callbacks_curvature_adjoint(a->own, &a->rows, s->matrix, s->given));
            hold(s, a->m, s->given);
        }
    }
done:
    return status;
}

/* A matrix is symmetric to rounding of its rows' largest entries. */
static void look_at_symmetry(screen *s)
{
    enum { TILE = 8 }; /* columns, whose cache lines serve as many rows */
    const double *matrix = s->matrix;
    size_t P = s->audit->own->model.n_weights;
    for (size_t i = 0; i < P; i++) {
        s->off[i] = 0;
        for (size_t j = 0; j < P; j++)
            s->off[i] = fmax(s->off[i], fabs(matrix[i * P + j]));
    }
    for (size_t first = 0; first < P; first += TILE)
        for (size_t i = first; i < P; i++)
            for (size_t j = first; j < cpt_smaller(first + TILE, i); j++) {
                double accepted = cpt_same_formula * fmin(s->off[i], s->off[j]);
                if (!(fabs(matrix[i * P + j] - matrix[j * P + i]) <= accepted))
                    s->suspicious = true;
            }
}

static critpt_status take_matrix(screen *s, size_t kind)
{
    const cpt_audit *a = s->audit;
    size_t P = a->own->model.n_weights;
    memset(s->matrix, 0, P * P * sizeof *s->matrix);
    if (kind == CURVATURE)
        return cpt_callbacks_curvature(a->own, &a->rows, a->u, s->matrix);
    return cpt_callbacks_hessian(a->own, &a->rows, &a->form, kind == BOTH ? a->u : NULL, s->matrix);
}

/* Of the matrices that are given whole, one after another. */
static critpt_status find_images(screen *s)
{
    critpt_status status = CRITPT_OK;
    const cpt_audit *a = s->audit;
    size_t P = a->own->model.n_weights;
    for (size_t kind = 0; kind < KINDS; kind++) {
        if (kind == CURVATURE ? !a->own->call.curvature : !a->own->call.hessian)
            continue;
        CPT_TRY(take_matrix(s, kind));
        look_at_symmetry(s);
        for (size_t group = 0; group < GROUPS; group++)
            if (choose_direction(s, group, a->v, s->v))
                cpt_linalg_gemv(CPT_PLAIN, P, P, 1, s->matrix, P, s->v, 0,
                                s->images + (kind * GROUPS + group) * P);
    }
done:
    return status;
}

static critpt_status screen_jacobians(screen *s, size_t group)
{
    critpt_status status;
    double best;
    s->jacobians = true;
    s->line.m = s->audit->m * s->audit->own->model.n_weights;
    CPT_TRY(cpt_differences_first(&s->line, &steps, s->scratch, s->tangent, s->errors, &best));
    look_at_errors(s);
    CPT_TRY(screen_products(s, group));
    CPT_TRY(screen_fields(s));
done:
    return status;
}

/* ---- Both ---- */

static critpt_status screen_create(screen *s, cpt_audit *a, bool second)
{
    critpt_status status;
    size_t P = a->own->model.n_weights, m = second ? a->m * P : a->m;
    size_t wide = cpt_larger(a->m, 2 * P), square = second ? cpt_larger(P * P, 2 * P) : 0;
    *s = (screen){.line = {values_along, m}, .audit = a};
    CPT_TRY(cpt_allocate(&s->groups, P, sizeof *s->groups));
    CPT_TRY(cpt_allocate(&s->lengths, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->weights, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->v, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->z, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->scratch, cpt_differences_scratch_size(m), sizeof(double)));
    CPT_TRY(cpt_allocate(&s->tangent, m, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->errors, m, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->sum, wide, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->off, wide, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->given, wide, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->other, wide, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->matrix, square, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->images, second ? KINDS * GROUPS * P : 0, sizeof(double)));
    find_groups(s);
done:
    return status;
}

static void screen_destroy(screen *s)
{
    cpt_free(s->groups);
    cpt_free(s->lengths);
    cpt_free(s->weights);
    cpt_free(s->v);
    cpt_free(s->z);
    cpt_free(s->scratch);
    cpt_free(s->tangent);
    cpt_free(s->errors);
    cpt_free(s->sum);
    cpt_free(s->off);
    cpt_free(s->given);
    cpt_free(s->other);
    cpt_free(s->matrix);
    cpt_free(s->images);
}

static critpt_status run(cpt_audit *a, bool second, bool *suspicious)
{
    critpt_status status;
    screen s;
    CPT_TRY(screen_create(&s, a, second));
    if (second)
        CPT_TRY(find_images(&s));
    for (size_t group = 0; group < GROUPS; group++) {
        if (!choose_direction(&s, group, a->v, s.v))
            continue;
        CPT_TRY(second ? screen_jacobians(&s, group) : screen_outputs(&s));
    }
    *suspicious = s.suspicious;
done:
    screen_destroy(&s);
    return status;
}

critpt_status cpt_callbacks_screen_first(cpt_audit *a, bool *suspicious)
{
    *suspicious = false;
    if (cpt_callbacks_differs(a->own)) /* they are held against nothing else */
        return CRITPT_OK;
    return run(a, false, suspicious);
}

critpt_status cpt_callbacks_screen_second(cpt_audit *a, bool *suspicious)
{
    *suspicious = true;
    if (cpt_callbacks_differs(a->own)) /* so that second derivatives are differences of outputs */
        return CRITPT_OK;
    return run(a, true, suspicious);
}
