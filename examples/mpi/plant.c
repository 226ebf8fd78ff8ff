/* Plants two critical points of a network whose samples are spread over processes, checks the
 * gradients there, and finds the ends of the spectrum at one of them. Every process draws its own
 * samples by their number in the whole: the targets are the same for any number of processes.
 *     cc plant.c $(pkg-config --cflags --libs critpt-mpi) -lm -o plant
 *     mpirun -np 4 ./plant [TARGETS]     writes all targets, one sample a line */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <critpt_mpi.h>

enum { SAMPLES = 3000, INPUTS = 20, HIDDEN = 30, OUTPUTS = 10, POINTS = 2, EXTREME = 3 };

/* What fails in one process fails in all, so that all of them come here. */
static void check(critpt_status status)
{
    if (status == CRITPT_OK)
        return;
    fprintf(stderr, "plant: %s\n", critpt_error_message());
    MPI_Finalize();
    exit(1);
}

static double *room(size_t n)
{
    double *made = malloc((n ? n : 1) * sizeof *made);
    if (!made)
        MPI_Abort(MPI_COMM_WORLD, 1);
    return made;
}

static critpt_landscape *make_landscape(critpt_model *model, size_t first, size_t n)
{
    critpt_landscape *landscape;
    double *inputs = room(n * INPUTS);
    check(critpt_random_normal(7, CRITPT_STREAM_INPUTS, first * INPUTS, inputs, n * INPUTS));
    check(critpt_landscape_create(&landscape, model, n, inputs, INPUTS));
    check(critpt_mpi_attach(landscape, MPI_COMM_WORLD));
    free(inputs);
    return landscape;
}

static void plant(critpt_landscape *landscape, double *weights, size_t n_weights, int rank)
{
    critpt_plan *plan;
    double condition, distance;
    check(critpt_plan_create(&plan, landscape));
    for (size_t k = 0; k < POINTS; k++) {
        check(critpt_mlp_draw_weights(critpt_landscape_model(landscape), 7, k, 1.5, weights,
                                      n_weights));
        check(critpt_plan_add_point(plan, weights, n_weights, NULL));
        check(critpt_plan_let_point_move(plan, k));
    }
    check(critpt_plan_solve(plan, NULL));
    check(critpt_plan_report_value(plan, CRITPT_REPORT_CONDITION, &condition));
    check(critpt_plan_report_value(plan, CRITPT_REPORT_DISTANCE, &distance));
    if (rank == 0)
        printf("condition %.3e, distance %.6f\n", condition, distance);
    for (size_t k = 0; k < POINTS; k++) {
        double *gradient = room(n_weights), unit, norm = 0;
        check(critpt_plan_point_weights(plan, k, weights, n_weights));
        check(critpt_landscape_gradient(landscape, NULL, weights, n_weights, gradient, n_weights,
                                        NULL));
        check(critpt_landscape_gradient_unit(landscape, NULL, weights, n_weights, &unit));
        for (size_t j = 0; j < n_weights; j++)
            norm = hypot(norm, gradient[j]);
        if (rank == 0)
            printf("point %zu: |gradient| %.1e, %.2f rounding units\n", k, norm, norm / unit);
        free(gradient);
    }
    critpt_plan_destroy(plan);
}

/* The least and the largest eigenvalues of the Hessian. */
static void show_spectrum(const critpt_landscape *landscape, const double *weights,
                          size_t n_weights, int rank)
{
    critpt_spectrum_options *options;
    critpt_spectrum *spectrum;
    check(critpt_spectrum_options_create(&options));
    check(critpt_spectrum_options_set_n_extreme(options, EXTREME));
    check(critpt_spectrum_create(&spectrum, landscape, weights, n_weights, options));
    for (size_t i = 0; i < critpt_spectrum_n_eigenvalues(spectrum); i++) {
        double value, error;
        check(critpt_spectrum_eigenvalue(spectrum, i, &value, &error));
        if (rank == 0)
            printf("eigenvalue %.9e +- %.1e\n", value, error);
    }
    critpt_spectrum_destroy(spectrum);
    critpt_spectrum_options_destroy(options);
}

/* Process after process. */
static void write_targets(const critpt_landscape *landscape, const char *path, int rank,
                          int n_ranks)
{
    size_t n = critpt_landscape_n_samples(landscape);
    double *targets = room(n * OUTPUTS);
    check(critpt_landscape_targets(landscape, targets, OUTPUTS));
    for (int turn = 0; turn < n_ranks; turn++) {
        FILE *file = turn == rank ? fopen(path, rank == 0 ? "w" : "a") : NULL;
        for (size_t i = 0; file && i < n * OUTPUTS; i++)
            fprintf(file, "%.17g%c", targets[i], i % OUTPUTS + 1 == OUTPUTS ? '\n' : ' ');
        if (turn == rank && (!file || fclose(file) != 0)) {
            perror(path);
            MPI_Abort(MPI_COMM_WORLD, 1);
        }
        MPI_Barrier(MPI_COMM_WORLD);
    }
    free(targets);
}

int main(int argc, char **argv)
{
    int rank, n_ranks;
    critpt_model *model;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
    check(critpt_mlp_create(&model, INPUTS));
    check(critpt_mlp_add_layer(model, HIDDEN, CRITPT_TANH, CRITPT_BIAS));
    check(critpt_mlp_add_layer(model, OUTPUTS, CRITPT_IDENTITY, CRITPT_BIAS));
    size_t first = (size_t)SAMPLES * (size_t)rank / (size_t)n_ranks;
    size_t end = (size_t)SAMPLES * ((size_t)rank + 1) / (size_t)n_ranks;
    critpt_landscape *landscape = make_landscape(model, first, end - first);
    size_t n_weights = critpt_model_n_weights(model);
    double *weights = room(n_weights);
    plant(landscape, weights, n_weights, rank);
    show_spectrum(landscape, weights, n_weights, rank);
    if (argc > 1)
        write_targets(landscape, argv[1], rank, n_ranks);
    free(weights);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
    MPI_Finalize();
    return 0;
}
