/* The BLAS of this process: its name for people, and a probe of the width of its integers. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_DLADDR
#include <dlfcn.h>
#endif

#include "base/base.h"
#include "linalg/blas.h"
#include "linalg/provider.h"

/* OpenBLAS and BLIS tell about themselves; weak, because another BLAS may be the one loaded. */
#if defined(__GNUC__) && defined(__ELF__)
#define WEAK __attribute__((weak))
extern char *openblas_get_config(void) WEAK;
extern char *openblas_get_corename(void) WEAK;
extern const char *bli_info_get_version_str(void) WEAK;
#else
static char *(*const openblas_get_config)(void) = NULL;
static char *(*const openblas_get_corename)(void) = NULL;
static const char *(*const bli_info_get_version_str)(void) = NULL;
#endif

typedef void (*function)(void);

#ifdef HAVE_DLADDR
/* The file that defines `f`, links resolved, in memory of malloc; NULL where that is not known. */
static char *find_file(function f)
{
    Dl_info info;
    void *address;
    memcpy(&address, &f, sizeof address);
    return f && dladdr(address, &info) && info.dli_fname ? realpath(info.dli_fname, NULL) : NULL;
}
#else
static char *find_file(function f)
{
    (void)f;
    return NULL;
}
#endif

/* Whether cblas_dgemm, from the file `blas`, is of the vendor who defines `f`: the LAPACK of one
 * vendor can bring its BLAS along behind another that does the work. */
static bool does_the_work(function f, const char *blas, const char *vendor)
{
    if (!f || !blas)
        return f;
    char *own = find_file(f);
    bool same = !own || strcmp(own, blas) == 0 || strstr(blas, vendor);
    free(own);
    return same;
}

/* The last two parts of a path: "blis-openmp/libblas.so.3". */
static const char *short_path(const char *path)
{
    const char *start = path, *last = path;
    for (const char *c = path; *c; c++)
        if (*c == '/') {
            start = last;
            last = c + 1;
        }
    return start;
}

static void describe(char *text, size_t size)
{
    char *blas = find_file((function)cblas_dgemm);
    if (does_the_work((function)bli_info_get_version_str, blas, "blis")) {
        snprintf(text, size, "BLIS %s", bli_info_get_version_str());
    } else if (does_the_work((function)openblas_get_config, blas, "openblas")) {
        const char *config = openblas_get_config(); /* "OpenBLAS 0.3.21 DYNAMIC_ARCH ..." */
        const char *space = strchr(config, ' ');
        size_t length =
            space ? (size_t)(space - config) + 1 + strcspn(space + 1, " ") : strlen(config);
        snprintf(text, size, "%.*s %s", (int)length, config,
                 openblas_get_corename ? openblas_get_corename() : "");
    } else {
        snprintf(text, size, "reference BLAS or compatible%s%s%s", blas ? " (" : "",
                 blas ? short_path(blas) : "", blas ? ")" : "");
    }
    free(blas);
}

const char *critpt_linalg_name(void)
{
    static char name[128];
    static atomic_flag busy = ATOMIC_FLAG_INIT; /* openblas_get_config is not reentrant */
    while (atomic_flag_test_and_set(&busy))
        continue;
    if (!name[0])
        describe(name, sizeof name);
    atomic_flag_clear(&busy);
    return name;
}

/* A count whose low half is 3 and whose high half is all ones is 3 to a BLAS with 32-bit integers
 * and negative to one with 64-bit integers, whose symbol names are the same. */
static bool has_32_bit_integers(void)
{
#if defined(__x86_64__) || defined(__aarch64__) /* where a callee ignores the high half */
    typedef size_t probe(int64_t n, const double *x, int64_t stride);
    const double x[3] = {1.0, 2.0, 3.0};
    const int64_t count = -((int64_t)1 << 32) + 3;
    function volatile idamax = (function)cblas_idamax; /* volatile: hides the type from gcc */
    return (int)((probe *)idamax)(count, x, 1) == 2;
#else
    return true;
#endif
}

critpt_status cpt_linalg_check_provider(void)
{
    enum { UNKNOWN, GOOD, BAD };
    static atomic_int known = UNKNOWN;
    int width = atomic_load_explicit(&known, memory_order_relaxed);
    if (width == UNKNOWN) {
        width = has_32_bit_integers() ? GOOD : BAD;
        atomic_store_explicit(&known, width, memory_order_relaxed);
    }
    if (width == GOOD)
        return CRITPT_OK;
    return cpt_error(CRITPT_UNSUPPORTED,
                     "the BLAS loaded at run time (%s) has 64-bit integers; libcritpt needs one "
                     "with 32-bit integers: see LD_LIBRARY_PATH, LD_PRELOAD or the alternatives of "
                     "your system",
                     critpt_linalg_name());
}
