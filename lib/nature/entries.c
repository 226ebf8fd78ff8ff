/* The preconditioner by entries of S(u).
 *
 * In a network with one hidden layer S(u) has few entries: of one unit's weights each. In these
 * A e = S(Mn^(1/2)' e) the operator is A' K A, K known in closed form from F' F. A pivoted Cholesky
 * factorisation K = C C' leaves out what hardly counts beside the identity, and I + A' C C' A is
 * inverted by Woodbury's formula, A A' being formed once. Deeper networks of few weights have more
 * entries than there are targets: the images A' C then serve as columns. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "nature/entries.h"

/* Operations that the products A A' may take, ten seconds at 4e10 a second; chosen. */
static const double most_work = 4e11;
/* Part of its norm that an image must keep when it is projected; what is left of images in the
 * range of the Jacobian is rounding, 1e-12 of them. Chosen. */
static const double least_kept = 1e-8;
/* Squares of columns that are left out, beside the 1 of the identity: at first, at least and at
 * most, and the factor by which they change. Chosen on bench/requests: there a step of conjugate
 * gradients costs less than the columns that it makes up for. */
static const double first_left_out = 20;
static const double least_left_out = 0.02;
static const double most_left_out = 1000;
static const double change_of_left_out = 3;
/* Steps of conjugate gradients beyond which more columns are wanted, and below which fewer are.
 * Chosen likewise; where A A' is not formed columns cost more. */
enum { FEW_STEPS = 4, MANY_STEPS = 12 };
enum { FEW_STEPS_OF_MANY = 8, MANY_STEPS_OF_MANY = 24 };

/* Entries within the parts, at one point. */
static size_t count_pairs(const cpt_nature_parts *parts)
{
    size_t count = 0;
    for (size_t p = 0; p < parts->n; p++)
        count += cpt_nature_part_size(parts, p) * (cpt_nature_part_size(parts, p) + 1) / 2;
    return count;
}

static void list_pairs(const cpt_nature_parts *parts, cpt_pair *pairs)
{
    for (size_t p = 0; p < parts->n; p++)
        for (size_t i = parts->first[p]; i < parts->first[p + 1]; i++)
            for (size_t j = parts->first[p]; j <= i; j++)
                *pairs++ = (cpt_pair){parts->members[i], parts->members[j]};
}

/* Appends the rows of a point, but for those of which the equations leave nothing free. */
static critpt_status append_point(cpt_nature_entries *entries, cpt_nature_maps *maps,
                                  const cpt_nature_block *block, const double *identity,
                                  double *norms)
{
    critpt_status status;
    size_t n = entries->n, count = count_pairs(&maps->parts), kept = entries->order;
    cpt_pair *pairs = entries->pairs + kept;
    double *rows = entries->rows + kept * n;
    list_pairs(&maps->parts, pairs);
    CPT_TRY(cpt_nature_pairs(maps, block, maps->P, identity, count, pairs, rows));
    for (size_t i = 0; i < count; i++)
        norms[i] = cpt_linalg_norm(n, rows + i * n);
    CPT_TRY(cpt_nature_project_rows(maps, count, rows));
    for (size_t i = 0; i < count; i++) {
        if (!(cpt_linalg_norm(n, rows + i * n) > least_kept * norms[i]))
            continue;
        entries->pairs[kept] = pairs[i];
        memmove(entries->rows + kept++ * n, rows + i * n, n * sizeof(double));
    }
    entries->order = kept;
    entries->points[entries->n_points++] = block->point;
    entries->first[entries->n_points] = kept;
done:
    return status;
}

static critpt_status find_rows(cpt_nature_entries *entries, cpt_nature_maps *maps)
{
    critpt_status status;
    size_t P = maps->P;
    double *identity = NULL, *norms = NULL;
    CPT_TRY(cpt_allocate(&identity, P * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&norms, count_pairs(&maps->parts), sizeof(double)));
    for (size_t i = 0; i < P * P; i++)
        identity[i] = i % (P + 1) == 0;
    for (size_t k = 0; k < maps->problem->n_points; k++) {
        const cpt_nature_block any = {.point = k, .sign = 1}; /* whatever the sign, A' K A is */
        if (cpt_nature_is_wanted(maps->problem, k))
            CPT_TRY(append_point(entries, maps, &any, identity, norms));
    }
done:
    cpt_free(identity);
    cpt_free(norms);
    return status;
}

