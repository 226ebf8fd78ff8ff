/* The content of a landscape file, and HDF5 with checked calls. */
#ifndef CPT_FILE_H
#define CPT_FILE_H

#include <hdf5.h>
#include <math.h>
#include <stdbool.h>

#include "base/base.h"
#include "critpt_file.h"

/* A quantity's name in the file, and whether it is stored as an integer. */
typedef struct cpt_file_quantity {
    const char *name;
    bool integer;
} cpt_file_quantity;

/* In the order of their enumerations. A new quantity is one more line in tables.c. */
enum {
    CPT_FILE_POINT_QUANTITIES = 22,
    CPT_FILE_VECTORS = 2,
    CPT_FILE_REPORT_QUANTITIES = 15,
    CPT_FILE_CONDITION_QUANTITIES = 7,
    CPT_FILE_TEXTS = 9
};
extern const cpt_file_quantity cpt_file_point_quantities[CPT_FILE_POINT_QUANTITIES];
extern const char *const cpt_file_vectors[CPT_FILE_VECTORS];
extern const cpt_file_quantity cpt_file_report_quantities[CPT_FILE_REPORT_QUANTITIES];
extern const char *const cpt_file_condition_quantities[CPT_FILE_CONDITION_QUANTITIES];
/* Names of the root's attributes, and of the model's; NULL for texts that stand elsewhere. */
extern const char *const cpt_file_root_texts[CPT_FILE_TEXTS];
extern const char *const cpt_file_model_texts[CPT_FILE_TEXTS];

/* A growing list of owned strings. */
typedef struct cpt_file_strings {
    size_t n, capacity;
    char **items;
} cpt_file_strings;

/* A condition: what was asked, and what became of it. */
typedef struct cpt_file_condition {
    critpt_condition_kind kind;
    size_t n_points, points[3];
    size_t n_rows, n_columns;
    double *array; /* n_rows x n_columns; NULL where the kind has none */
    double values[CPT_FILE_CONDITION_QUANTITIES];
} cpt_file_condition;

/* Outputs at the points on some samples, by which a model is known that is not in the file. */
typedef struct cpt_file_record {
    size_t n, *samples; /* at most CPT_FILE_RECORDED, ascending */
    double *outputs;    /* K x (n D), NULL where nothing is recorded */
} cpt_file_record;
enum { CPT_FILE_RECORDED = 8 };

struct critpt_file {
    critpt_file_model_kind model;
    size_t n_layers, *widths; /* of a network: n_layers + 1 widths */
    critpt_activation *activations;
    int *bias;
    int exact_orders;              /* of another model, as the next */
    cpt_file_strings weight_names; /* P, or none */
    cpt_file_record record;
    size_t n_samples, n_inputs, n_outputs, n_weights;
    double *inputs, *targets;                       /* N x d, N x D */
    double *base_targets, *sample_weights, *metric; /* NULL where absent */
    double *penalty, *centre;                       /* P; NULL where absent */
    uint64_t seed;
    char *texts[CPT_FILE_TEXTS];
    size_t n_points;
    double *weights, *requested;                     /* K x P */
    double *point_values[CPT_FILE_POINT_QUANTITIES]; /* K each, NULL where unknown */
    double *vectors[CPT_FILE_VECTORS];               /* K x P, NULL where unknown */
    cpt_file_strings natures, kinds;                 /* K; a kind that is not known is "" */
    size_t *columns;                                 /* d of the source; NULL where absent */
    double *mean, *mean_low, *scale;                 /* d */
    cpt_file_strings dropped_why;
    size_t *dropped, dropped_capacity; /* as many as dropped_why.n */
    unsigned char *frozen;             /* N x D, or NULL */
    size_t n_conditions, conditions_capacity;
    cpt_file_condition *conditions;
    double report[CPT_FILE_REPORT_QUANTITIES];
    cpt_file_strings warnings;
};

/* Which loss the numbers of a file are of, without and with a penalty. */
extern const char *const cpt_file_loss_formulas[2];
/* What a file with a penalty requires its reader to know. */
extern const char cpt_file_penalty_feature[];

