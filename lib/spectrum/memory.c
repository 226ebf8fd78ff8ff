/* What a spectrum allocates, told before it does. */
#include "linalg/linalg.h"
#include "spectrum/spectrum.h"

/* Doubles for the heads of blocks, and handles. */
enum { SMALL = 160 };

/* The largest of the assemblies that signs need: the Gauss-Newton part, the Hessian, its bound. */
static critpt_status assembly_size(const critpt_landscape *landscape, size_t *size)
{
    critpt_status status = CRITPT_OK;
    const cpt_terms terms[] = {CPT_GAUSS_NEWTON, CPT_HESSIAN, CPT_HESSIAN_ERRORS};
    *size = 0;
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        size_t one;
        CPT_TRY(cpt_landscape_curvature_size(landscape, CPT_JET_BATCH, terms[i], &one));
        *size = cpt_larger(*size, one);
    }
done:
    return status;
}

/* Two matrices of our own beside the eigenvectors held, one where those are all; and what the
 * assemblies or LAPACK take on top. */
static critpt_status dense_size(const critpt_landscape *landscape, size_t n_vectors, size_t *size)
{
    critpt_status status;
    size_t P = landscape->model->n_weights, top, work, rows;
    CPT_TRY(cpt_multiply_add(P, n_vectors == P ? 1 : 2, n_vectors, "Hessian", &rows));
    CPT_TRY(assembly_size(landscape, &top));
    CPT_TRY(cpt_linalg_eigen_size(P, n_vectors == P, &work));
    top = cpt_larger(top, work);
    CPT_TRY(cpt_linalg_eigen_size(P, false, &work));
    top = cpt_larger(top, work);
    if (n_vectors < P) {
        CPT_TRY(cpt_linalg_eigenpairs_size(P, n_vectors, &work));
        top = cpt_larger(top, work);
    }
    CPT_TRY(cpt_multiply_add(P, rows, top, "Hessian", size));
    CPT_TRY(cpt_multiply_add(P, 9, *size, "eigenvalues", size));
done:
    return status;
}

critpt_status cpt_spectrum_extended_size(const cpt_spectrum_task *task, size_t *size)
{
    enum { MATRICES = 9, SUM = 2 }; /* three of extended precision, three plain; one to sum in */
    critpt_status status;
    const critpt_landscape *landscape = task->workspace->landscape;
    size_t P = landscape->model->n_weights, square, top, work;
    size_t entries = cpt_structure_extended_entries(landscape->model);
    CPT_TRY(assembly_size(landscape, &top));
    CPT_TRY(cpt_linalg_eigen_size(P, true, &work));
    CPT_TRY(cpt_multiply(P, P, "Hessian", &square));
    top = cpt_larger(cpt_larger(top, work), SUM * (square + entries) + 64 * P);
    CPT_TRY(cpt_multiply_add(square, MATRICES, top, "Hessian in extended precision", size));
    CPT_TRY(cpt_multiply_add(P, 8, *size, "Hessian in extended precision", size));
    CPT_TRY(cpt_multiply_add(1, SMALL, *size, "Hessian in extended precision", size));
done:
    return status;
}

/* See lanczos_create. Ritz vectors are held beside it, or LAPACK finds them. */
static critpt_status lanczos_size(size_t P, size_t n_extreme, size_t *size)
{
    critpt_status status;
    const cpt_spectrum_lanczos_room room = cpt_spectrum_lanczos_room_for(P, n_extreme);
    size_t capacity = room.capacity, block = room.block, held = 2 * room.wanted, rows, top;
    CPT_TRY(cpt_multiply_add(2, held, capacity + 3 * block + 4, "Lanczos basis", &rows));
    CPT_TRY(cpt_linalg_eigen_size(capacity, true, &top));
    top = cpt_larger(top, P * held);
    CPT_TRY(cpt_multiply_add(P, rows - held, top, "Lanczos basis", size));
    CPT_TRY(cpt_multiply_add(2 * capacity + block + 1, capacity, *size, "Lanczos basis", size));
    CPT_TRY(cpt_multiply_add(2 * block + 4, block + held, *size, "Lanczos basis", size));
done:
    return status;
}

critpt_status cpt_spectrum_require_memory(const critpt_landscape *landscape, size_t n_vectors,
                                          const critpt_spectrum_options *options)
{
    critpt_status status = CRITPT_OK;
    size_t P = landscape->model->n_weights, own, size, bytes;
    if (!options->memory_limit)
        return CRITPT_OK;
    CPT_TRY(cpt_workspace_size(landscape, cpt_smaller(CPT_JET_BATCH, landscape->n_samples), &own));
    if (options->n_extreme == 0)
        CPT_TRY(dense_size(landscape, n_vectors, &size));
    else
        CPT_TRY(lanczos_size(P, options->n_extreme, &size));
    CPT_TRY(cpt_multiply_add(1, own + SMALL, size, "spectrum", &size));
    CPT_TRY(cpt_multiply(size, sizeof(double), "spectrum", &bytes));
    if (bytes > options->memory_limit)
        CPT_TRY(cpt_error(CRITPT_NO_MEMORY,
                          "%s eigenvalues of %zu weights need %.3g GiB, the memory limit is %.3g "
                          "GiB; raise it%s",
                          options->n_extreme ? "extreme" : "all", P, (double)bytes / 0x1p30,
                          (double)options->memory_limit / 0x1p30,
                          options->n_extreme ? "" : ", or ask for extreme eigenvalues"));
done:
    return status;
}
