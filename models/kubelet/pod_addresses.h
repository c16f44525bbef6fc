/* The addresses that nodes give to their pods. */
#ifndef MODELS_KUBELET_POD_ADDRESSES_H
#define MODELS_KUBELET_POD_ADDRESSES_H

#include <stdint.h>

struct pod_addresses {
    uint32_t given; /* so far */
};

/* The next free IP of 10.0.0.0/8, in host byte order: 10.0.0.1 first, in order of asking.
 * Comes round after 16,777,214 pods, when the first are long gone. */
static inline uint32_t pod_addresses_next(struct pod_addresses *addresses)
{
    return 10u << 24 | (addresses->given++ % 0xfffffeu + 1);
}

#endif
