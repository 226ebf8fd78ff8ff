/* What the tests of landscape files share: a small landscape, a file with everything in it. */
#ifndef TESTS_FILE_SUPPORT_H
#define TESTS_FILE_SUPPORT_H

#include "critpt_file.h"
#include "support.h"

enum { N = 7, INPUTS = 2, OUTPUTS = 2, K = 3 };

/* Of this process; removed when a test ends. */
extern char path[64], other[64];
/* N samples, sample weights and a metric, P weights. */
extern critpt_landscape *landscape;
extern size_t P;

critpt_model *make_model(void);
void file_setup(void);
void file_teardown(void);
/* A file of the landscape with every kind of content; NULL where the status is a failure. */
critpt_status fill(critpt_file **result);
critpt_file *filled(void);

/* The bytes of a file, to be freed; and bytes to a file. */
char *load(const char *name, size_t *n);
void store(const char *name, const char *bytes, size_t n);

/* test_main with setup and teardown around each test. */
int file_test_main(const char *name, const test_function *tests, size_t n_tests);

#endif
