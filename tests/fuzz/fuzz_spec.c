/* Specifications in JSON. */
#include <stdlib.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "spec/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_store(data, size, ".json");
    spec s;
    char *text = NULL;
    if (spec_read(&s, path, NULL) == DONE) {
        if (spec_text(&s, &text) != DONE)
            abort();
        free(text);
        spec_free(&s);
    }
    unlink(path);
    return 0;
}