/* Content with nothing in it but defaults. */
critpt_status cpt_file_new(critpt_file **file);
/* Checks of the setters and getters; `n` is how many quantities, texts or the like there are. */
critpt_status cpt_file_require(const critpt_file *file);
critpt_status cpt_file_require_pointer(const void *pointer, const char *what);
critpt_status cpt_file_require_point(const critpt_file *file, size_t point);
critpt_status cpt_file_require_choice(const char *what, int choice, int n);
critpt_status cpt_file_replace_text(char **place, const char *text);
/* Forgets the points with all that is known of them, and the conditions, which are on points. */
void cpt_file_forget_points(critpt_file *file);
/* Room for a vector of each point, none of them known. */
critpt_status cpt_file_make_vectors(critpt_file *file, critpt_file_vector which);
void cpt_file_forget_conditions(critpt_file *file);
/* Whether a condition of this kind is on losses, which stand in /values, else in /conditions. */
bool cpt_file_is_value(critpt_condition_kind kind);
/* Checks kind, points and array of a condition that is otherwise empty, and copies the array. */
critpt_status cpt_file_make_condition(const critpt_file *file, cpt_file_condition *made,
                                      const double *array, size_t leading);
size_t cpt_file_condition_points(critpt_condition_kind kind);
/* Whether the numbers of its array are those of weights; whether it is stored with its point. */
bool cpt_file_names_weights(critpt_condition_kind kind);
bool cpt_file_is_of_point(critpt_condition_kind kind);
bool cpt_file_array_fits(const critpt_file *file, critpt_condition_kind kind, size_t n_rows,
                         size_t n_columns);
/* Whether it is the name of a kind, or empty, for one that is not known. */
bool cpt_file_is_kind(const char *kind);
/* `n` times the same string. */
critpt_status cpt_file_repeat_string(cpt_file_strings *strings, const char *text, size_t n);
/* Spectra and symmetric copies of all points, with progress unless it is NULL; what cannot be known
 * becomes a warning. */
critpt_status cpt_file_add_spectra(critpt_file *file, const critpt_landscape *landscape,
                                   critpt_progress progress, void *user);
/* Slope of leaky_relu and scale of elu, as PyTorch has them; 0 where there is no parameter. */
double cpt_file_activation_parameter(critpt_activation activation);
/* Sets n_inputs, n_outputs and n_weights from the layers. */
critpt_status cpt_file_count_weights(critpt_file *file);
/* Layers or sizes (model.c). */
critpt_status cpt_file_copy_model(critpt_file *file, const critpt_model *model);
/* A landscape of the content with any model of its sizes. */
critpt_status cpt_file_make_landscape(const critpt_file *file, critpt_model *model,
                                      critpt_landscape **landscape);
void cpt_file_forget_record(critpt_file *file);
/* What a reader must know to judge a file of such a model; NULL: nothing. */
const char *cpt_file_requirement(critpt_file_model_kind kind);

critpt_status cpt_file_copy_string(char **copy, const char *text);
critpt_status cpt_file_add_string(cpt_file_strings *strings, const char *text);
void cpt_file_free_strings(cpt_file_strings *strings);
/* Room for one element more in an array of n. */
critpt_status cpt_file_grow(void *array, size_t *capacity, size_t n, size_t element_size);

/* HDF5 prints errors by default: silence it around every use, and restore what was set. */
typedef struct cpt_file_silence {
    H5E_auto2_t function;
    void *data;
} cpt_file_silence;
cpt_file_silence cpt_file_silence_begin(void);
void cpt_file_silence_end(cpt_file_silence silence);

/* An HDF5 file being read: `path` is for messages. Begin with CPT_FILE_READER. */
typedef struct cpt_file_reader {
    const char *path;
    int descriptor;                 /* of the same file: strings are read by it */
    hid_t file, links;              /* access to objects, without following links to other files */
    uint64_t size, user_block, end; /* bytes of the file, before the superblock, and from it on */
    uint64_t root, extension;       /* addresses of objects that HDF5 opens first, from it on too */
    uint64_t most_links, most_children; /* of nodes in the trees of old groups */
    uint64_t *checked; /* addresses of objects that were, as many as there is room for */
    double room;       /* bytes of memory that what is read may take */
} cpt_file_reader;
#define CPT_FILE_READER                                                                            \
    {                                                                                              \
        .descriptor = -1, .file = H5I_INVALID_HID, .links = H5I_INVALID_HID, .room = INFINITY      \
    }
enum { CPT_FILE_CHECKED = 64 }; /* addresses that a reader has room for */
critpt_status cpt_file_open(cpt_file_reader *reader, const char *path);
void cpt_file_close(cpt_file_reader *reader);

