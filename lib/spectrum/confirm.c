/* Confirms that curves of weights are curves of critical points with the same outputs.
 *
 * v'Hv alone bounds |J v| only by the square root of the rounding unit, G v does no better where J
 * is small, and J v = S v = 0 does not exclude descent of third order. So every entry of H t and G
 * t, t the tangent, is held against its own rounding bound, and the curve is followed: at two
 * points at finite distance the outputs must be the same up to rounding, which bounds J t by a few
 * times that, and the gradient must still vanish. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "spectrum/confirm.h"

static critpt_status gradient_norm(cpt_confirmation *c, const double *weights, double *norm,
                                   double *unit)
{
    critpt_status status;
    critpt_workspace *workspace = c->task->workspace;
    const double *targets = workspace->landscape->targets;
    cpt_gradient_scale scale;
    CPT_TRY(cpt_landscape_gradient_pass(workspace, targets, weights, c->product, NULL));
    CPT_TRY(cpt_landscape_gradient_scale(workspace, targets, weights, &scale));
    *norm = cpt_linalg_norm(c->P, c->product);
    *unit = cpt_landscape_rounding_unit(&scale);
done:
    return status;
}

critpt_status cpt_confirmation_create(cpt_confirmation *c, const cpt_spectrum_task *task,
                                      size_t capacity)
{
    critpt_status status;
    size_t entries;
    double unit;
    memset(c, 0, sizeof *c);
    c->task = task;
    c->P = task->workspace->jet.model->n_weights;
    c->capacity = capacity;
    CPT_TRY(cpt_outputs_create(&c->outputs, task->workspace, task->weights));
    CPT_TRY(cpt_multiply(capacity, c->P, "null directions", &entries));
    CPT_TRY(cpt_allocate(&c->basis, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&c->tangent, c->P, sizeof(double)));
    CPT_TRY(cpt_allocate(&c->product, c->P, sizeof(double)));
    CPT_TRY(cpt_allocate(&c->bound, c->P, sizeof(double)));
    CPT_TRY(cpt_allocate(&c->moved, c->P, sizeof(double)));
    CPT_TRY(gradient_norm(c, task->weights, &c->gradient, &unit));
    c->turned = fmin(c->gradient, task->options->accepted_gradient * unit);
done:
    return status;
}

void cpt_confirmation_destroy(cpt_confirmation *c)
{
    cpt_outputs_destroy(&c->outputs);
    cpt_free(c->basis);
    cpt_free(c->tangent);
    cpt_free(c->product);
    cpt_free(c->bound);
    cpt_free(c->moved);
}

/* Whether these terms of the Hessian map the tangent to 0 within the entries' rounding bounds.
 * Where the gradient is not exactly 0, it turns along the curve, which H t then contains. */
static critpt_status vanishes(cpt_confirmation *c, const cpt_curve *curve, cpt_terms terms,
                              bool *yes)
{
    critpt_status status;
    double turned = curve->straight ? c->turned : 4 * c->turned;
    CPT_TRY(cpt_landscape_curvature_vectors(c->task->workspace, c->task->weights, terms, NULL, 1,
                                            c->tangent, c->P, c->product, c->P));
    for (size_t j = 0; j < c->P; j++)
        *yes = *yes && fabs(c->product[j]) <= 2 * c->bound[j] + turned;
done:
    return status;
}

static critpt_status stays(cpt_confirmation *c, const cpt_curve *curve, double size, bool *yes)
{
    critpt_status status;
    double norm, unit;
    curve->move(curve, c->task->weights, size, c->moved);
    CPT_TRY(cpt_outputs_compare(&c->outputs, c->task->workspace, c->moved, yes));
    if (*yes) {
        CPT_TRY(gradient_norm(c, c->moved, &norm, &unit));
        *yes = norm <= 2 * c->gradient + 4 * unit + size * cpt_linalg_norm(c->P, c->bound);
    }
done:
    return status;
}

critpt_status cpt_confirmation_test(cpt_confirmation *c, const cpt_curve *curve, bool *confirmed)
{
    critpt_status status = CRITPT_OK;
    static const double sizes[] = {0x1p-8, 0x1p-5};
    curve->tangent(curve, c->task->weights, c->tangent);
    *confirmed = cpt_linalg_norm(c->P, c->tangent) > 0;
    if (*confirmed) {
        CPT_TRY(cpt_landscape_product_bound(c->task->workspace, c->task->weights, c->tangent,
                                            c->bound));
        CPT_TRY(vanishes(c, curve, CPT_GAUSS_NEWTON, confirmed));
    }
    if (*confirmed)
        CPT_TRY(vanishes(c, curve, CPT_HESSIAN, confirmed));
    for (size_t i = 0; i < 2 && *confirmed; i++)
        CPT_TRY(stays(c, curve, sizes[i], confirmed));
done:
    return status;
}

void cpt_confirmation_take(cpt_confirmation *c, const double *tangent, size_t *taken)
{
    double norm = cpt_linalg_norm(c->P, tangent);
    if (c->n == c->capacity || !(norm > 0))
        return;
    double *x = c->basis + c->n * c->P;
    for (size_t j = 0; j < c->P; j++)
        x[j] = tangent[j] / norm;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < c->n; i++)
            cpt_linalg_axpy(c->P, -cpt_linalg_dot(c->P, c->basis + i * c->P, x),
                            c->basis + i * c->P, x);
        norm = cpt_linalg_norm(c->P, x);
        if (norm < 1e-8)
            return;
        for (size_t j = 0; j < c->P; j++)
            x[j] /= norm;
    }
    c->n++;
    ++*taken;
}
