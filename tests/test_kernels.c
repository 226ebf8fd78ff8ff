/* Products and transposition, against plain loops. */
#include "support.h"

#include <float.h>

#include "linalg/linalg.h"

/* op(a) of `columns` columns, at (i, j) */
static double entry(cpt_transpose form, const double *a, size_t leading, size_t i, size_t j)
{
    return form == CPT_PLAIN ? a[i * leading + j] : a[j * leading + i];
}

/* a D a' + 2 c and the like, with orders on both sides of a panel's. */
static void assert_symmetric_product(cpt_transpose a_form, cpt_transpose b_form, size_t n, size_t k)
{
    size_t a_leading = (a_form == CPT_PLAIN ? k : n) + 2, b_leading = (b_form == CPT_PLAIN ? n : k);
    double *a = normal(((a_form == CPT_PLAIN ? n : k) + 1) * a_leading, 1);
    double *b = NEW(double, (n + k) * b_leading), *c = normal(n * n, 2),
           *before = NEW(double, n *n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < k; j++) {
            double scaled = (double)(j + 1) * entry(a_form, a, a_leading, i, j);
            b[b_form == CPT_PLAIN ? j * b_leading + i : i * b_leading + j] = scaled;
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            c[j * n + i] = c[i * n + j];
    memcpy(before, c, n * n * sizeof *c);
    cpt_linalg_symmetric_gemm(a_form, b_form, n, k, -0.5, a, a_leading, b, b_leading, 2, c);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            long double sum = 2 * (long double)before[i * n + j], size = fabsl(sum);
            for (size_t l = 0; l < k; l++) {
                long double term =
                    -0.5L * entry(a_form, a, a_leading, i, l) * entry(b_form, b, b_leading, l, j);
                sum += term;
                size += fabsl(term);
            }
            ASSERT_NEAR(c[i * n + j], (double)sum, (double)size, 4 * DBL_EPSILON);
            ck_assert_double_eq(c[i * n + j], c[j * n + i]);
        }
    free(a), free(b), free(c), free(before);
}

START_TEST(symmetric_products)
{
    const size_t orders[] = {0, 1, 7, 33, 256, 257, 530};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        for (int forms = 0; forms < 4; forms++)
            assert_symmetric_product(forms & 1 ? CPT_TRANSPOSED : CPT_PLAIN,
                                     forms & 2 ? CPT_TRANSPOSED : CPT_PLAIN, orders[i], 5);
}
END_TEST

/* With leading dimensions that are larger than what is moved; the rest stays. */
START_TEST(transposes)
{
    const size_t shapes[][2] = {{1, 1}, {1, 9}, {9, 1}, {10, 203}, {203, 10}, {16, 16}, {37, 65}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        size_t rows = shapes[s][0], columns = shapes[s][1];
        for (size_t more = 0; more < 3; more++) {
            size_t leading = columns + more, to_leading = rows + more;
            double *a = normal(rows * leading, 1), *b = NEW(double, columns *to_leading);
            cpt_linalg_transpose(rows, columns, a, leading, b, to_leading);
            for (size_t j = 0; j < columns; j++)
                for (size_t i = 0; i < to_leading; i++)
                    ck_assert_double_eq(b[j * to_leading + i], i < rows ? a[i * leading + j] : 0);
            free(a), free(b);
        }
    }
}
END_TEST

int main(void)
{
    const test_function tests[] = {symmetric_products, transposes};
    return test_main("kernels", tests, sizeof tests / sizeof *tests);
}
