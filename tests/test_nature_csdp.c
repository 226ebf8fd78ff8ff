/* Natures against CSDP, a solver of semidefinite programs by Brian Borchers: the same inequalities,
 * with the quadratic objective as one more matrix, must have the same optimum.
 *
 * With an orthonormal basis d_1, ..., d_q of the free changes of the targets the problem is
 *     min t   s.t.   [I c; c' 2t] >= 0,   C_j + sum_i c_i B_j d_i >= 0,
 * in SDPA's sparse format; Hessians come from the public interface, bases from the result. */
#include "nature_support.h"

#include <stdio.h>
#include <unistd.h>

static char directory[] = "/tmp/critpt-csdp-XXXXXX";

/* free (q x n): an orthonormal basis of what the projector leaves of unit targets */
static double *free_changes(const stage *made, size_t *q)
{
    size_t n = made->n;
    double *basis = NEW(double, n *n);
    *q = 0;
    for (size_t i = 0; i < n; i++) {
        double *d = basis + *q * n, norm;
        memset(d, 0, n * sizeof *d);
        d[i] = sqrt((double)made->s.N); /* norm 1 for s = 1 and M = I */
        for (int twice = 0; twice < 2; twice++) {
            ASSERT_OK(stage_project((void *)made, d));
            for (size_t j = 0; j < *q; j++) {
                double along = stage_product(made, d, basis + j * n);
                for (size_t a = 0; a < n; a++)
                    d[a] -= along * basis[j * n + a];
            }
        }
        norm = sqrt(stage_product(made, d, d));
        if (norm < 1e-6)
            continue;
        for (size_t a = 0; a < n; a++)
            d[a] /= norm;
        ++*q;
    }
    return basis;
}

/* Entries of sign W' H W - shift I as block `block` of matrix `number`, upper triangle. */
static void print_block(FILE *file, size_t number, size_t block, const cpt_nature_inequality *part,
                        const double *hessian, size_t P, double shift, double factor)
{
    for (size_t a = 0; a < part->order; a++)
        for (size_t b = a; b < part->order; b++) {
            double value = a == b ? -shift : 0;
            for (size_t r = 0; r < P; r++)
                for (size_t c = 0; c < P; c++)
                    value += part->sign * part->basis[a * P + r] * hessian[r * P + c] *
                             part->basis[b * P + c];
            fprintf(file, "%zu %zu %zu %zu %.17g\n", number, block, a + 1, b + 1, factor * value);
        }
}

/* F_0 = -C and F_i = B d_i at the origin y: what CSDP's dual wants. */
static void write_problem(const stage *made, const cpt_nature_result *result, const double *y,
                          const double *basis, size_t q, const char *path)
{
    size_t P = made->s.P, n = made->n;
    double *at_origin = NEW(double, P *P), *moved = NEW(double, P *P), *targets = NEW(double, n);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "%zu\n%zu\n", q + 1, result->n_inequalities + 1);
    for (size_t j = 0; j < result->n_inequalities; j++)
        fprintf(file, "%zu ", result->inequalities[j].order);
    fprintf(file, "%zu\n", q + 1);
    for (size_t i = 0; i < q; i++)
        fprintf(file, "0 ");
    fprintf(file, "1\n");
    for (size_t j = 0; j < result->n_inequalities; j++) {
        const cpt_nature_inequality *part = &result->inequalities[j];
        stage_hessian(made, part->point, y, at_origin);
        print_block(file, 0, j + 1, part, at_origin, P, part->margin, -1);
    }
    for (size_t a = 1; a <= q; a++)
        fprintf(file, "0 %zu %zu %zu -1\n", result->n_inequalities + 1, a, a);
    for (size_t i = 0; i < q; i++) {
        for (size_t a = 0; a < n; a++)
            targets[a] = y[a] + basis[i * n + a];
        for (size_t j = 0; j < result->n_inequalities; j++) {
            const cpt_nature_inequality *part = &result->inequalities[j];
            stage_hessian(made, part->point, y, at_origin);
            stage_hessian(made, part->point, targets, moved);
            for (size_t e = 0; e < P * P; e++)
                moved[e] -= at_origin[e];
            print_block(file, i + 1, j + 1, part, moved, P, 0, 1);
        }
        fprintf(file, "%zu %zu %zu %zu 1\n", i + 1, result->n_inequalities + 1, i + 1, q + 1);
    }
    fprintf(file, "%zu %zu %zu %zu 2\n", q + 1, result->n_inequalities + 1, q + 1, q + 1);
    fclose(file);
    free(at_origin), free(moved), free(targets);
}

