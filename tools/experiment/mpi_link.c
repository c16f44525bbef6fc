/* seatrial-mpi.so: messages over MPI-3.1, by whichever library mpicc stands for. */
#include "tools/experiment/mpi_link.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TAG = 1 };

static void begin(int *rank, int *size)
{
    MPI_Init(NULL, NULL);
    MPI_Comm_rank(MPI_COMM_WORLD, rank);
    MPI_Comm_size(MPI_COMM_WORLD, size);
}

static void send(int to, const void *bytes, size_t length)
{
    MPI_Send(bytes, (int)length, MPI_BYTE, to, TAG, MPI_COMM_WORLD);
}

static double now_ms(void)
{
    return MPI_Wtime() * 1e3;
}

static int receive(int patience_ms, char **bytes, size_t *length)
{
    const double until = now_ms() + patience_ms;
    long nap = 10000; /* nanoseconds; longer the longer nothing comes */
    MPI_Status status;
    int found, count;
    for (;;) {
        MPI_Iprobe(MPI_ANY_SOURCE, TAG, MPI_COMM_WORLD, &found, &status);
        if (found)
            break;
        if (patience_ms >= 0 && now_ms() >= until)
            return -1;
        nanosleep(&(struct timespec){ .tv_nsec = nap }, NULL);
        nap = nap < 500000 ? nap * 2 : nap;
    }
    MPI_Get_count(&status, MPI_BYTE, &count);
    *bytes = malloc((size_t)count + 1);
    if (*bytes == NULL) {
        fputs("out of memory\n", stderr);
        abort();
    }
    MPI_Recv(*bytes, count, MPI_BYTE, status.MPI_SOURCE, TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    (*bytes)[count] = '\0';
    *length = (size_t)count;
    return status.MPI_SOURCE;
}

static void end(void)
{
    MPI_Finalize();
}

extern const struct mpi_link seatrial_mpi_link;
const struct mpi_link seatrial_mpi_link = { begin, send, receive, end };
