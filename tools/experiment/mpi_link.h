/* What we ask of MPI: messages between ranks. It lies in a shared object of its own, seatrial-mpi.so, which
 * is opened only when the program was started by mpirun: nobody else needs an MPI library. */
#ifndef TOOLS_EXPERIMENT_MPI_LINK_H
#define TOOLS_EXPERIMENT_MPI_LINK_H

#include <stddef.h>

struct mpi_link {
    /* Begin; our rank, and how many there are. An error of MPI's ends the program, here and below. */
    void (*begin)(int *rank, int *size);
    /* Send some bytes to a rank, at most 2 GiB. May wait until they are received. */
    void (*send)(int to, const void *bytes, size_t length);
    /* The next message from anyone, into *bytes, which the caller frees; the rank it is from. -1 when none
     * comes within so many milliseconds (below 0: wait for ever). Sleeps while it waits, where
     * MPI_Recv() would use a processor. */
    int (*receive)(int patience_ms, char **bytes, size_t *length);
    /* End, when all ranks do. */
    void (*end)(void);
};

/* The symbol that the shared object exports: a const struct mpi_link. */
#define MPI_LINK_SYMBOL "seatrial_mpi_link"

#endif
