/* Where shared data lies. */
#include "tests/support/shared.h"

#include <stdlib.h>

#include "sim/base/memory.h"

char *shared_path(const char *below)
{
    const char *folder = getenv("SEATRIAL_SHARED");
    return mem_format("%s/%s", folder != NULL ? folder : "../shared", below);
}