/* t, the last of the variables on the first line of CSDP's solution. */
static double optimum(const char *problem, const char *solution, size_t q)
{
    char command[600];
    double value = NAN;
    FILE *file;
    snprintf(
        command, sizeof command,
        "cd %s && printf 'axtol=1.0e-9\\natytol=1.0e-9\\nobjtol=1.0e-9\\n"
        "pinftol=1.0e8\\ndinftol=1.0e8\\nmaxiter=200\\nminstepfrac=0.9\\nmaxstepfrac=0.97\\n"
        "minstepp=1.0e-8\\nminstepd=1.0e-8\\nusexzgap=1\\ntweakgap=0\\naffine=0\\nprintlevel=0\\n"
        "perturbobj=0\\nfastmode=0\\n' > param.csdp && csdp %s %s > /dev/null",
        directory, problem, solution);
    int ended = system(command);
    ck_assert_msg(ended != -1, "csdp did not run");
    file = fopen(solution, "r");
    ck_assert_ptr_nonnull(file);
    for (size_t i = 0; i <= q; i++)
        ck_assert_int_eq(fscanf(file, "%lf", &value), 1);
    fclose(file);
    return value;
}

static const wish instances[] = {
    {{4, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}},
     90,
     2,
     {0, 0},
     1e-2,
     1,
     20,
     false,
     false},
    {{4, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}},
     80,
     2,
     {0, 1},
     1e-3,
     1,
     21,
     false,
     false},
    {{4, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}},
     130,
     2,
     {1, 2},
     1e-2,
     1,
     22,
     false,
     false},
    {{5, 2, {2, 2}, {CRITPT_SIGMOID, CRITPT_IDENTITY}, {1, 1}},
     50,
     2,
     {0, 1},
     1e-2,
     2,
     23,
     false,
     false},
    {{3, 3, {2, 2, 1}, {CRITPT_TANH, CRITPT_TANH, CRITPT_IDENTITY}, {0, 0, 0}},
     90,
     2,
     {0, 0},
     1e-3,
     1,
     24,
     false,
     false},
    {{6, 2, {2, 1}, {CRITPT_SIN, CRITPT_IDENTITY}, {0, 0}},
     90,
     3,
     {0, 1, 2},
     1e-2,
     2,
     25,
     false,
     false},
    {{4, 2, {3, 2}, {CRITPT_SOFTPLUS, CRITPT_TANH}, {1, 1}},
     150,
     2,
     {1, 0},
     1e-3,
     1,
     26,
     false,
     false},
};

START_TEST(optimum_is_that_of_csdp)
{
    stage *made = stage_create(&instances[_i]);
    cpt_nature_result result;
    char problem[100], solution[100];
    size_t q;
    double *basis = free_changes(made, &q), *y = NEW(double, made->n), fixed = 0, t;
    made->problem.gap = 1e-6;
    ASSERT_OK(cpt_nature_solve(&made->problem, &result));
    ck_assert_msg(result.verdict == CPT_NATURE_ATTAINED, "instance %d: verdict %d, gap %.1e", _i,
                  (int)result.verdict, result.gap);
    for (size_t i = 0; i < made->n; i++)
        y[i] = made->base[i] - made->current[i];
    ASSERT_OK(stage_project(made, y));
    for (size_t i = 0; i < made->n; i++)
        y[i] += made->current[i];
    for (size_t i = 0; i < made->n; i++)
        fixed += (y[i] - made->base[i]) * (y[i] - made->base[i]) / (double)made->s.N / 2;
    snprintf(problem, sizeof problem, "%s/%d.dat-s", directory, _i);
    snprintf(solution, sizeof solution, "%s/%d.sol", directory, _i);
    write_problem(made, &result, y, basis, q, problem);
    t = optimum(problem, solution, q);
    ck_assert_double_gt(t, 0);
    ASSERT_NEAR(result.objective, fixed + t, fixed + t, 1e-5);
    ASSERT_NEAR(result.dual, fixed + t, fixed + t, 1e-5);
    remove(problem), remove(solution);
    free(basis), free(y);
    cpt_nature_result_destroy(&result, made->K);
    stage_destroy(made);
}
END_TEST

static void clean_up(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    if (system(command))
        perror(command);
}

int main(void)
{
    Suite *suite = suite_create("nature_csdp");
    TCase *cases = tcase_create("all");
    SRunner *runner;
    int failed;
    if (system("command -v csdp > /dev/null")) {
        puts("1..0 # SKIP csdp is not installed");
        return EXIT_SUCCESS;
    }
    if (!mkdtemp(directory)) {
        perror(directory);
        return EXIT_FAILURE;
    }
    tcase_set_timeout(cases, 0);
    tcase_add_loop_test(cases, optimum_is_that_of_csdp, 0,
                        (int)(sizeof instances / sizeof *instances));
    suite_add_tcase(suite, cases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    clean_up();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
