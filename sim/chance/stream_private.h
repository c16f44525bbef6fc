/* The two functions streams are made of, to be held against their published answers. */
#ifndef SIM_CHANCE_STREAM_PRIVATE_H
#define SIM_CHANCE_STREAM_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-2-4-128 of some bytes under the key (k0, k1). */
void stream_hash(uint64_t k0, uint64_t k1, const char *bytes, size_t length, uint64_t hash[2]);

/* One block of Philox 2x64-10. */
void stream_block(uint64_t key, const uint64_t counter[2], uint64_t block[2]);

#endif
