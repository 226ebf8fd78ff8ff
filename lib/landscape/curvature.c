/* Passes to second order over the selected samples: whole matrices, products with vectors, S*(Q)
 * and D2f[v, u]. The factor 1/N is multiplied in once, at the end. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "landscape/landscape.h"
#include "linalg/linalg.h"

/* Bytes of scratch that a whole matrix may take, and how much of it a workspace keeps for the next
 * one. */
enum { MEMORY = 192 << 20, KEPT = 32 << 20 };

const cpt_rounding cpt_landscape_unit_rounding = {DBL_EPSILON, DBL_EPSILON, 0x1p-26, false};

/* Evaluates the batch; an error where a pre-activation is on a kink. */
static critpt_status evaluate(critpt_workspace *workspace, const double *weights, cpt_terms terms,
                              size_t first)
{
    critpt_status status;
    cpt_jet *jet = &workspace->jet;
    cpt_kink kink = {INFINITY, 0, 0, 0};
    CPT_TRY(
        cpt_jet_evaluate(jet, &workspace->samples, weights, first,
                         terms & CPT_ABSOLUTE ? CPT_THIRD_DERIVATIVES : CPT_SECOND_DERIVATIVES));
    CPT_TRY(cpt_jet_find_kink(jet, &workspace->samples, &kink));
    if (kink.margin == 0) {
        char where[96];
        cpt_structure_describe_kink(jet->model, &kink, where, sizeof where);
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "sample %zu stands on a kink of %s: there is no second derivative; move "
                         "the weights or leave the sample out",
                         kink.sample, where);
    }
done:
    return status;
}

/* Errors are those of a bound, share F(|x| + errors / share), rounding included, the share being a
 * rounding factor or more; or else share (F(|x| + errors / share) - F(|x|)), in two parts. */
static size_t n_parts(const critpt_workspace *workspace, cpt_terms terms)
{
    return terms & CPT_ERRORS && !workspace->rounding.certain ? 2 : 1;
}

static bool is_plain(const critpt_workspace *workspace, cpt_terms terms, size_t part)
{
    return !(terms & CPT_ERRORS) || part + 1 < n_parts(workspace, terms);
}

/* What a sample's F counts in a part, in units of the factor. A difference is charged with its own
 * rounding. */
static double part_weight(const critpt_workspace *workspace, cpt_terms terms, size_t part,
                          double share)
{
    enum { ROUNDINGS = 64 };
    double steps = share / workspace->rounding.factor;
    if (!(terms & CPT_ERRORS))
        return 1;
    return is_plain(workspace, terms, part) ? (ROUNDINGS * DBL_EPSILON - 1) * steps : steps;
}

/* Absolute values of all that the evaluated batch's curvature consists of: the residual in the
 * workspace and what the jet holds; then, in the last part, enlarged by errors. */
static critpt_status make_absolute(critpt_workspace *workspace, cpt_terms terms, size_t part,
                                   cpt_curvature *curvature)
{
    critpt_status status = CRITPT_OK;
    const cpt_metric_batch at = cpt_landscape_metric(workspace);
    size_t n = workspace->jet.batch.n, D = workspace->jet.model->n_outputs;
    double *r = workspace->residual, *factors = workspace->part_weights;
    if (part == 0) {
        CPT_TRY(cpt_jet_make_absolute(&workspace->jet, &workspace->rounding,
                                      workspace->changed_weights, workspace->shares));
        for (size_t i = 0; i < D * n; i++)
            r[i] = fabs(r[i]);
    }
    if (!is_plain(workspace, terms, part))
        CPT_TRY(cpt_jet_enlarge(&workspace->jet, workspace->shares, r));
    for (size_t i = 0; i < n; i++)
        factors[i] = part_weight(workspace, terms, part, workspace->shares[i]);
    cpt_metric_batch_weigh(at, factors, curvature);
    cpt_metric_batch_cotangent(at, curvature, r, workspace->cotangent);
done:
    return status;
}

