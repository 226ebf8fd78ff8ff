/* Where S(u) is zero whatever u is: the weights fall into parts between which it has no entries.
 *
 * A network with a single hidden layer and linear outputs has a part for each hidden unit, so that
 * S(u) is block diagonal, but for the order of the weights. Others are one part. */
#include "nature/parts.h"

/* The representative of w's part, by the parents that lead there. */
static size_t find(size_t *parent, size_t w)
{
    while (parent[w] != w)
        w = parent[w] = parent[parent[w]];
    return w;
}

/* Joins the weights between which S(u) of a point has entries; `touched` are those that have any.
 * An entry that some u makes other than zero is zero at a random u with probability zero. */
static critpt_status join(critpt_workspace *workspace, const double *weights, const double *u,
                          double *s, size_t *parent, bool *touched)
{
    critpt_status status;
    size_t P = workspace->landscape->model->n_weights;
    CPT_TRY(cpt_landscape_curvature_matrix(workspace, weights, CPT_RESIDUAL_CURVATURE, u, s, P));
    for (size_t i = 0; i < P; i++)
        for (size_t j = 0; j <= i; j++)
            if (s[i * P + j] != 0) {
                touched[i] = touched[j] = true;
                parent[find(parent, i)] = find(parent, j);
            }
done:
    return status;
}

/* members and first from the finished forest: one part after another, ascending within. */
static void list(cpt_nature_parts *parts, size_t P, size_t *parent, const bool *touched)
{
    size_t n = 0;
    for (size_t root = 0; root < P; root++) {
        if (!touched[root] || find(parent, root) != root)
            continue;
        for (size_t w = 0; w < P; w++)
            if (touched[w] && find(parent, w) == root)
                parts->members[n++] = w;
        parts->first[++parts->n] = n;
    }
}

critpt_status cpt_nature_parts_create(cpt_nature_parts *parts, const cpt_nature_problem *problem,
                                      double *u, double *s)
{
    critpt_status status;
    critpt_workspace *workspace = problem->workspace;
    const critpt_model *model = workspace->landscape->model;
    size_t P = model->n_weights, *parent = NULL;
    bool *touched = NULL;
    *parts = (cpt_nature_parts){0};
    CPT_TRY(cpt_allocate(&parent, P, sizeof *parent));
    CPT_TRY(cpt_allocate(&touched, P, sizeof *touched));
    CPT_TRY(cpt_allocate(&parts->first, P + 1, sizeof *parts->first));
    CPT_TRY(cpt_allocate(&parts->members, P, sizeof *parts->members));
    CPT_TRY(critpt_random_normal(0, 0, 0, u, workspace->samples.n * model->n_outputs));
    for (size_t w = 0; w < P; w++)
        parent[w] = w;
    for (size_t k = 0; k < problem->n_points; k++)
        if (problem->points[k].index != CPT_NATURE_FREE)
            CPT_TRY(join(workspace, problem->points[k].weights, u, s, parent, touched));
    list(parts, P, parent, touched);
done:
    cpt_free(parent);
    cpt_free(touched);
    return status;
}

void cpt_nature_parts_destroy(cpt_nature_parts *parts)
{
    cpt_free(parts->first);
    cpt_free(parts->members);
    *parts = (cpt_nature_parts){0};
}
