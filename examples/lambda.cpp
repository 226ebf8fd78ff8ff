// A model from a C++ lambda, passed through the user pointer: the Michaelis-Menten rate of an enzyme,
// v = Vmax s / (Km + s), with measurements whose variances differ, so that two parameter sets fit as
// well as their neighbours do not:
//     c++ lambda.cpp $(pkg-config --cflags --libs critpt) -o lambda
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include <critpt.h>

using Rate = std::function<double(const double *w, double s)>;

static int rates(void *user, const double *w, size_t n, const double *s, double *v)
{
    const Rate &rate = *static_cast<const Rate *>(user);
    for (size_t i = 0; i < n; i++)
        v[i] = rate(w, s[i]);
    return 0;
}

static void check(critpt_status status)
{
    if (status == CRITPT_OK)
        return;
    std::fprintf(stderr, "lambda: %s\n", critpt_error_message());
    std::exit(1);
}

int main()
{
    Rate michaelis_menten = [](const double *w, double s) { return w[0] * s / (w[1] + s); };
    const double weights[2][2] = {{2, 0.5}, {3, 2.5}}; // Vmax, Km
    std::vector<double> substrate, precision;
    for (int i = 1; i <= 40; i++) {
        substrate.push_back(0.1 * i);
        precision.push_back(1 / (0.01 + 0.002 * i)); // 1 / variance
    }
    critpt_model_callbacks table = {};
    table.struct_size = sizeof table;
    table.outputs = rates;
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_plan *plan;
    check(critpt_model_create(&model, 1, 1, 2, &table, &michaelis_menten));
    check(critpt_landscape_create(&landscape, model, substrate.size(), substrate.data(), 1));
    check(critpt_landscape_set_sample_weights(landscape, precision.data(), precision.size()));
    check(critpt_plan_create(&plan, landscape));
    for (size_t k = 0; k < 2; k++) {
        check(critpt_plan_add_point(plan, weights[k], 2, nullptr));
        check(critpt_plan_require_minimum(plan, k, 1e-2, nullptr));
    }
    check(critpt_plan_solve(plan, nullptr));
    std::printf("%6s %6s %10s %14s %10s\n", "Vmax", "Km", "loss", "eigenvalues", "kind");
    for (const double *w : weights) {
        critpt_spectrum *spectrum;
        double loss, first, last;
        check(critpt_landscape_loss(landscape, nullptr, w, 2, &loss));
        check(critpt_spectrum_create(&spectrum, landscape, w, 2, nullptr));
        check(critpt_spectrum_eigenvalue(spectrum, 0, &first, nullptr));
        check(critpt_spectrum_eigenvalue(spectrum, 1, &last, nullptr));
        std::printf("%6.2f %6.2f %10.6f %6.3g, %6.3g %10s\n", w[0], w[1], loss, first, last,
                    critpt_kind_name(critpt_spectrum_kind(spectrum)));
        critpt_spectrum_destroy(spectrum);
    }
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
    return 0;
}