/* A part of the curvature of the evaluated batch; they are made in their order. */
static critpt_status batch_curvature(critpt_workspace *workspace, cpt_terms terms, size_t part,
                                     const double *cotangent, cpt_curvature *curvature)
{
    const critpt_landscape *landscape = workspace->landscape;
    const cpt_metric_batch at = cpt_landscape_metric(workspace);
    size_t n = workspace->jet.batch.n, D = landscape->model->n_outputs;
    bool absolute = terms & CPT_ABSOLUTE;
    *curvature = cpt_metric_batch_curvature(at, absolute);
    curvature->gauss_newton = terms & CPT_JACOBIAN_PRODUCT;
    if (terms & CPT_RESIDUAL_CURVATURE)
        curvature->cotangent = workspace->cotangent;
    if (curvature->cotangent && cotangent)
        cpt_linalg_transpose(n, D, cotangent + workspace->jet.first * D, D, workspace->cotangent,
                             n);
    else if (curvature->cotangent && part == 0) {
        cpt_landscape_gather_residual(workspace,
                                      workspace->targets ? workspace->targets : landscape->targets);
        cpt_metric_batch_cotangent(at, curvature, workspace->residual, workspace->cotangent);
    }
    return absolute ? make_absolute(workspace, terms, part, curvature) : CRITPT_OK;
}

/* What the sums over the samples are multiplied with at the end. */
static double final_scale(const critpt_workspace *workspace, const double *cotangent)
{
    const cpt_metric *metric = &workspace->landscape->metric;
    return cotangent ? 1 : 1 / (double)cpt_metric_count(metric, &workspace->samples);
}

/* What a matrix of these terms is assembled from; only what there is counts of the cotangent. */
static cpt_curvature form_of(const critpt_landscape *landscape, cpt_terms terms)
{
    static const double some = 0;
    cpt_curvature form = cpt_metric_curvature(&landscape->metric, false);
    form.cotangent = terms & CPT_RESIDUAL_CURVATURE ? &some : NULL;
    form.gauss_newton = terms & CPT_JACOBIAN_PRODUCT;
    return form;
}

critpt_status cpt_landscape_curvature_size(const critpt_landscape *landscape, size_t batch,
                                           cpt_terms terms, size_t *size)
{
    const cpt_curvature form = form_of(landscape, terms);
    batch = cpt_larger(cpt_smaller(batch, landscape->n_samples), 1);
    return cpt_jet_assembly_size(landscape->model, &form, batch, MEMORY, size);
}

/* The workspace's assembly for these terms, made if it has another one or none. Its batches are the
 * workspace's, shortened if need be until release_assembly. */
static critpt_status acquire_assembly(critpt_workspace *workspace, cpt_terms terms,
                                      cpt_assembly **assembly)
{
    critpt_status status = CRITPT_OK;
    const cpt_curvature form = form_of(workspace->landscape, terms);
    bool with_metric = form.metric != NULL, by_sample = form.metric_stride > 0;
    if (!workspace->assembly || workspace->assembly_terms != terms ||
        workspace->assembly_with_metric != with_metric ||
        workspace->assembly_by_sample != by_sample) {
        cpt_jet_assembly_destroy(workspace->assembly);
        CPT_TRY(cpt_jet_assembly_create(&workspace->assembly, workspace->jet.model, &form,
                                        workspace->jet.capacity, MEMORY));
        workspace->assembly_terms = terms;
        workspace->assembly_with_metric = with_metric;
        workspace->assembly_by_sample = by_sample;
    }
    workspace->jet_capacity = workspace->jet.capacity;
    workspace->jet.capacity = workspace->assembly->batch;
    *assembly = workspace->assembly;
done:
    return status;
}

static void release_assembly(critpt_workspace *workspace)
{
    if (!workspace->assembly)
        return;
    workspace->jet.capacity = workspace->jet_capacity;
    if (workspace->assembly->bytes > KEPT) {
        cpt_jet_assembly_destroy(workspace->assembly);
        workspace->assembly = NULL;
    }
}

