/* The preconditioners of the nature solver, by parts, columns and entries, against the inverse. */
#include "nature_system_support.h"

#include "linalg/linalg.h"
#include "nature/square.h"

/* One hidden layer: a part for each unit, of its inputs' weights, bias and outputs' weights; the
 * output biases are in none. Two: all weights but the output biases in one. */
static void assert_parts(const net *of, size_t n, size_t size, size_t members)
{
    const wish wanted = {
        .shape = *of, .N = 60, .K = 2, .index = {0, 0}, .margin = 1e-4, .scale = 1, .seed = 5};
    stage *made = stage_create(&wanted);
    cpt_nature_maps maps;
    ASSERT_OK(cpt_nature_maps_create(&maps, &made->problem));
    ck_assert_uint_eq(maps.parts.n, n);
    for (size_t p = 0; p < n; p++)
        ck_assert_uint_eq(maps.parts.first[p + 1] - maps.parts.first[p], size);
    ck_assert_uint_eq(maps.parts.first[n], members);
    cpt_nature_maps_destroy(&maps);
    stage_destroy(made);
}

START_TEST(hidden_units_are_parts)
{
    const net deep = {.n_inputs = 4,
                      .n_layers = 3,
                      .widths = {3, 3, 2},
                      .activations = {CRITPT_TANH, CRITPT_TANH, CRITPT_IDENTITY},
                      .bias = {1, 1, 1}};
    assert_parts(&shape, 3, 7, 21);
    assert_parts(&deep, 1, 33, 33);
}
END_TEST

/* q = projection of (I + B* B) e */
static void apply_operator(cpt_nature_maps *maps, cpt_nature_cone *cone, const double *e, double *q)
{
    ASSERT_OK(cpt_nature_multiply(maps, cone, e, q));
    cpt_linalg_axpy(maps->n, 1, e, q);
    ASSERT_OK(cpt_nature_project(maps, q));
}

/* A preconditioner that knows all images is the inverse on the free changes. */
static void assert_inverse(system_stage *s, bool in_basis)
{
    cpt_nature_preconditioner pre = {0};
    size_t n = s->maps.n;
    double *e = normal(n, 1), *q = NEW(double, n), *h = NEW(double, n);
    ASSERT_OK(cpt_nature_project(&s->maps, e));
    apply_operator(&s->maps, &s->cone, e, q);
    ck_assert_double_ge(distance(n, e, q), 0.1 * cpt_linalg_norm(n, e));
    ASSERT_OK(cpt_nature_preconditioner_begin(&pre, &s->maps, &s->cone));
    ck_assert(pre.whole && in_basis == (pre.columns != NULL));
    ASSERT_OK(cpt_nature_preconditioner_update(&pre, &s->maps, &s->cone, 0, 0));
    ASSERT_OK(cpt_nature_precondition(&pre, &s->maps, q, h));
    ck_assert_double_le(distance(n, e, h), 1e-8 * cpt_linalg_norm(n, e));
    cpt_nature_preconditioner_destroy(&pre);
    free(e), free(q), free(h);
}

START_TEST(whole_preconditioners_are_inverses)
{
    system_stage s;
    open_system(&s, 3);
    assert_inverse(&s, false);
    cpt_nature_block first = s.cone.blocks[0]; /* fewer pairs than targets: the few rows alone */
    s.cone.blocks[0] = s.cone.blocks[1];
    s.cone.n_blocks = 1;
    assert_inverse(&s, true);
    s.cone.blocks[1] = first;
    s.cone.n_blocks = 2;
    close_system(&s);
}
END_TEST

/* With columns for the heaviest pairs it stays symmetric and positive, and does more than nothing.
 */
