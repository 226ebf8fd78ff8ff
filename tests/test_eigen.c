/* The eigensolvers on LAPACK's kinds of matrices, checked as PRIMME does: residuals and
 * orthogonality in units of eps |A| n. */
#include "support.h"

#include <float.h>

#include "linalg/linalg.h"

enum { N = 40, ACCEPTED = 60 };

typedef enum matrix_type {
    ZERO,
    IDENTITY,
    CLUSTERED, /* to one ulp */
    HUGE_ENTRIES,
    TINY_ENTRIES,
    RANDOM,
    LOW_RANK,  /* a null space of most directions */
    WILKINSON, /* pairs that agree to all digits */
    GRADED,    /* eigenvalues over 30 powers of ten */
    N_TYPES
} matrix_type;

static double entry(matrix_type type, const double *random, size_t i, size_t j)
{
    double x = random[i < j ? i * N + j : j * N + i], one = i == j, sum = 0;
    switch (type) {
    case IDENTITY:
        return one;
    case CLUSTERED:
        return one * (1 + DBL_EPSILON * (double)(i % 3));
    case HUGE_ENTRIES:
        return x * 1e150 * 1e150;
    case TINY_ENTRIES:
        return x * 1e-150 * 1e-150;
    case RANDOM:
        return x;
    case LOW_RANK:
        for (size_t r = 0; r < 5; r++)
            sum += random[r * N + i] * random[r * N + j];
        return sum;
    case WILKINSON:
        return i == j ? fabs((double)i - (N - 1) / 2.0) : (i == j + 1 || j == i + 1);
    case GRADED:
        return x * pow(10, -(double)(i + j) * 15 / N);
    default:
        return 0;
    }
}

/* A matrix of that type, and its largest entry. */
static double *new_matrix(matrix_type type, double *norm)
{
    double *a = NEW(double, N *N), *random = normal(N * N, (uint64_t)type);
    *norm = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            a[i * N + j] = entry(type, random, i, j);
            *norm = fmax(*norm, fabs(a[i * N + j]));
        }
    free(random);
    return a;
}

/* a v - value v, in units of the largest entry times N, with both scaled down to it. */
static double residual(const double *a, double norm, const double *v, double value)
{
    double sum = 0;
    if (norm == 0)
        return fabs(value);
    for (size_t r = 0; r < N; r++) {
        double x = -value / norm * v[r];
        for (size_t c = 0; c < N; c++)
            x += a[r * N + c] / norm * v[c];
        sum = hypot(sum, x);
    }
    return sum / N;
}

static void assert_eigenpairs(matrix_type type, const double *a, double norm, size_t count,
                              const double *values, const double *vectors)
{
    for (size_t i = 0; i < count; i++) {
        double units = residual(a, norm, vectors + i * N, values[i]) / (DBL_EPSILON * N);
        ck_assert_msg(units <= ACCEPTED, "type %d, pair %zu: %.2e", type, i, units);
        for (size_t j = 0; j <= i; j++)
            ASSERT_NEAR(cpt_linalg_dot(N, vectors + i * N, vectors + j * N), i == j, 1,
                        ACCEPTED * DBL_EPSILON * N);
        ck_assert(i == 0 || values[i - 1] <= values[i]);
    }
}

START_TEST(all_eigenpairs)
{
    for (matrix_type type = ZERO; type < N_TYPES; type++) {
        double norm, *a = new_matrix(type, &norm), *vectors = NEW(double, N *N), values[N];
        memcpy(vectors, a, N * N * sizeof *a);
        ASSERT_OK(cpt_linalg_eigen(N, vectors, values));
        assert_eigenpairs(type, a, norm, N, values, vectors);
        free(a), free(vectors);
    }
}
END_TEST

/* dsyevr for all and for some; eigenvalues alone; the matrix is what it was before. */
START_TEST(some_eigenpairs)
{
    const size_t ranges[][2] = {{0, N}, {0, 1}, {N - 1, 1}, {7, 20}, {0, 35}, {5, 35}, {20, 0}};
    for (matrix_type type = ZERO; type < N_TYPES; type++) {
        double norm, *a = new_matrix(type, &norm), *kept = NEW(double, N *N), truth[N], values[N];
        double *vectors = NEW(double, N *N);
        memcpy(kept, a, N * N * sizeof *a);
        memcpy(vectors, a, N * N * sizeof *a);
        ASSERT_OK(cpt_linalg_eigen(N, vectors, truth));
        ASSERT_OK(cpt_linalg_eigenvalues(N, a, values));
        ck_assert_int_eq(memcmp(a, kept, N * N * sizeof *a), 0);
        for (size_t i = 0; i < N; i++)
            ASSERT_NEAR(values[i], truth[i], norm, ACCEPTED * DBL_EPSILON * N);
        for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
            size_t first = ranges[i][0], count = ranges[i][1];
            ASSERT_OK(cpt_linalg_eigenpairs(N, a, first, count, values, vectors));
            ck_assert_int_eq(memcmp(a, kept, N * N * sizeof *a), 0);
            assert_eigenpairs(type, a, norm, count, values, vectors);
            for (size_t j = 0; j < count; j++)
                ASSERT_NEAR(values[j], truth[first + j], norm, ACCEPTED * DBL_EPSILON * N);
            ASSERT_OK(cpt_linalg_eigenpairs(N, a, first, count, values, NULL));
            ck_assert_int_eq(memcmp(a, kept, N * N * sizeof *a), 0);
            for (size_t j = 0; j < count; j++)
                ASSERT_NEAR(values[j], truth[first + j], norm, ACCEPTED * DBL_EPSILON * N);
        }
        free(a), free(kept), free(vectors);
    }
}
END_TEST

int main(void)
{
    const test_function tests[] = {all_eigenpairs, some_eigenpairs};
    return test_main("eigen", tests, sizeof tests / sizeof *tests);
}
