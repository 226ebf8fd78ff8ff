/* The table, and reading lists of its names. */
#include "race/algorithms.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "race/solvers.h"

#ifdef HAVE_NLOPT
#define NLOPT(function) function
#else
#define NLOPT(function) NULL
#endif
#ifdef HAVE_CMINPACK
#define CMINPACK(function) function
#else
#define CMINPACK(function) NULL
#endif
#ifdef HAVE_LIBLBFGS
#define LIBLBFGS(function) function
#else
#define LIBLBFGS(function) NULL
#endif

static const char nlopt[] = "NLopt", cminpack[] = "cminpack", liblbfgs[] = "liblbfgs";
/* of NLopt 2.7.1, cminpack 1.3.6 and liblbfgs 1.10, by their issue trackers */
static const char goes_on[] = "goes on after a forced stop (nlopt #77); the run keeps the budget";
static const char negative[] = "a negative maxeval misbehaves (nlopt #570); it is not used";
static const char branch[] = "1.10 has a wrong branch in its default line search (liblbfgs #28)";
static const char dense[] = "keeps the whole Jacobian of N D residuals";

static const race_algorithm table[] = {
    {"gd", "gradient descent with backtracking", NULL, NULL, race_gradient_descent, 0, 5, 0},
    {"momentum", "the heavy ball", NULL, NULL, race_momentum, 0, 5, 0},
    {"pgd", "perturbed gradient descent", NULL, NULL, race_perturbed_descent, 0, 5, 0},
    {"sfn", "saddle-free Newton", NULL, NULL, race_saddle_free_newton, 0, 5, 2},
    {"gnm", "descent of the gradient's norm", NULL, NULL, race_gradient_norm, 0, 5, 0},
    {"newton", "damped Newton for a zero gradient", NULL, NULL, race_newton_on_gradient, 0, 5, 2},
    {"sgd", "stochastic gradient descent", NULL, NULL, race_sgd, 0.05, 1, 0},
    {"sgd-momentum", "the heavy ball on minibatches", NULL, NULL, race_minibatch_momentum, 0.01, 2,
     0},
    {"adam", "Adam on minibatches", NULL, NULL, race_adam, 0.003, 3, 0},
    {"nlopt-lbfgs", "L-BFGS", nlopt, goes_on, NLOPT(race_nlopt_lbfgs), 0, 0, 0},
    {"nlopt-tnewton", "truncated Newton", nlopt, negative, NLOPT(race_nlopt_tnewton), 0, 0, 0},
    {"nlopt-var", "variable metric", nlopt, negative, NLOPT(race_nlopt_var), 0, 0, 0},
    {"nlopt-mma", "moving asymptotes", nlopt, negative, NLOPT(race_nlopt_mma), 0, 0, 0},
    {"nlopt-ccsa", "conservative approximations", nlopt, negative, NLOPT(race_nlopt_ccsa), 0, 0, 0},
    {"nlopt-slsqp", "sequential quadratic programs", nlopt, negative, NLOPT(race_nlopt_slsqp), 0, 0,
     0},
    {"nlopt-crs", "controlled random search, losses only", nlopt, negative, NLOPT(race_nlopt_crs),
     0, 0, 0},
    {"lmder", "Levenberg-Marquardt", cminpack, dense, CMINPACK(race_cminpack_lmder), 0, 0, 0},
    {"lbfgs", "L-BFGS", liblbfgs, branch, LIBLBFGS(race_liblbfgs), 0, 0, 0},
};
enum { ROWS = sizeof table / sizeof *table };

const char *race_version(const race_algorithm *algorithm)
{
#ifdef HAVE_NLOPT
    if (algorithm->library == nlopt)
        return race_nlopt_version();
#endif
#ifdef CMINPACK_VERSION_TEXT
    if (algorithm->library == cminpack)
        return CMINPACK_VERSION_TEXT;
#endif
    return algorithm->library ? "of unknown version" : critpt_version();
}

void race_list_print(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        const race_algorithm *a = &table[i];
        printf("%-14s %-40s", a->name, a->what);
        if (!a->solve)
            printf("absent: critpt was built without %s", a->library);
        else if (a->library)
            printf("%s %s; %s", a->library, race_version(a), a->faults);
        else if (a->step > 0)
            printf("step %g", a->step);
        printf("\n");
    }
}

static outcome add(race_list *list, const race_algorithm *algorithm, const char *name,
                   size_t length, double step)
{
    race_entry entry = {.algorithm = algorithm, .step = step};
    outcome result;
    for (size_t i = 0; i < list->n; i++)
        if (strlen(list->entries[i].name) == length &&
            !strncmp(list->entries[i].name, name, length))
            return cli_fail(BAD_INPUT, "--algorithms: %.*s is named twice", (int)length, name);
    TRY(cli_copy_text(&entry.name, name, length));
    TRY(cli_grow(&list->entries, &list->capacity, list->n + 1, sizeof *list->entries));
    list->entries[list->n++] = entry;
    entry.name = NULL;
done:
    free(entry.name);
    return result;
}

static const race_algorithm *find(const char *name, size_t length)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strlen(table[i].name) == length && !strncmp(table[i].name, name, length))
            return &table[i];
    return NULL;
}

/* "adam" or "adam@0.001", `length` letters long. */
static outcome read_entry(race_list *list, const char *text, size_t length)
{
    const char *at = memchr(text, '@', length);
    size_t letters = at ? (size_t)(at - text) : length;
    const race_algorithm *algorithm = find(text, letters);
    double step = algorithm ? algorithm->step : 0;
    char *end = NULL;
    if (!algorithm)
        return cli_fail(BAD_INPUT,
                        "--algorithms: there is no algorithm \"%.*s\"; critpt race --algorithms "
                        "help lists them",
                        (int)letters, text);
    if (!algorithm->solve)
        return cli_fail(BAD_INPUT,
                        "--algorithms: %s needs %s, without which this critpt was built; install "
                        "it and configure again",
                        algorithm->name, algorithm->library);
    if (at && !(algorithm->step > 0))
        return cli_fail(BAD_INPUT, "--algorithms: %s chooses its steps itself; leave out %.*s",
                        algorithm->name, (int)(length - letters), at);
    if (at)
        step = strtod(at + 1, &end);
    if (at && (end != text + length || !(step > 0) || !isfinite(step)))
        return cli_fail(BAD_INPUT, "--algorithms: %.*s: the step is not a positive number",
                        (int)length, text);
    return add(list, algorithm, text, length, step);
}

outcome race_list_read(race_list *list, const char *text)
{
    outcome result = DONE;
    for (size_t i = 0; !text && i < ROWS; i++)
        if (table[i].solve)
            TRY(add(list, &table[i], table[i].name, strlen(table[i].name), table[i].step));
    while (text) {
        size_t length = strcspn(text, ",");
        TRY(read_entry(list, text, length));
        text = text[length] ? text + length + 1 : NULL;
    }
done:
    return result;
}

void race_list_free(race_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->entries[i].name);
    free(list->entries);
    *list = (race_list){0};
}