static void assert_nearer(double size, bool orthonormal)
{
    system_stage s;
    open_system(&s, size);
    cpt_nature_preconditioner pre = of_pairs(&s);
    size_t n = s.maps.n;
    double *a = normal(n, 1), *b = normal(n, 2), *q = NEW(double, n);
    double *ha = NEW(double, n), *hb = NEW(double, n);
    ASSERT_OK(cpt_nature_project(&s.maps, a));
    ASSERT_OK(cpt_nature_project(&s.maps, b));
    ASSERT_OK(cpt_nature_preconditioner_update(&pre, &s.maps, &s.cone, 40, 0));
    ck_assert_uint_gt(pre.n_columns, 0);
    ck_assert(pre.orthonormal == orthonormal);
    ASSERT_OK(cpt_nature_precondition(&pre, &s.maps, a, ha));
    ASSERT_OK(cpt_nature_precondition(&pre, &s.maps, b, hb));
    double left = cpt_linalg_dot(n, b, ha), right = cpt_linalg_dot(n, a, hb);
    ck_assert_double_le(fabs(left - right), 1e-11 * cpt_linalg_norm(n, a) * cpt_linalg_norm(n, b));
    ck_assert_double_gt(cpt_linalg_dot(n, a, ha), 0);
    apply_operator(&s.maps, &s.cone, a, q);
    ASSERT_OK(cpt_nature_precondition(&pre, &s.maps, q, ha));
    ck_assert_double_le(distance(n, a, ha), 0.5 * distance(n, a, q));
    cpt_nature_preconditioner_destroy(&pre);
    free(a), free(b), free(q), free(ha), free(hb);
    close_system(&s);
}

START_TEST(columns_bring_the_inverse_nearer)
{
    assert_nearer(3, false);
    assert_nearer(3e4, true); /* eigenvalues that a Gram matrix does not resolve */
}
END_TEST

/* Columns for all pairs of a small block make it the inverse. */
START_TEST(columns_of_all_pairs_make_the_inverse)
{
    system_stage s;
    open_system(&s, 10);
    cpt_nature_preconditioner pre = of_pairs(&s);
    cpt_nature_block first = s.cone.blocks[0];
    size_t n = s.maps.n;
    double *e = normal(n, 1), *q = NEW(double, n), *h = NEW(double, n);
    s.cone.blocks[0] = s.cone.blocks[1];
    s.cone.n_blocks = 1;
    ASSERT_OK(cpt_nature_project(&s.maps, e));
    apply_operator(&s.maps, &s.cone, e, q);
    ck_assert_double_ge(distance(n, e, q), 10 * cpt_linalg_norm(n, e));
    ASSERT_OK(cpt_nature_preconditioner_update(&pre, &s.maps, &s.cone, 40, 0));
    ck_assert(pre.n_columns == 6 && !pre.orthonormal);
    ASSERT_OK(cpt_nature_precondition(&pre, &s.maps, q, h));
    ck_assert_double_le(distance(n, e, h), 1e-9 * cpt_linalg_norm(n, e));
    cpt_nature_preconditioner_destroy(&pre);
    s.cone.blocks[1] = first;
    s.cone.n_blocks = 2;
    free(e), free(q), free(h);
    close_system(&s);
}
END_TEST

/* The first and the last row of the entries' images give entries of S. */
static void assert_rows(system_stage *s, const cpt_nature_entries *entries, const double *e)
{
    for (size_t k = 0; k < 2; k++) {
        size_t P = s->maps.P, row = k == 0 ? 0 : entries->order - 1;
        cpt_pair pair = entries->pairs[row];
        double found = cpt_linalg_dot(s->maps.n, entries->rows + row * s->maps.n, e);
        cpt_metric_root_transposed(s->maps.metric, e, s->maps.field);
        ASSERT_OK(cpt_landscape_curvature_matrix(
            s->maps.workspace, s->made->problem.points[k].weights, CPT_RESIDUAL_CURVATURE,
            s->maps.field, s->maps.matrix, P));
        double entry = s->maps.matrix[pair.a * P + pair.b];
        ck_assert_double_gt(fabs(entry), 0);
        ck_assert_double_le(fabs(fabs(entry) - fabs(found)), 1e-9 * fabs(entry));
    }
}