typedef enum cpt_file_class { CPT_FILE_OTHER, CPT_FILE_NUMBERS, CPT_FILE_STRINGS } cpt_file_class;

/* A dataset of the file, or an attribute of one of its objects. */
typedef struct cpt_file_item {
    const cpt_file_reader *reader;
    char name[160]; /* for messages: "/points/loss", "/inputs attribute mean" */
    hid_t id;
    bool attribute;
    cpt_file_class class;
    size_t rank, dims[2]; /* rank 0: a scalar, dims 1 x 1; rank 1: dims n x 1 */
} cpt_file_item;
/* item->id is negative, with CRITPT_OK, where there is no such thing. `attribute` NULL: dataset.
 * What is found is stored in the file as a whole, and there is room for it. */
critpt_status cpt_file_find(const cpt_file_reader *reader, const char *object,
                            const char *attribute, cpt_file_item *item);
void cpt_file_release(cpt_file_item *item);
/* links.c: whether every link of the path is there. The objects on it are checked before HDF5 opens
 * them, and lie in this file. */
critpt_status cpt_file_find_object(const cpt_file_item *item, const char *object, bool *found);
/* Class and shape of an item that is open, and whether it is stored; cpt_file_find calls it. */
critpt_status cpt_file_measure(cpt_file_item *item);
/* inflated.c: CRITPT_INVALID_ARGUMENT where a chunk that is compressed has more bytes than it may.
 */
critpt_status cpt_file_require_inflated(const cpt_file_item *item);
cpt_file_class cpt_file_class_of(const cpt_file_item *item);
hid_t cpt_file_type_of(const cpt_file_item *item);
/* room.c: CRITPT_NO_MEMORY where the landscape in the file needs more than the reader's room,
 * before any is taken. Of texts, what is beyond a MiB shows when they are read. */
critpt_status cpt_file_require_room(const cpt_file_reader *reader);
/* CRITPT_INVALID_ARGUMENT naming the item. */
critpt_status cpt_file_bad_item(const cpt_file_item *item, const char *format, ...)
    CPT_PRINTF(2, 3);
critpt_status cpt_file_damaged_item(const cpt_file_item *item);
/* Numbers of any type, converted to `type`: H5T_NATIVE_DOUBLE, _INT64. `values` has room for all.
 */
critpt_status cpt_file_get_numbers(const cpt_file_item *item, hid_t type, void *values);
/* All of the item's strings, into a list that is empty. */
critpt_status cpt_file_get_strings(const cpt_file_item *item, cpt_file_strings *strings);

/* What stands in an item of strings: references to heaps, of so many bytes. */
enum { CPT_FILE_REFERENCE = 16 };
bool cpt_file_read_references(const cpt_file_item *item, unsigned char *references);
/* How a dataset of strings is stored, to be closed; negative where it has strings as fill value. */
hid_t cpt_file_storage_of_strings(const cpt_file_item *item);
/* The strings that n references lead to, into a list that is empty. */
critpt_status cpt_file_follow(const cpt_file_reader *reader, const unsigned char *references,
                              size_t n, cpt_file_strings *strings);

/* An HDF5 file in memory whose bytes are ours once it is closed. (H5Fget_file_image will not do: it
 * leaves a superblock whose checksum is wrong.) */
typedef struct cpt_file_image {
    void *bytes;
    size_t size, room;
    bool failed; /* memory */
} cpt_file_image;
/* Of a file that takes `room` bytes, nearly, at most. */
critpt_status cpt_file_image_open(cpt_file_image *image, size_t room, hid_t *file);
critpt_status cpt_file_image_close(cpt_file_image *image, hid_t *file);

/* No times, and attributes in the object's header, where every reader can edit and copy them (one
 * beyond 64 KiB goes elsewhere by itself). */
bool cpt_file_set_object_defaults(hid_t creation_plist);

/* Writing: datasets at a path from the root, or attributes of an object. Rank 0: a scalar. */
critpt_status cpt_file_put_group(hid_t file, const char *name);
critpt_status cpt_file_put_numbers(hid_t file, const char *object, const char *attribute,
                                   hid_t file_type, hid_t memory_type, size_t rank, size_t rows,
                                   size_t columns, const void *values);
critpt_status cpt_file_put_strings(hid_t file, const char *object, const char *attribute,
                                   size_t rank, const char *const *strings, size_t n);

/* Writes bytes beside `path` and renames. */
critpt_status cpt_file_replace(const char *path, const void *bytes, size_t n);

#endif