static size_t count_points(const cpt_nature_problem *problem)
{
    size_t count = 0;
    for (size_t k = 0; k < problem->n_points; k++)
        count += cpt_nature_is_wanted(problem, k);
    return count;
}

static void find_gram(cpt_nature_entries *entries)
{
    size_t m = entries->order, n = entries->n;
    for (size_t i = 0; i < m; i++)
        entries->norms[i] = cpt_linalg_norm(n, entries->rows + i * n);
    if (!entries->many)
        cpt_linalg_symmetric_gemm(CPT_PLAIN, CPT_TRANSPOSED, m, n, 1, entries->rows, n,
                                  entries->rows, n, 0, entries->gram);
}

/* Numbers that m entries, `each` of a point, take at most: rows, kernels and factors, what projects
 * rows, and where A A' is formed two squares. */
static double count_numbers(size_t n, size_t m, size_t each)
{
    double squares = m > n ? 0 : 2 * (double)m * (double)m;
    double projected = (double)n * fmin((double)m, CPT_NATURE_PROJECTED_ROWS);
    return (double)m * ((double)n + 3 * (double)each) + squares + projected;
}

static critpt_status allocate(cpt_nature_entries *entries, size_t P, size_t each)
{
    critpt_status status;
    size_t m = entries->order, points = entries->n_points;
    if (!entries->many)
        CPT_TRY(cpt_allocate(&entries->gram, m * m, sizeof(double)));
    CPT_TRY(cpt_allocate(&entries->norms, m, sizeof(double)));
    CPT_TRY(cpt_allocate(&entries->square, P * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&entries->kernel, each * each, sizeof(double)));
    CPT_TRY(cpt_allocate(&entries->entries, m, sizeof(double)));
    CPT_TRY(cpt_allocate(&entries->coefficients, m, sizeof(double)));
    CPT_TRY(cpt_allocate(&entries->pivot, each, sizeof *entries->pivot));
    CPT_TRY(cpt_allocate(&entries->rank, points, sizeof *entries->rank));
    CPT_TRY(cpt_allocate(&entries->factors, points, sizeof *entries->factors));
done:
    return status;
}

double cpt_nature_entries_work(const cpt_nature_maps *maps)
{
    double n = (double)maps->n,
           m = (double)count_points(maps->problem) * (double)count_pairs(&maps->parts);
    return n * m * fmin(m, n);
}

critpt_status cpt_nature_entries_create(cpt_nature_entries *entries, cpt_nature_maps *maps,
                                        double most_numbers)
{
    critpt_status status;
    size_t points = count_points(maps->problem), each = count_pairs(&maps->parts);
    size_t n = maps->n, m = points * each;
    *entries = (cpt_nature_entries){.n = n, .tried = true, .left_out = first_left_out};
    if (m > n) /* columns need as much */
        most_numbers /= 2;
    if (count_numbers(n, m, each) > most_numbers || cpt_nature_entries_work(maps) > most_work)
        return CRITPT_OK;
    entries->n_numbers = count_numbers(n, m, each);
    CPT_TRY(cpt_allocate(&entries->first, points + 1, sizeof *entries->first));
    CPT_TRY(cpt_allocate(&entries->points, points, sizeof *entries->points));
    CPT_TRY(cpt_allocate(&entries->pairs, m, sizeof *entries->pairs));
    CPT_TRY(cpt_allocate(&entries->rows, m * n, sizeof(double)));
    CPT_TRY(find_rows(entries, maps));
    entries->many = entries->order > n;
    CPT_TRY(allocate(entries, maps->P, each));
    find_gram(entries);
    entries->fits = true;
done:
    return status;
}

void cpt_nature_entries_destroy(cpt_nature_entries *entries)
{
    double *all[] = {entries->rows,   entries->gram,    entries->norms,
                     entries->square, entries->kernel,  entries->half,
                     entries->inner,  entries->entries, entries->coefficients};
    for (size_t k = 0; entries->factors && k < entries->n_points; k++)
        cpt_free(entries->factors[k]);
    cpt_free(entries->factors);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cpt_free(all[i]);
    cpt_free(entries->points);
    cpt_free(entries->first);
    cpt_free(entries->pairs);
    cpt_free(entries->pivot);
    cpt_free(entries->rank);
    memset(entries, 0, sizeof *entries);
}

/* A pair of different weights stands for two entries. */
static double pair_factor(cpt_pair pair)
{
    return pair.a == pair.b ? sqrt(0.5) : sqrt(2);
}

