/* Feeds a target with files, and with files that chance has damaged, each in a child of its own:
 *
 *     fuzz_file [-n RUNS] [-s SEED] FILE...
 *
 * A child that is ended by a signal, finds an error or takes more than its time is a finding: what
 * it was fed with is kept as finding.SEED.RUN. TAP on standard output. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

enum { SECONDS = 20, LARGEST = 1 << 20 };

static uint64_t state;

/* splitmix64 */
static uint64_t draw(uint64_t below)
{
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (z ^ z >> 31) % below;
}

static size_t load(const char *path, uint8_t *bytes)
{
    FILE *file = fopen(path, "rb");
    size_t n = file ? fread(bytes, 1, LARGEST, file) : 0;
    if (!file) {
        printf("Bail out! cannot read %s\n", path);
        exit(99);
    }
    fclose(file);
    return n;
}

/* A few bytes become others: a bit flipped, a byte drawn, one at the edge of its type, a number of
 * several bytes, a piece from elsewhere; rarely, the end is cut off. */
static size_t damage(uint8_t *bytes, size_t n)
{
    static const uint8_t edges[] = {0, 1, 0x7f, 0x80, 0xff};
    uint64_t changes = 1 + draw(4);
    for (uint64_t i = 0; n && i < changes; i++) {
        size_t at = draw(n), length = 1 + draw(8), from = draw(n);
        length = length < n - at ? length : n - at;
        length = length < n - from ? length : n - from;
        switch (draw(6)) {
        case 0:
            bytes[at] ^= (uint8_t)(1 << draw(8));
            break;
        case 1:
            bytes[at] = (uint8_t)draw(256);
            break;
        case 2:
            bytes[at] = edges[draw(sizeof edges)];
            break;
        case 3:
            memset(bytes + at, edges[draw(sizeof edges)], length);
            break;
        case 4:
            memmove(bytes + at, bytes + from, length);
            break;
        default:
            n = draw(20) ? n : at;
        }
    }
    return n;
}

/* How the child ended: 0 if well. */
static int run(const uint8_t *bytes, size_t n)
{
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit time = {SECONDS, SECONDS + 1}, core = {0, 0};
        setrlimit(RLIMIT_CPU, &time);
        setrlimit(RLIMIT_CORE, &core);
        alarm(3 * SECONDS); /* waits without using the processor */
        LLVMFuzzerTestOneInput(bytes, n);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0) {
        printf("Bail out! cannot fork\n");
        exit(99);
    }
    char left[64]; /* of a child that was ended */
    static const char *const endings[] = {".h5", ".json", ".csv", ".run"};
    for (size_t i = 0; status && i < sizeof endings / sizeof *endings; i++) {
        snprintf(left, sizeof left, "fuzz.%ld%s", (long)child, endings[i]);
        unlink(left);
    }
    return status;
}

static void keep(const uint8_t *bytes, size_t n, uint64_t seed, uint64_t i, int status)
{
    char path[64];
    snprintf(path, sizeof path, "finding.%llu.%llu", (unsigned long long)seed,
             (unsigned long long)i);
    FILE *file = fopen(path, "wb");
    if (file) {
        fwrite(bytes, 1, n, file);
        fclose(file);
    }
    printf("# %s: ended by %s %d\n", path, WIFSIGNALED(status) ? "signal" : "exit code",
           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static uint64_t run_damaged(char **files, size_t n_files, uint64_t runs, uint64_t seed)
{
    static uint8_t bytes[LARGEST];
    uint64_t findings = 0;
    for (uint64_t i = 0; i < runs; i++) {
        size_t n = load(files[draw(n_files)], bytes);
        n = damage(bytes, n);
        int status = run(bytes, n);
        findings += status != 0;
        if (status)
            keep(bytes, n, seed, i, status);
    }
    return findings;
}

int main(int argc, char **argv)
{
    static uint8_t bytes[LARGEST];
    uint64_t runs = 0, seed = 1;
    int first = 1;
    for (; first + 1 < argc && argv[first][0] == '-'; first += 2)
        *(argv[first][1] == 'n' ? &runs : &seed) = strtoull(argv[first + 1], NULL, 10);
    size_t n_files = (size_t)(argc - first);
    state = seed;
    for (size_t i = 0; i < n_files; i++) {
        char *file = argv[first + (int)i];
        int status = run(bytes, load(file, bytes));
        printf("%s - %s\n", status ? "not ok" : "ok", file);
    }
    if (runs && n_files) {
        uint64_t findings = run_damaged(argv + first, n_files, runs, seed);
        printf("%s - %llu damaged files, %llu findings, seed %llu\n", findings ? "not ok" : "ok",
               (unsigned long long)runs, (unsigned long long)findings, (unsigned long long)seed);
    }
    printf("1..%zu\n", n_files + (runs && n_files));
    return 0;
}
