/* NIST's certified nonlinear regressions (MATH 10, N1): models by callbacks, whose certified
 * parameters are critical points of the squared error, to the 11 digits that are printed. */
#include "support.h"

#include <complex.h>
#include <float.h>
#include <lapacke.h>
#include <stdio.h>

typedef double complex complex_number;
typedef complex_number (*regression)(const complex_number *b, double x);

enum { MOST_WEIGHTS = 9, MOST_SAMPLES = 256 };
#define PI 3.14159265358979323846

/* Each model once, on complex numbers: the imaginary part of a tiny complex step is the derivative.
 */

static complex_number bennett5(const complex_number *b, double x)
{
    return b[0] * cpow(b[1] + x, -1 / b[2]);
}

static complex_number saturation(const complex_number *b, double x) /* BoxBOD and Misra1a */
{
    return b[0] * (1 - cexp(-b[1] * x));
}

static complex_number chwirut2(const complex_number *b, double x)
{
    return cexp(-b[0] * x) / (b[1] + b[2] * x);
}

static complex_number danwood(const complex_number *b, double x)
{
    return b[0] * cexp(b[1] * log(x));
}

static complex_number enso(const complex_number *b, double x)
{
    return b[0] + b[1] * cos(2 * PI * x / 12) + b[2] * sin(2 * PI * x / 12) +
           b[4] * ccos(2 * PI * x / b[3]) + b[5] * csin(2 * PI * x / b[3]) +
           b[7] * ccos(2 * PI * x / b[6]) + b[8] * csin(2 * PI * x / b[6]);
}

static complex_number bell(complex_number height, complex_number at, complex_number width, double x)
{
    complex_number t = (x - at) / width;
    return height * cexp(-t * t);
}

static complex_number gauss1(const complex_number *b, double x)
{
    return b[0] * cexp(-b[1] * x) + bell(b[2], b[3], b[4], x) + bell(b[5], b[6], b[7], x);
}

static complex_number cubics(const complex_number *b, double x) /* Hahn1 and Thurber */
{
    return (b[0] + x * (b[1] + x * (b[2] + x * b[3]))) / (1 + x * (b[4] + x * (b[5] + x * b[6])));
}

static complex_number lanczos3(const complex_number *b, double x)
{
    return b[0] * cexp(-b[1] * x) + b[2] * cexp(-b[3] * x) + b[4] * cexp(-b[5] * x);
}

static complex_number mgh09(const complex_number *b, double x)
{
    return b[0] * (x * x + x * b[1]) / (x * x + x * b[2] + b[3]);
}

static complex_number mgh17(const complex_number *b, double x)
{
    return b[0] + b[1] * cexp(-x * b[3]) + b[2] * cexp(-x * b[4]);
}

static complex_number rat42(const complex_number *b, double x)
{
    return b[0] / (1 + cexp(b[1] - b[2] * x));
}

static complex_number roszman1(const complex_number *b, double x)
{
    return b[0] - b[1] * x - catan(b[2] / (x - b[3])) / PI;
}

typedef struct dataset {
    const char *name;
    regression model;
    size_t P, N;
    double b[MOST_WEIGHTS], deviations[MOST_WEIGHTS], residual_square;
    double x[MOST_SAMPLES], y[MOST_SAMPLES];
} dataset;

static int outputs(void *user, const double *weights, size_t n, const double *x, double *f)
{
    const dataset *data = user;
    complex_number b[MOST_WEIGHTS];
    for (size_t j = 0; j < data->P; j++)
        b[j] = weights[j];
    for (size_t i = 0; i < n; i++)
        f[i] = creal(data->model(b, x[i]));
    return 0;
}

static int jacobian(void *user, const double *weights, size_t n, const double *x, double *J)
{
    const dataset *data = user;
    complex_number b[MOST_WEIGHTS];
    for (size_t j = 0; j < data->P; j++)
        b[j] = weights[j];
    for (size_t j = 0; j < data->P; j++) {
        b[j] = weights[j] + 1e-100 * I;
        for (size_t i = 0; i < n; i++)
            J[i * data->P + j] = cimag(data->model(b, x[i])) / 1e-100;
        b[j] = weights[j];
    }
    return 0;
}

/* Certified values stand in the last two columns of the lines "bN = start start value deviation".
 */