critpt_status cpt_landscape_curvature_matrix(critpt_workspace *workspace, const double *weights,
                                             cpt_terms terms, const double *cotangent,
                                             double *matrix, size_t leading)
{
    critpt_status status;
    cpt_assembly *assembly;
    cpt_jet *jet = &workspace->jet;
    size_t P = jet->model->n_weights;
    CPT_TRY(acquire_assembly(workspace, terms, &assembly));
    /* the first batch of a pass clears the sums */
    for (size_t a = 0; workspace->samples.n == 0 && a < P; a++)
        memset(matrix + a * leading, 0, P * sizeof *matrix);
    for (size_t pass = 0; workspace->samples.n > 0 && pass < assembly->n_passes; pass++) {
        CPT_TRY(cpt_jet_assembly_start(assembly, pass));
        for (size_t first = 0; first < workspace->samples.n; first += jet->batch.n) {
            CPT_TRY(evaluate(workspace, weights, terms, first));
            for (size_t part = 0; part < n_parts(workspace, terms); part++) {
                cpt_curvature curvature;
                CPT_TRY(batch_curvature(workspace, terms, part, cotangent, &curvature));
                CPT_TRY(cpt_jet_assembly_add(assembly, jet, &curvature));
            }
        }
        CPT_TRY(
            cpt_jet_assembly_store(assembly, final_scale(workspace, cotangent), matrix, leading));
    }
    if (!cotangent)
        CPT_TRY(cpt_reduction_sum_rows(cpt_workspace_reduction(workspace), P, P, matrix, leading));
    if (terms & CPT_PENALTY)
        cpt_penalty_add_curvature(&workspace->landscape->penalty, matrix, leading);
done:
    release_assembly(workspace);
    return status;
}

/* gamma_m, for m roundings in every entry of the Hessian: samples of a batch, batches, processes,
 * the sums over a layer's inputs and units forwards, backwards and in tangents, ten more for a
 * layer, those of an activation (MATH 9). */
static critpt_status find_rounding_factor(const critpt_workspace *workspace, size_t batch,
                                          double *factor)
{
    critpt_status status;
    cpt_reduction *reduction = cpt_workspace_reduction(workspace);
    double own = (double)batch + ceil((double)workspace->samples.n / (double)batch);
    CPT_TRY(cpt_reduction_max(reduction, 1, &own)); /* batches may differ */
    double m = own + (reduction ? (double)reduction->n_processes : 0) + 16 +
               cpt_structure_sum_lengths(workspace->jet.model).roundings;
    double unit = m * DBL_EPSILON / 2;
    *factor = unit / (1 - unit);
done:
    return status;
}

/* Charges absolute terms with all that rounding of this epsilon may do; end_bound ends it. */
static critpt_status begin_bound(critpt_workspace *workspace, double epsilon, size_t batch)
{
    critpt_status status;
    double factor = 0;
    CPT_TRY(find_rounding_factor(workspace, batch, &factor));
    factor *= epsilon / DBL_EPSILON;
    workspace->rounding = (cpt_rounding){epsilon, factor, factor, true};
done:
    return status;
}

static void end_bound(critpt_workspace *workspace)
{
    workspace->rounding = cpt_landscape_unit_rounding;
}

critpt_status cpt_landscape_hessian_bound(critpt_workspace *workspace, const double *weights,
                                          double epsilon, size_t batch, double *bound,
                                          size_t leading)
{
    critpt_status status;
    size_t P = workspace->jet.model->n_weights;
    cpt_assembly *assembly;
    if (batch == 0) {
        CPT_TRY(acquire_assembly(workspace, CPT_HESSIAN_ERRORS, &assembly));
        batch = assembly->batch;
        release_assembly(workspace);
    }
    CPT_TRY(begin_bound(workspace, epsilon, batch));
    CPT_TRY(cpt_landscape_curvature_matrix(workspace, weights, CPT_HESSIAN_ERRORS, NULL, bound,
                                           leading));
    for (size_t i = 0; i < P; i++)
        for (size_t j = 0; j < P; j++) {
            double *entry = &bound[i * leading + j];
            *entry = *entry * workspace->rounding.factor + CPT_UNDERFLOW;
        }
done:
    end_bound(workspace);
    return status;
}

