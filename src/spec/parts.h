/* Parts of a specification, each taken from its place. */
#ifndef SPEC_PARTS_H
#define SPEC_PARTS_H

#include "spec/place.h"
#include "spec/spec.h"

outcome spec_take_model(const place *p, spec *s);
outcome spec_take_inputs(const place *p, input_spec *inputs);
outcome spec_take_base(const place *p, base_spec *base);
outcome spec_take_points(const place *p, spec *s);
/* After the points. */
outcome spec_take_values(const place *p, spec *s);
outcome spec_take_separation(const place *p, spec *s);
/* Keys of everything that is read from a CSV file. */
#define CSV_OPTIONS "columns", "skip_rows", "header", "separator", "read_limit"
#define CSV_KEYS "csv", CSV_OPTIONS
#define HDF5_KEYS "hdf5", "dataset", "read_limit"
/* {CSV_KEYS} */
outcome spec_take_file_source(const place *p, data_source *source);
/* {CSV_KEYS} or {HDF5_KEYS} */
outcome spec_take_vector_file(const place *p, data_source *source);
outcome spec_take_csv(const place *p, const place *path, data_source *source);
/* A path, relative to the specification; and a text. */
outcome spec_take_path(const place *p, char **path);
outcome spec_take_copy(const place *p, char **copy);
/* Which of several keys an object has: exactly one of them must be there. */
outcome spec_choose(const place *p, const char *const *keys, size_t n_keys, size_t *chosen);

#endif