/* The lower triangle of kernel += a block's part of K, M_ac M_bd + M_ad M_bc for the pairs ab and
 * cd with M = F' F, each row and column times the norm of its entry's image. */
static void add_kernel(cpt_nature_entries *entries, size_t point, size_t P,
                       const cpt_nature_block *block)
{
    size_t first = entries->first[point], m = entries->first[point + 1] - first;
    const cpt_pair *pairs = entries->pairs + first;
    const double *norms = entries->norms + first;
    cpt_linalg_symmetric_gemm(CPT_TRANSPOSED, CPT_PLAIN, P, block->order, 1, block->frame, P,
                              block->frame, P, 0, entries->square);
    for (size_t i = 0; i < m; i++) {
        const double *a = entries->square + pairs[i].a * P, *b = entries->square + pairs[i].b * P;
        double scale = norms[i] * pair_factor(pairs[i]), *to = entries->kernel + i * m;
        for (size_t j = 0; j <= i; j++) {
            size_t c = pairs[j].a, d = pairs[j].b;
            to[j] += scale * norms[j] * pair_factor(pairs[j]) * (a[c] * b[d] + a[d] * b[c]);
        }
    }
}

/* C of a point from its kernel: the columns that count. */
static critpt_status factor_kernel(cpt_nature_entries *entries, size_t point)
{
    critpt_status status;
    size_t first = entries->first[point], m = entries->first[point + 1] - first, rank;
    double largest = 0;
    for (size_t i = 0; i < m; i++)
        largest = fmax(largest, entries->kernel[i * (m + 1)]);
    entries->rank[point] = 0;
    if (!isfinite(largest))
        return cpt_error(CRITPT_NOT_CONVERGED, "rounding made the Newton equations indefinite");
    if (largest <= entries->left_out)
        return CRITPT_OK;
    CPT_TRY(cpt_linalg_independent_rows(m, entries->kernel, entries->left_out / largest,
                                        entries->pivot, &rank));
    cpt_free(entries->factors[point]);
    entries->factors[point] = NULL;
    CPT_TRY(cpt_allocate(&entries->factors[point], m * rank, sizeof(double)));
    for (size_t i = 0; i < m; i++) {
        double *row = entries->factors[point] + entries->pivot[i] * rank,
               norm = entries->norms[first + entries->pivot[i]];
        for (size_t j = 0; j < rank; j++)
            row[j] = j <= i ? entries->kernel[i * m + j] / norm : 0;
    }
    entries->rank[point] = rank;
done:
    return status;
}

static critpt_status find_factors(cpt_nature_entries *entries, const cpt_nature_cone *cone)
{
    critpt_status status = CRITPT_OK;
    entries->n_columns = 0;
    for (size_t point = 0; point < entries->n_points; point++) {
        size_t m = entries->first[point + 1] - entries->first[point];
        memset(entries->kernel, 0, m * m * sizeof(double));
        for (size_t j = 0; j < cone->n_blocks; j++)
            if (cone->blocks[j].point == entries->points[point])
                add_kernel(entries, point, cone->P, &cone->blocks[j]);
        CPT_TRY(factor_kernel(entries, point));
        entries->n_columns += entries->rank[point];
    }
done:
    return status;
}

/* inner = the lower triangle of C' A A' C. */
static void find_inner(cpt_nature_entries *entries)
{
    size_t c = entries->n_columns, m = entries->order, row = 0;
    for (size_t k = 0; k < entries->n_points; k++) {
        const double *left = entries->factors[k];
        size_t of_k = entries->first[k + 1] - entries->first[k], r = entries->rank[k];
        size_t end = entries->first[k + 1], column = 0;
        /* half = C_k' A_k A' up to the entries of point k */
        cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, r, end, of_k, 1, left, r,
                        entries->gram + entries->first[k] * m, m, 0, entries->half, end);
        for (size_t l = 0; l <= k; l++) {
            size_t of_l = entries->first[l + 1] - entries->first[l], s = entries->rank[l];
            cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, r, s, of_l, 1, entries->half + entries->first[l],
                            end, entries->factors[l], s, 0, entries->inner + row * c + column, c);
            column += s;
        }
        row += r;
    }
}

