/* libcritpt-mpi: landscapes whose samples are spread over the processes of an MPI communicator
 * (critpt_mpi(3)). For more see critpt_landscape_set_reduction in critpt.h. */
#ifndef CRITPT_MPI_H
#define CRITPT_MPI_H

#include <mpi.h>

#include <critpt.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Makes each process's landscape its part of a whole: samples are numbered by rank, those of
 * process 0 first, and reductions are MPI_Allreduce. All processes of the communicator, which is no
 * intercommunicator, call it together. It is not copied: it must outlive the landscape, or the next
 * reduction that is set, and serve nothing else while a call on the landscape runs (MPI_Comm_dup
 * makes one). */
CRITPT_PUBLIC critpt_status critpt_mpi_attach(critpt_landscape *landscape, MPI_Comm communicator);

#ifdef __cplusplus
}
#endif

#endif
