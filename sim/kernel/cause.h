/* Why something happened. */
#ifndef SIM_KERNEL_CAUSE_H
#define SIM_KERNEL_CAUSE_H

#include <stdint.h>

/* `id` names the trace line of what caused it (0: nothing did); `root` is the first link of
 * that chain, by its index in the run's table of roots. Passed by value. */
struct cause {
    uint64_t id;
    uint32_t root;
};

#endif
