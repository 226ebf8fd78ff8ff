/* Parts of a specification, each taken from its place. */
#ifndef SPEC_PARTS_H
#define SPEC_PARTS_H

#include "json_place.h"
#include "spec.h"

outcome take_model(const place *p, spec *s);
outcome take_inputs(const place *p, input_spec *inputs);
outcome take_base(const place *p, base_spec *base);
outcome take_points(const place *p, spec *s);
/* After the points. */
outcome take_values(const place *p, spec *s);
outcome take_separation(const place *p, spec *s);
/* Keys of everything that is read from a CSV file. */
#define CSV_OPTIONS "columns", "skip_rows", "header", "separator"
#define CSV_KEYS "csv", CSV_OPTIONS
/* {CSV_KEYS} */
outcome take_file_source(const place *p, data_source *source);
/* {CSV_KEYS} or {"hdf5", "dataset"} */
outcome take_vector_file(const place *p, data_source *source);
outcome take_csv(const place *p, const place *path, data_source *source);
/* Which of several keys an object has: exactly one of them must be there. */
outcome choose(const place *p, const char *const *keys, size_t n_keys, size_t *chosen);

#endif
