/* Random models of fewer weights, and what they are held against. */
#ifndef TESTS_REPARAMETRIZED_SUPPORT_H
#define TESTS_REPARAMETRIZED_SUPPORT_H

#include "dice.h"

typedef enum matrix_kind {
    CHOSEN,     /* some weights, in any order */
    UPPER,      /* the same, none of the first layer */
    LAST_LAYER, /* all of it */
    TIED,       /* every weight is one of few, or its negative, or stays */
    NESTED,     /* chosen ones of tied ones */
    SPARSE,     /* entries here and there */
    DENSE,      /* few columns */
    CANCELLING, /* as sparse, from an origin that nearly cancels the rest */
    N_MATRIX_KINDS
} matrix_kind;

typedef struct fewer {
    net shape;
    matrix_kind kind;
    size_t P, V; /* weights of the base and of the model */
    critpt_model *base, *model, *between;
    double *origin, *v, *kept; /* kept, P: what weights that a nested model fixes add */
    double *matrix;            /* P x V: B, whatever made it */
} fewer;

/* A random network with at most 60 weights and a model of fewer; v is at the initialiser's scale.
 */
fewer fewer_create(dice *d, matrix_kind kind);
void fewer_destroy(fewer *f);
/* The base's weights, as the models have them. */
void fewer_base_weights(const fewer *f, const double *v, double *w);
/* w0 + B v, rounded once, for the cancelling kind too. */
void fewer_weights(const fewer *f, const double *v, long double *w);

enum { N = 23 }; /* samples */

/* Both landscapes on the same samples, weighted alike, and what a case needs. */
typedef struct pair {
    fewer f;
    critpt_landscape *base, *fewer;
    double *inputs, *targets, *w; /* the base's weights, as the model has them */
    long double *exact;           /* and as they are */
} pair;

/* M_i = 1.5 I, 0.25 beside the diagonal, and what a sample adds to both. */
void metrize(critpt_landscape *landscape, size_t n, size_t D);
/* Of a number's kind and seed. */
pair pair_create(int number);
void pair_destroy(pair *p);

#endif
