/* Loaded into the program before its libraries, fails each of its allocations in turn: where it,
 * the library, Jansson, libcsv or zlib ask for memory, a child is made that does not get it, and
 * goes on to its end; then the program itself goes on with the memory. So that one run has all
 * failures.
 *
 * The K-th child works in the new directory K of that which FAULTS names, with its streams in the
 * files stdout and stderr there, and writes to the file `left` how many blocks were not released. A
 * line "K STATUS" of FAULTS/log says how it ended, as of waitpid. FAULTS_WHOLE set: all of them,
 * else the first and some of the others. HDF5, BLAS and the C library get what they ask for. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* glibc's own names of what is replaced here */
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t n, size_t bytes);
extern void *__libc_realloc(void *old, size_t bytes);
extern void __libc_free(void *block);

/* ---- Whose allocations fail ---- */

enum { MOST_RANGES = 32 };
static struct range {
    uintptr_t first, end;
} ranges[MOST_RANGES];
static size_t n_ranges;

static int add_ranges(struct dl_phdr_info *object, size_t size, void *user)
{
    static const char *const tortured[] = {"libcritpt", "libjansson", "libcsv", "libz."};
    bool wanted = !*object->dlpi_name; /* the program */
    (void)size, (void)user;
    for (size_t i = 0; i < sizeof tortured / sizeof *tortured; i++)
        wanted = wanted || strstr(object->dlpi_name, tortured[i]);
    for (int i = 0; wanted && i < object->dlpi_phnum && n_ranges < MOST_RANGES; i++)
        if (object->dlpi_phdr[i].p_type == PT_LOAD && object->dlpi_phdr[i].p_flags & PF_X) {
            uintptr_t first = object->dlpi_addr + object->dlpi_phdr[i].p_vaddr;
            ranges[n_ranges++] = (struct range){first, first + object->dlpi_phdr[i].p_memsz};
        }
    return 0;
}

static bool is_tortured(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    for (size_t i = 0; i < n_ranges; i++)
        if (at >= ranges[i].first && at < ranges[i].end)
            return true;
    return false;
}

/* ---- What has not been released ---- */

enum { SLOTS = 1 << 16 };
static void *blocks[SLOTS]; /* by hash, next free slot */
static char released;       /* stands where a block stood */
static size_t n_blocks;

static size_t slot_of(const void *block)
{
    return (size_t)((uintptr_t)block / 16 * 0x9e3779b97f4a7c15u >> 48);
}

static void remember(void *block)
{
    size_t at = slot_of(block);
    if (!block || n_blocks >= SLOTS / 2)
        return;
    while (blocks[at] && blocks[at] != &released)
        at = (at + 1) % SLOTS;
    blocks[at] = block;
    n_blocks++;
}

static void forget(const void *block)
{
    size_t at = slot_of(block);
    for (size_t i = 0; block && blocks[at] && i < SLOTS; i++, at = (at + 1) % SLOTS)
        if (blocks[at] == block) {
            blocks[at] = &released;
            n_blocks--;
            return;
        }
}

/* ---- Failing ---- */

static const char *directory;
static bool active; /* in the program itself, not in its children */
static size_t allocation, next_failure;
static pid_t (*make_child)(void);
static int (*make_thread)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

__attribute__((constructor)) static void begin(void)
{
    *(void **)&make_child = dlsym(RTLD_NEXT, "fork");
    *(void **)&make_thread = dlsym(RTLD_NEXT, "pthread_create");
    directory = getenv("FAULTS");
    active = directory && dlsym(RTLD_DEFAULT, "critpt_version");
    if (active)
        dl_iterate_phdr(add_ranges, NULL);
}

static void be_the_child(void)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%zu", directory, allocation);
    if (n >= (int)sizeof path || mkdir(path, 0777) || chdir(path))
        _exit(99);
    int out = open("stdout", O_WRONLY | O_CREAT, 0666),
        err = open("stderr", O_WRONLY | O_CREAT, 0666);
    dup2(out, STDOUT_FILENO), dup2(err, STDERR_FILENO);
    close(out), close(err);
    alarm(100);
}

static void write_log(int status)
{
    char text[4096];
    snprintf(text, sizeof text, "%s/log", directory);
    int log = open(text, O_WRONLY | O_CREAT | O_APPEND, 0666);
    int n = snprintf(text, sizeof text, "%zu %d\n", allocation, status);
    if (write(log, text, (size_t)n) != n)
        _exit(99);
    close(log);
}

/* Whether the caller is a child whose allocation is to fail. */
static bool fails(const void *caller)
{
    if (!active || !is_tortured(caller))
        return false;
    if (allocation++ < next_failure)
        return false;
    next_failure =
        allocation < 60 || getenv("FAULTS_WHOLE") ? allocation : allocation + allocation / 12;
    int status, reason = errno;
    pid_t child = make_child();
    if (child == 0) {
        active = false;
        be_the_child();
        errno = ENOMEM;
        return true;
    }
    while (child < 0 || (waitpid(child, &status, 0) < 0 && errno != EINTR))
        _exit(99);
    write_log(status);
    errno = reason;
    return false;
}

/* ---- In place of the C library's ---- */

#define EXPORTED __attribute__((visibility("default")))

EXPORTED void *malloc(size_t bytes)
{
    const void *caller = __builtin_return_address(0);
    void *block = fails(caller) ? NULL : __libc_malloc(bytes);
    if (is_tortured(caller))
        remember(block);
    return block;
}

EXPORTED void *calloc(size_t n, size_t bytes)
{
    const void *caller = __builtin_return_address(0);
    void *block = fails(caller) ? NULL : __libc_calloc(n, bytes);
    if (is_tortured(caller))
        remember(block);
    return block;
}

EXPORTED void *realloc(void *old, size_t bytes)
{
    const void *caller = __builtin_return_address(0);
    void *block = fails(caller) ? NULL : __libc_realloc(old, bytes);
    if (block && is_tortured(caller)) {
        forget(old);
        remember(block);
    }
    return block;
}

EXPORTED void free(void *block)
{
    forget(block);
    __libc_free(block);
}

/* A child of the program's own is what it is. */
EXPORTED pid_t fork(void)
{
    pid_t child = make_child();
    if (child == 0) {
        active = false;
        directory = NULL;
    }
    return child;
}

/* One thread: a child made by another would wait for it for ever. */
EXPORTED int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                            void *(*start)(void *), void *data)
{
    return n_ranges ? EAGAIN : make_thread(thread, attributes, start, data);
}

static void say_what_is_left(void)
{
    if (!directory || active || !n_ranges)
        return;
    char text[32];
    int left = open("left", O_WRONLY | O_CREAT, 0666);
    int n = snprintf(text, sizeof text, "%zu\n", n_blocks);
    if (write(left, text, (size_t)n) == n)
        close(left);
}

__attribute__((destructor)) static void end(void)
{
    say_what_is_left();
}

EXPORTED void _Exit(int code)
{
    say_what_is_left();
    _exit(code);
}
