/* MPI ranks as workers. */
#include <stdlib.h>
#include "tools/experiment/runner_crew.h"
bool mpi_is_wanted(void)
{
    return false;
}
struct crew *crew_of_ranks(const struct runner_job *job, struct error *error)
{
    (void)job;
    (void)error;
    abort();
}
bool runner_is_first(void)
{
    return true;
}
