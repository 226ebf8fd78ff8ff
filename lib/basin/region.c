/* With H = V' diag(lambda) V and c = V g the step is s = -V' c / (lambda + shift), the shift being
 * the least one >= max(0, -lambda_1) for which it is in the ball; where lambda_1 < 0 and c does not
 * see its eigenvector, that eigenvector leads on to the sphere. */
#include <float.h>
#include <math.h>

#include "basin/region.h"
#include "linalg/linalg.h"

critpt_status cpt_region_create(cpt_region *region, size_t P)
{
    critpt_status status;
    size_t entries;
    region->P = P;
    CPT_TRY(cpt_multiply(P, P, "Hessian", &entries));
    CPT_TRY(cpt_allocate(&region->vectors, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&region->values, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&region->slopes, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&region->parts, P, sizeof(double)));
done:
    return status;
}

void cpt_region_destroy(cpt_region *region)
{
    cpt_free(region->vectors);
    cpt_free(region->values);
    cpt_free(region->slopes);
    cpt_free(region->parts);
}

critpt_status cpt_region_set(cpt_region *region, const double *gradient, double floor)
{
    critpt_status status;
    size_t P = region->P;
    CPT_TRY(cpt_linalg_eigen(P, region->vectors, region->values));
    cpt_linalg_gemv(CPT_PLAIN, P, P, 1, region->vectors, P, gradient, 0, region->slopes);
    double largest = fmax(fabs(region->values[0]), fabs(region->values[P - 1]));
    double rounding = (double)P * DBL_EPSILON * largest;
    region->lowest = 0;
    for (size_t i = 0; i < P; i++) {
        if (fabs(region->values[i]) <= rounding && fabs(region->slopes[i]) <= floor)
            region->values[i] = region->slopes[i] = 0;
        if (region->values[i] < region->values[region->lowest])
            region->lowest = i;
    }
done:
    return status;
}

/* The parts of the step whose shift is `least` + more, and its length; curvatures are taken
 * relative to -`least`, so that nothing cancels. */
static double take_step(cpt_region *region, double least, double more)
{
    for (size_t i = 0; i < region->P; i++) {
        double slope = region->slopes[i], curvature = (region->values[i] + least) + more;
        region->parts[i] = slope == 0 ? 0 : -slope / curvature;
    }
    return cpt_linalg_norm(region->P, region->parts);
}

/* The step on the sphere: the length falls as the shift grows. */
static void reach_sphere(cpt_region *region, double radius)
{
    enum { HALVINGS = 200 };
    double lowest = region->values[region->lowest], least = fmax(0, -lowest), low = 0;
    double *along = &region->parts[region->lowest];
    double high = cpt_linalg_norm(region->P, region->slopes) / radius;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = low + (high - low) / 2;
        if (!(middle > low && middle < high))
            break;
        if (take_step(region, least, middle) > radius)
            low = middle;
        else
            high = middle;
    }
    double length = take_step(region, least, high);
    double rest = sqrt(fmax(0, length * length - *along * *along));
    if (lowest < 0 && length < radius) /* the part along its eigenvector fills it up */
        *along = copysign(sqrt(fmax(0, radius * radius - rest * rest)), *along);
}

double cpt_region_solve(cpt_region *region, double radius, double *step)
{
    size_t P = region->P;
    double decrease = 0;
    bool convex = region->values[region->lowest] >= 0;
    if (!convex || !(take_step(region, 0, 0) <= radius))
        reach_sphere(region, radius);
    for (size_t i = 0; i < P; i++)
        decrease -=
            region->parts[i] * (region->slopes[i] + region->values[i] * region->parts[i] / 2);
    if (step)
        cpt_linalg_gemv(CPT_TRANSPOSED, P, P, 1, region->vectors, P, region->parts, 0, step);
    return decrease;
}