critpt_status cpt_landscape_curvature_vectors(critpt_workspace *workspace, const double *weights,
                                              cpt_terms terms, const double *cotangent,
                                              size_t n_vectors, const double *directions,
                                              size_t directions_leading, double *results,
                                              size_t results_leading)
{
    critpt_status status;
    cpt_jet *jet = &workspace->jet;
    size_t P = jet->model->n_weights;
    double scale = final_scale(workspace, cotangent);
    CPT_TRY(cpt_jet_require_second_order(jet->model));
    for (size_t j = 0; j < n_vectors; j++)
        memset(results + j * results_leading, 0, P * sizeof *results);
    for (size_t first = 0; first < workspace->samples.n; first += jet->batch.n) {
        CPT_TRY(evaluate(workspace, weights, terms, first));
        for (size_t part = 0; part < n_parts(workspace, terms); part++) {
            cpt_curvature curvature;
            CPT_TRY(batch_curvature(workspace, terms, part, cotangent, &curvature));
            CPT_TRY(cpt_jet_curvature_vectors(jet, &curvature, n_vectors, directions,
                                              directions_leading, workspace->scratch, results,
                                              results_leading));
        }
    }
    for (size_t j = 0; j < n_vectors; j++)
        for (size_t i = 0; i < P; i++)
            results[j * results_leading + i] *= scale;
    if (!cotangent)
        CPT_TRY(cpt_reduction_sum_rows(cpt_workspace_reduction(workspace), n_vectors, P, results,
                                       results_leading));
    if (terms & CPT_PENALTY)
        cpt_penalty_add_products(&workspace->landscape->penalty, n_vectors, directions,
                                 directions_leading, results, results_leading);
done:
    return status;
}

critpt_status cpt_landscape_product_bound(critpt_workspace *workspace, const double *weights,
                                          const double *direction, double *result)
{
    critpt_status status;
    size_t P = workspace->jet.model->n_weights;
    double *absolute = NULL;
    CPT_TRY(cpt_allocate(&absolute, P, sizeof *absolute));
    for (size_t j = 0; j < P; j++)
        absolute[j] = fabs(direction[j]);
    CPT_TRY(begin_bound(workspace, DBL_EPSILON, workspace->jet.capacity));
    CPT_TRY(cpt_landscape_curvature_vectors(workspace, weights, CPT_HESSIAN_ERRORS, NULL, 1,
                                            absolute, P, result, P));
    for (size_t j = 0; j < P; j++)
        result[j] *= workspace->rounding.factor;
done:
    end_bound(workspace);
    cpt_free(absolute);
    return status;
}

/* units = F, and what errors make of it beyond what accepted numbers of units cover anyway: errors
 * of activations are independent and come out at a tenth of their bound and less, so that 20 units
 * hold them. Only where arguments are large are errors what counts. */
static void add_errors(double *units, const double *errors, size_t n)
{
    static const double covered = 32;
    for (size_t i = 0; i < n; i++)
        units[i] += fmax(0, errors[i] - covered * units[i]) + CPT_UNDERFLOW;
}

critpt_status cpt_landscape_product_unit(critpt_workspace *workspace, const double *weights,
                                         const double *direction, double *units)
{
    critpt_status status;
    size_t P = workspace->jet.model->n_weights;
    double *errors = NULL;
    CPT_TRY(cpt_allocate(&errors, P, sizeof *errors));
    CPT_TRY(cpt_landscape_curvature_vectors(workspace, weights, CPT_ABSOLUTE_HESSIAN, NULL, 1,
                                            direction, P, units, P));
    CPT_TRY(cpt_landscape_curvature_vectors(workspace, weights, CPT_HESSIAN_ERRORS, NULL, 1,
                                            direction, P, errors, P));
    add_errors(units, errors, P);
done:
    cpt_free(errors);
    return status;
}