/* Room for the inner matrices of the columns that there are. */
static critpt_status make_room(cpt_nature_entries *entries)
{
    critpt_status status = CRITPT_OK;
    size_t c = entries->n_columns, most = 0;
    if (c <= entries->capacity)
        return CRITPT_OK;
    entries->capacity = 0;
    c = c + c / 4 < entries->order ? c + c / 4 : entries->order; /* for the next, which are more */
    for (size_t k = 0; k < entries->n_points; k++) {
        size_t of_k = entries->first[k + 1] - entries->first[k];
        most = of_k > most ? of_k : most;
    }
    most = most < c ? most : c;
    cpt_free(entries->half);
    cpt_free(entries->inner);
    entries->half = entries->inner = NULL;
    CPT_TRY(cpt_allocate(&entries->half, entries->order * most, sizeof(double)));
    CPT_TRY(cpt_allocate(&entries->inner, c * c, sizeof(double)));
    entries->capacity = c;
done:
    return status;
}

/* What is left out, after so many steps of conjugate gradients. */
static void follow_steps(cpt_nature_entries *entries, size_t steps)
{
    size_t few = entries->many ? FEW_STEPS_OF_MANY : FEW_STEPS;
    size_t many = entries->many ? MANY_STEPS_OF_MANY : MANY_STEPS;
    if (steps > many)
        entries->left_out = fmax(entries->left_out / change_of_left_out, least_left_out);
    else if (steps < few)
        entries->left_out = fmin(entries->left_out * change_of_left_out, most_left_out);
}

critpt_status cpt_nature_entries_update(cpt_nature_entries *entries, const cpt_nature_cone *cone,
                                        size_t last_steps)
{
    critpt_status status;
    size_t minor;
    if (entries->n_columns > 0) /* else the steps were another preconditioner's */
        follow_steps(entries, last_steps);
    CPT_TRY(find_factors(entries, cone));
    if (entries->many)
        goto done;
    CPT_TRY(make_room(entries));
    size_t c = entries->n_columns;
    find_inner(entries);
    for (size_t i = 0; i < c; i++)
        entries->inner[i * (c + 1)] += 1;
    CPT_TRY(cpt_linalg_cholesky(c, entries->inner, &minor));
    if (minor)
        return cpt_error(CRITPT_NOT_CONVERGED, "rounding made the Newton equations indefinite");
done:
    return status;
}

void cpt_nature_entries_columns(const cpt_nature_entries *entries, double *columns)
{
    size_t n = entries->n;
    for (size_t k = 0; k < entries->n_points; k++) {
        size_t of_k = entries->first[k + 1] - entries->first[k], rank = entries->rank[k];
        cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, rank, n, of_k, 1, entries->factors[k], rank,
                        entries->rows + entries->first[k] * n, n, 0, columns, n);
        columns += rank * n;
    }
}

void cpt_nature_entries_gather(const cpt_nature_entries *entries, size_t point, size_t P,
                               size_t start, size_t count, double *squares)
{
    size_t k = 0;
    while (entries->points[k] != point)
        k++;
    memset(squares, 0, count * P * P * sizeof *squares);
    for (size_t i = entries->first[k]; i < entries->first[k + 1]; i++) {
        const double *row = entries->rows + i * entries->n + start;
        size_t a = entries->pairs[i].a, b = entries->pairs[i].b;
        for (size_t j = 0; j < count; j++)
            squares[j * P * P + a * P + b] = squares[j * P * P + b * P + a] = row[j];
    }
}

void cpt_nature_entries_apply(const cpt_nature_entries *entries, const double *r, double *h)
{
    size_t n = entries->n, m = entries->order;
    double *c = entries->coefficients;
    if (entries->n_columns == 0)
        return;
    cpt_linalg_gemv(CPT_PLAIN, m, n, 1, entries->rows, n, r, 0, entries->entries);
    for (size_t k = 0; k < entries->n_points; k++) {
        size_t of_k = entries->first[k + 1] - entries->first[k], rank = entries->rank[k];
        cpt_linalg_gemv(CPT_TRANSPOSED, of_k, rank, 1, entries->factors[k], rank,
                        entries->entries + entries->first[k], 0, c);
        c += rank;
    }
    cpt_linalg_cholesky_solve(entries->n_columns, entries->inner, entries->coefficients);
    c = entries->coefficients;
    for (size_t k = 0; k < entries->n_points; k++) {
        size_t of_k = entries->first[k + 1] - entries->first[k], rank = entries->rank[k];
        cpt_linalg_gemv(CPT_PLAIN, of_k, rank, 1, entries->factors[k], rank, c, 0,
                        entries->entries + entries->first[k]);
        c += rank;
    }
    cpt_linalg_gemv(CPT_TRANSPOSED, m, n, -1, entries->rows, n, entries->entries, 1, h);
}
