/* A target: what is fed with bytes that may be anything. The name is libFuzzer's, so that clang
 * -fsanitize=fuzzer drives it too, in place of driver.c. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writes the bytes to a file of this process's own, whose name ends so, and returns the name. */
const char *fuzz_store(const uint8_t *data, size_t size, const char *ending);

#endif
