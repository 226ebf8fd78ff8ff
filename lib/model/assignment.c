/* The assignment problem by shortest augmenting paths (the Hungarian method), O(n^3).
 *
 * Rows enter one by one; the potentials keep every reduced cost cost_ij - u_i - v_j >= 0, with
 * equality on the matched pairs. Column n stands for "no column yet". */
#include <math.h>

#include "model/assignment.h"

typedef struct state {
    size_t n;
    const double *cost;
    double *u, *v;
    size_t *row_of, *previous;
    double *least;
    bool *done;
} state;

/* The column outside the path's tree that is nearest to it, after lengths through `from` are taken
 * into account; potentials move by the distance. */
static size_t extend(state *s, size_t from)
{
    size_t row = s->row_of[from], nearest = s->n;
    double distance = INFINITY;
    s->done[from] = true;
    for (size_t j = 0; j < s->n; j++) {
        if (s->done[j])
            continue;
        double length = s->cost[row * s->n + j] - s->u[row] - s->v[j];
        if (length < s->least[j]) {
            s->least[j] = length;
            s->previous[j] = from;
        }
        if (s->least[j] < distance) {
            distance = s->least[j];
            nearest = j;
        }
    }
    for (size_t j = 0; j <= s->n; j++) {
        if (s->done[j]) {
            s->u[s->row_of[j]] += distance;
            s->v[j] -= distance;
        } else {
            s->least[j] -= distance;
        }
    }
    return nearest;
}

static void insert_row(state *s, size_t row)
{
    size_t column = s->n;
    s->row_of[s->n] = row;
    for (size_t j = 0; j <= s->n; j++) {
        s->least[j] = INFINITY;
        s->done[j] = false;
    }
    do
        column = extend(s, column);
    while (s->row_of[column] != s->n);
    while (column != s->n) { /* shift the matches along the path */
        size_t before = s->previous[column];
        s->row_of[column] = s->row_of[before];
        column = before;
    }
}

critpt_status cpt_model_assignment_create(cpt_assignment *scratch, size_t n)
{
    critpt_status status;
    CPT_TRY(cpt_allocate(&scratch->u, n, sizeof(double)));
    CPT_TRY(cpt_allocate(&scratch->v, n + 1, sizeof(double)));
    CPT_TRY(cpt_allocate(&scratch->row_of, n + 1, sizeof(size_t)));
    CPT_TRY(cpt_allocate(&scratch->previous, n + 1, sizeof(size_t)));
    CPT_TRY(cpt_allocate(&scratch->least, n + 1, sizeof(double)));
    CPT_TRY(cpt_allocate(&scratch->done, n + 1, sizeof(bool)));
done:
    return status;
}

void cpt_model_assignment_destroy(cpt_assignment *scratch)
{
    cpt_free(scratch->u);
    cpt_free(scratch->v);
    cpt_free(scratch->row_of);
    cpt_free(scratch->previous);
    cpt_free(scratch->least);
    cpt_free(scratch->done);
    *scratch = (cpt_assignment){0};
}

void cpt_model_assign(const cpt_assignment *scratch, size_t n, const double *cost, size_t *match)
{
    state s = {n,
               cost,
               scratch->u,
               scratch->v,
               scratch->row_of,
               scratch->previous,
               scratch->least,
               scratch->done};
    for (size_t j = 0; j <= n; j++) {
        s.row_of[j] = n;
        s.v[j] = 0;
    }
    for (size_t i = 0; i < n; i++) {
        s.u[i] = 0;
        insert_row(&s, i);
    }
    for (size_t j = 0; j < n; j++)
        match[s.row_of[j]] = j;
}
