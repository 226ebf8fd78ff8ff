/* Numbers from wherever a specification says they are: a CSV file or a dataset of an HDF5 file. */
#ifndef SOURCE_H
#define SOURCE_H

#include "spec/spec.h"
#include "data/table.h"

outcome spec_source_read(const data_source *source, table *t);

#endif
