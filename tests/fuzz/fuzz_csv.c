/* CSV files, plain and compressed, read as the first byte says. */
#include <stdlib.h>
#include <unistd.h>

#include "data/table.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const columns[] = {NULL, "0", "1-", "0,2-3"};
    static const char separators[] = {0, ';', '\t', ' '};
    char name[] = "a", *names[] = {name};
    if (!size)
        return 0;
    uint8_t choice = *data;
    const char *path = fuzz_store(data + 1, size - 1, ".csv");
    table_format format = {.columns = columns[choice & 3],
                           .separator = separators[choice >> 2 & 3],
                           .header = choice >> 4 & 1,
                           .skip_lines = choice >> 5 & 1,
                           .read_limit = (size_t)1 << 24};
    if (choice >> 6 & 1 && format.header) {
        format.names = names;
        format.n_names = 1;
        format.columns = NULL;
    }
    table t;
    if (data_table_read(&t, path, &format) == DONE) {
        if (!t.rows || !t.values)
            abort();
        data_table_free(&t);
    }
    unlink(path);
    return 0;
}
