/* Reductions of a landscape through MPI. */
#include <limits.h>

#include "base/base.h"
#include "critpt_mpi.h"

/* A communicator as a pointer, whatever an implementation has it be: by its number in Fortran. */
static void *user_of(MPI_Comm communicator)
{
    return (void *)(intptr_t)MPI_Comm_c2f(communicator);
}

static int reduce(critpt_reduction_operation operation, double *values, size_t n, void *user)
{
    MPI_Comm communicator = MPI_Comm_f2c((MPI_Fint)(intptr_t)user);
    MPI_Op of = operation == CRITPT_REDUCE_MAX   ? MPI_MAX
                : operation == CRITPT_REDUCE_MIN ? MPI_MIN
                                                 : MPI_SUM;
    if (n > INT_MAX)
        return MPI_ERR_COUNT;
    return MPI_Allreduce(MPI_IN_PLACE, values, (int)n, MPI_DOUBLE, of, communicator);
}

static critpt_status explain(const char *call, int code)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int length;
    if (code == MPI_SUCCESS)
        return CRITPT_OK;
    MPI_Error_string(code, text, &length);
    return cpt_error(CRITPT_REDUCTION_FAILED, "%s: %s", call, text);
}

static critpt_status require_communicator(MPI_Comm communicator)
{
    int is_there = 0, between = 0;
    critpt_status status;
    MPI_Initialized(&is_there);
    if (!is_there)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "MPI is not initialized; call MPI_Init first");
    if (communicator == MPI_COMM_NULL)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "communicator is MPI_COMM_NULL");
    CPT_TRY(explain("MPI_Comm_test_inter", MPI_Comm_test_inter(communicator, &between)));
    if (between)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "communicator lies between two groups; give that of one group");
done:
    return status;
}

critpt_status critpt_mpi_attach(critpt_landscape *landscape, MPI_Comm communicator)
{
    critpt_status status;
    int rank, here = landscape != NULL, everywhere = 0;
    uint64_t n = critpt_landscape_n_samples(landscape), first = 0;
    CPT_TRY(require_communicator(communicator));
    CPT_TRY(explain("MPI_Comm_rank", MPI_Comm_rank(communicator, &rank)));
    CPT_TRY(explain("MPI_Allreduce",
                    MPI_Allreduce(&here, &everywhere, 1, MPI_INT, MPI_MIN, communicator)));
    if (!here)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "landscape is NULL");
    if (!everywhere)
        return cpt_error(CRITPT_REDUCTION_FAILED, "landscape is NULL in another process");
    CPT_TRY(explain("MPI_Exscan", MPI_Exscan(&n, &first, 1, MPI_UINT64_T, MPI_SUM, communicator)));
    if (rank == 0) /* where MPI_Exscan leaves it undefined */
        first = 0;
    CPT_TRY(
        critpt_landscape_set_reduction(landscape, (size_t)first, reduce, user_of(communicator)));
done:
    return status;
}