/* It is symmetric and positive, and brings e, of which the operator makes q, nearer. */
static void assert_useful(system_stage *s, const cpt_nature_preconditioner *pre, const double *e,
                          const double *q)
{
    size_t n = s->maps.n;
    double *other = normal(n, 2), *he = NEW(double, n), *hother = NEW(double, n);
    ASSERT_OK(cpt_nature_project(&s->maps, other));
    ASSERT_OK(cpt_nature_precondition(pre, &s->maps, e, he));
    ASSERT_OK(cpt_nature_precondition(pre, &s->maps, other, hother));
    ck_assert_double_le(fabs(cpt_linalg_dot(n, other, he) - cpt_linalg_dot(n, e, hother)),
                        1e-11 * cpt_linalg_norm(n, e) * cpt_linalg_norm(n, other));
    ck_assert_double_gt(cpt_linalg_dot(n, e, he), 0);
    ASSERT_OK(cpt_nature_precondition(pre, &s->maps, q, he));
    ck_assert_double_le(distance(n, e, he), 0.5 * distance(n, e, q));
    free(other), free(he), free(hother);
}

enum { EVEN_STEPS = 10 }; /* after which neither more columns of entries are wanted nor fewer */

/* Entries that count do more than nothing, and all of them make the inverse, whether they are fewer
 * than the targets or more; then the whole operator is factored. */
static void assert_entries(size_t n_samples, bool many)
{
    system_stage s;
    open_system_of(&s, n_samples, 3);
    cpt_nature_preconditioner pre = {.n = s.maps.n, .n_pairs = s.maps.P * s.maps.P};
    size_t n = s.maps.n, some;
    double *e = normal(n, 1), *q = NEW(double, n), *h = NEW(double, n);
    ASSERT_OK(cpt_nature_project(&s.maps, e));
    apply_operator(&s.maps, &s.cone, e, q);
    ASSERT_OK(cpt_nature_entries_create(&pre.entries, &s.maps, 1e9));
    ck_assert(pre.entries.fits && pre.entries.many == many);
    assert_rows(&s, &pre.entries, e);
    pre.entries.left_out = 1e4;
    ASSERT_OK(cpt_nature_preconditioner_update(&pre, &s.maps, &s.cone, 40, EVEN_STEPS));
    some = pre.n_columns;
    ck_assert(some > 0 && !pre.whole && pre.by_entries == !many);
    assert_useful(&s, &pre, e, q);
    pre.entries.left_out = 1e-12;
    ASSERT_OK(cpt_nature_preconditioner_update(&pre, &s.maps, &s.cone, 40, EVEN_STEPS));
    ck_assert(pre.n_columns > some && pre.whole == many);
    ASSERT_OK(cpt_nature_precondition(&pre, &s.maps, q, h));
    /* Woodbury's formula takes the square of the images, 1e5 here, times rounding */
    ck_assert_double_le(distance(n, e, h), 1e-6 * cpt_linalg_norm(n, e));
    cpt_nature_preconditioner_destroy(&pre);
    free(e), free(q), free(h);
    close_system(&s);
}

START_TEST(entries_make_the_inverse)
{
    assert_entries(200, false);
    assert_entries(74, true);
}
END_TEST

/* Orthonormal columns are where the operator is large: its inverse leaves next to nothing of them,
 * and nothing negative that rounding does not explain. */
START_TEST(orthonormal_columns_are_nearly_annihilated)
{
    system_stage s;
    open_system(&s, 3e4);
    cpt_nature_preconditioner pre = of_pairs(&s);
    size_t n = s.maps.n;
    double *h = NEW(double, n);
    ASSERT_OK(cpt_nature_preconditioner_update(&pre, &s.maps, &s.cone, 40, 0));
    ck_assert(pre.n_columns == 40 && pre.orthonormal);
    for (size_t i = 0; i < pre.n_columns; i++) {
        ASSERT_OK(cpt_nature_precondition(&pre, &s.maps, pre.columns + i * n, h));
        ck_assert_double_le(cpt_linalg_norm(n, h), 1e-9);
        ck_assert_double_gt(cpt_linalg_dot(n, pre.columns + i * n, h), -1e-14);
    }
    cpt_nature_preconditioner_destroy(&pre);
    free(h);
    close_system(&s);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        hidden_units_are_parts,           whole_preconditioners_are_inverses,
        columns_bring_the_inverse_nearer, columns_of_all_pairs_make_the_inverse,
        entries_make_the_inverse,         orthonormal_columns_are_nearly_annihilated,
    };
    return test_main("nature_preconditioner", tests, sizeof tests / sizeof *tests);
}