critpt_status cpt_landscape_residual_curvature_unit(critpt_workspace *workspace,
                                                    const double *weights, double *units)
{
    critpt_status status;
    size_t P = workspace->jet.model->n_weights;
    double *errors = NULL;
    CPT_TRY(cpt_allocate(&errors, P * P, sizeof *errors));
    CPT_TRY(cpt_landscape_curvature_matrix(workspace, weights, CPT_ABSOLUTE_RESIDUAL_CURVATURE,
                                           NULL, units, P));
    CPT_TRY(cpt_landscape_curvature_matrix(workspace, weights, CPT_RESIDUAL_CURVATURE_ERRORS, NULL,
                                           errors, P));
    add_errors(units, errors, P * P);
done:
    cpt_free(errors);
    return status;
}

critpt_status cpt_landscape_curvature_adjoint(critpt_workspace *workspace, const double *weights,
                                              const double *q, size_t q_leading, double *result,
                                              size_t leading)
{
    critpt_status status;
    cpt_assembly *assembly;
    cpt_jet *jet = &workspace->jet;
    size_t D = jet->model->n_outputs;
    CPT_TRY(acquire_assembly(workspace, CPT_RESIDUAL_CURVATURE, &assembly));
    for (size_t pass = 0; pass < assembly->n_passes; pass++) {
        CPT_TRY(cpt_jet_adjoint_start(assembly, pass, q, q_leading));
        for (size_t first = 0; first < workspace->samples.n; first += jet->batch.n) {
            CPT_TRY(evaluate(workspace, weights, CPT_RESIDUAL_CURVATURE, first));
            double *part = result + first * leading, *u = workspace->cotangent;
            if (pass == 0)
                memset(u, 0, jet->batch.n * D * sizeof *u);
            else
                cpt_linalg_transpose(jet->batch.n, D, part, leading, u, jet->batch.n);
            CPT_TRY(cpt_jet_adjoint_add(assembly, jet, u));
            cpt_linalg_transpose(D, jet->batch.n, u, jet->batch.n, part, leading);
        }
    }
done:
    release_assembly(workspace);
    return status;
}

/* The pairs of the evaluated batch, their directions' tangents being known. */
static critpt_status store_pairs(critpt_workspace *workspace, const double *directions,
                                 const double *tangents, size_t tangents_size, size_t n_pairs,
                                 const cpt_pair *pairs, double *results)
{
    critpt_status status = CRITPT_OK;
    cpt_jet *jet = &workspace->jet;
    size_t P = jet->model->n_weights, D = jet->model->n_outputs, n = jet->batch.n;
    for (size_t i = 0; i < n_pairs; i++) {
        size_t a = pairs[i].a, b = pairs[i].b;
        const cpt_direction v = {directions + a * P, tangents + a * tangents_size};
        const cpt_direction u = {directions + b * P, tangents + b * tangents_size};
        CPT_TRY(cpt_jet_second_directional(jet, &v, &u, workspace->scratch, workspace->residual));
        cpt_linalg_transpose(D, n, workspace->residual, n,
                             results + (i * workspace->samples.n + jet->first) * D, D);
    }
done:
    return status;
}

critpt_status cpt_landscape_second_directionals(critpt_workspace *workspace, const double *weights,
                                                size_t n_directions, const double *directions,
                                                size_t n_pairs, const cpt_pair *pairs,
                                                double *results)
{
    critpt_status status;
    cpt_jet *jet = &workspace->jet;
    size_t P = jet->model->n_weights, size, entries;
    double *tangents = NULL;
    CPT_TRY(cpt_jet_require_second_order(jet->model));
    CPT_TRY(cpt_jet_tangents_size(jet->model, jet->capacity, &size));
    CPT_TRY(cpt_multiply(size, n_directions, "tangents of directions", &entries));
    CPT_TRY(cpt_allocate(&tangents, entries, sizeof *tangents));
    for (size_t first = 0; first < workspace->samples.n; first += jet->batch.n) {
        CPT_TRY(evaluate(workspace, weights, CPT_RESIDUAL_CURVATURE, first));
        for (size_t j = 0; j < n_directions; j++)
            CPT_TRY(cpt_jet_push_tangents(jet, directions + j * P, tangents + j * size));
        CPT_TRY(store_pairs(workspace, directions, tangents, size, n_pairs, pairs, results));
    }
done:
    cpt_free(tangents);
    return status;
}
