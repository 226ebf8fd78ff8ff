/* Parts of a specification, each taken from its place. */
#ifndef SPEC_PARTS_H
#define SPEC_PARTS_H

#include "json_place.h"
#include "spec.h"

outcome take_model(const place *p, spec *s);
outcome take_inputs(const place *p, input_spec *inputs);
outcome take_base(const place *p, base_spec *base);
outcome take_points(const place *p, spec *s);
/* {"csv", "columns", "skip_rows"} */
outcome take_file_source(const place *p, data_source *source);

#endif