static void read_dataset(dataset *data)
{
    char path[512], line[256];
    const char *folder = getenv("srcdir");
    snprintf(path, sizeof path, "%s/tests/nist/%s.dat", folder ? folder : ".", data->name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    size_t number_of_line = 0; /* data start in line 61 of every file */
    data->P = data->N = 0;
    while (fgets(line, sizeof line, file)) {
        double start[2], value, deviation;
        int number;
        if (++number_of_line > 60) {
            if (sscanf(line, "%lf %lf", &data->y[data->N], &data->x[data->N]) == 2)
                data->N++;
        } else if (sscanf(line, " b%d = %lf %lf %lf %lf", &number, &start[0], &start[1], &value,
                          &deviation) == 5) {
            data->b[data->P] = value;
            data->deviations[data->P++] = deviation;
        } else if (sscanf(line, "Residual Sum of Squares: %lf", &value) == 1) {
            data->residual_square = value;
        }
    }
    fclose(file);
}

/* s sqrt(diag (J'J)^-1) by QR of the column-scaled J, relative to the certified ones. */
static double deviation_error(const dataset *data, const double *J)
{
    lapack_int N = (lapack_int)data->N, P = (lapack_int)data->P;
    double A[MOST_SAMPLES * MOST_WEIGHTS], tau[MOST_WEIGHTS], scale[MOST_WEIGHTS], worst = 0;
    double s = sqrt(data->residual_square / (double)(data->N - data->P));
    for (size_t j = 0; j < data->P; j++) {
        double norm = 0;
        for (size_t i = 0; i < data->N; i++)
            norm = hypot(norm, J[i * data->P + j]);
        scale[j] = norm;
        for (size_t i = 0; i < data->N; i++)
            A[j * data->N + i] = J[i * data->P + j] / norm;
    }
    ck_assert_int_eq(LAPACKE_dgeqrf(LAPACK_COL_MAJOR, N, P, A, N, tau), 0);
    ck_assert_int_eq(LAPACKE_dtrtri(LAPACK_COL_MAJOR, 'U', 'N', P, A, N), 0);
    for (size_t j = 0; j < data->P; j++) {
        double norm = 0;
        for (size_t k = j; k < data->P; k++)
            norm = hypot(norm, A[k * data->N + j]);
        double deviation = s * norm / scale[j];
        worst = fmax(worst, fabs(deviation / data->deviations[j] - 1));
    }
    return worst;
}

static void check_dataset(dataset *data)
{
    const critpt_model_callbacks callbacks = {.struct_size = sizeof callbacks, .outputs = outputs, .jacobian = jacobian};
    critpt_model *model;
    critpt_landscape *L;
    critpt_plan *plan;
    double loss, J[MOST_SAMPLES * MOST_WEIGHTS], distance, scaled, condition;
    read_dataset(data);
    ASSERT_OK(critpt_model_create(&model, 1, 1, data->P, &callbacks, data));
    ASSERT_OK(critpt_landscape_create(&L, model, data->N, data->x, 1));
    ASSERT_OK(critpt_landscape_set_targets(L, data->y, 1));
    ASSERT_OK(critpt_landscape_loss(L, NULL, data->b, data->P, &loss));
    ASSERT_NEAR(2 * (double)data->N * loss, data->residual_square, data->residual_square, 2e-10);
    ASSERT_OK(critpt_landscape_jacobian(L, NULL, data->b, data->P, J, data->P));
    ck_assert_double_le(deviation_error(data, J), 1e-7);

    ASSERT_OK(critpt_plan_create(&plan, L));
    ASSERT_OK(critpt_plan_add_point(plan, data->b, data->P, NULL));
    ASSERT_OK(critpt_plan_set_base_targets(plan, data->y, 1));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_OK(critpt_plan_report_value(plan, CRITPT_REPORT_DISTANCE, &distance));
    ASSERT_OK(critpt_plan_report_value(plan, CRITPT_REPORT_CONDITION, &condition));
    ASSERT_OK(critpt_plan_point_value(plan, 0, CRITPT_POINT_GRADIENT_SCALED, &scaled));
    ck_assert_msg(scaled <= (condition <= 1e6 ? 2 : 100), "%s: %.3g units", data->name, scaled);
    /* distance is in the norm of the loss, whose residual has norm sqrt(2 L) */
    ck_assert_msg(distance <= 5e-6 * sqrt(2 * loss),
                  "%s: the targets moved by %.2e of the residual", data->name,
                  distance / sqrt(2 * loss));
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(L);
    critpt_model_destroy(model);
}

START_TEST(certified_parameters_are_critical)
{
    static dataset datasets[] = {
        {.name = "Bennett5", .model = bennett5},  {.name = "BoxBOD", .model = saturation},
        {.name = "Chwirut2", .model = chwirut2},  {.name = "DanWood", .model = danwood},
        {.name = "ENSO", .model = enso},          {.name = "Gauss1", .model = gauss1},
        {.name = "Hahn1", .model = cubics},       {.name = "Lanczos3", .model = lanczos3},
        {.name = "MGH09", .model = mgh09},        {.name = "MGH17", .model = mgh17},
        {.name = "Misra1a", .model = saturation}, {.name = "Rat42", .model = rat42},
        {.name = "Roszman1", .model = roszman1},  {.name = "Thurber", .model = cubics},
    };
    check_dataset(&datasets[_i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nist");
    TCase *tcase = tcase_create("nist");
    tcase_add_loop_test(tcase, certified_parameters_are_critical, 0, 14);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
