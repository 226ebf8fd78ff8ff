/* The specification of an instance: JSON as critpt-landscape(5) describes it, checked and in C. */
#ifndef SPEC_H
#define SPEC_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/outcome.h"

typedef enum source_kind {
    SOURCE_ABSENT = 0,
    SOURCE_CSV,
    SOURCE_HDF5,
    SOURCE_NORMAL, /* inputs only, as the next */
    SOURCE_UNIFORM
} source_kind;

/* Where numbers come from. Strings are owned; path is relative to the working directory. */
typedef struct data_source {
    source_kind kind;
    char *path;
    char *dataset; /* HDF5 */
    char *columns; /* CSV; NULL: all */
    char **names;  /* CSV: of columns instead */
    size_t n_names, skip_rows;
    bool header;
    char separator;    /* 0: a comma */
    size_t read_limit; /* 0: as usual */
} data_source;

typedef struct input_spec {
    data_source source;
    size_t samples;   /* normal, uniform */
    double low, high; /* uniform */
    bool standardize, drop_constant;
    size_t drop_rare; /* drop columns with fewer samples off their commonest value; 0: none */
} input_spec;

typedef enum base_kind { BASE_POINTS_MEAN = 0, BASE_ZERO, BASE_NOISE, BASE_CSV } base_kind;

typedef struct base_spec {
    base_kind kind;
    data_source source;
    bool one_hot;
    double noise;
} base_spec;

/* P numbers: given, from a file, or a unit vector. */
typedef struct vector_spec {
    data_source file; /* absent: the next two */
    size_t n;         /* 0: a unit vector */
    double *numbers;
    size_t unit;
} vector_spec;

/* One of a point's conditions. */
typedef struct condition_spec {
    critpt_condition_kind kind;
    size_t entry[2];        /* of the Hessian */
    vector_spec vectors[2]; /* the gradient; v and u; the eigenvector */
    double value;
    double soft; /* weight; 0: hard */
} condition_spec;

typedef struct point_spec {
    data_source weights; /* absent: drawn */
    bool fixed;
    bool critical;
    bool has_nature;
    size_t index; /* of a saddle; SIZE_MAX for a maximum */
    double margin;
    bool has_margin;        /* written, and not a wish */
    double eigenvalue;      /* in a margin's stead; 0: a margin */
    double basin;           /* radius of a minimum's; 0: any */
    bool allows_complement; /* a minimum on the complement of null directions will do */
    bool has_loss, has_above;
    double loss, by, soft; /* of loss_above, as the next */
    size_t above;
    size_t n_conditions;
    condition_spec *conditions;
} point_spec;

/* A loss at a weight vector, or a picture. */
typedef struct value_spec {
    bool is_picture;
    data_source weights;
    size_t above;
    double value;
    size_t plane[3], grid;
    data_source image;
    double soft;
} value_spec;

/* 1/2 (w - c)' Lambda (w - c): one number for all weights or one for each, and c. */
typedef struct penalty_spec {
    double all;          /* unless there is a file */
    data_source weights; /* numbers for each weight */
    data_source centre;  /* c; zeros where there is none */
} penalty_spec;

typedef struct spec {
    char *file;
    json_t *root;
    char *library;       /* the shared object that has the model, or NULL: a network */
    char *library_model; /* its name there, and options; NULL if there are none */
    char *library_options;
    size_t n_layers, *widths; /* n_layers + 1 widths, the first that of the inputs */
    critpt_activation *activations;
    int *bias;
    double init_scale;
    input_spec inputs;
    base_spec base;
    uint64_t seed;
    size_t n_points;
    point_spec *points;
    size_t n_values;
    value_spec *values;
    data_source sample_weights, output_metric, frozen;
    penalty_spec penalty;
    bool balance_output_bias;
    double rank_tolerance; /* 0: the library's default, as the next */
    size_t memory_limit;
    double amplification_limit;
    double time_limit;      /* seconds; 0: none */
    size_t nature_products; /* 0: the library's default */
    size_t candidates;      /* of separate_points; 0: points are drawn one by one */
} spec;

/* `seed` replaces the file's unless it is NULL. Whatever is wrong is BAD_INPUT naming file and JSON
 * path; a file that cannot be read is ENVIRONMENT. */
outcome spec_read(spec *s, const char *file, const uint64_t *seed);
/* The same of JSON text, as a landscape file holds it; `file` is for messages and paths. */
outcome spec_parse(spec *s, const char *file, const char *text);
void spec_free(spec *s);
/* Has the model's object elsewhere, relative to the working directory. */
outcome spec_set_library(spec *s, const char *path);
/* Whether the point is one of those chosen among candidates. */
bool spec_is_drawn_apart(const spec *s, size_t point);
/* The JSON text with the seed used; free it. */
outcome spec_text(const spec *s, char **text);

#endif
