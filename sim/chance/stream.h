/* Random streams: small values that give the same numbers wherever they are drawn.
 *
 * A stream is a 128-bit key and a counter; number i is a pure function of (key, i). The key
 * comes from names, never from an order of creation, so that adding an entity leaves every
 * other entity's luck alone, and two policies can be compared on the same luck. One uniform
 * per variate wherever the distribution has an inverse (distribution.h). */
#ifndef SIM_CHANCE_STREAM_H
#define SIM_CHANCE_STREAM_H

#include <stdint.h>

#include <gsl/gsl_rng.h>

struct stream {
    uint64_t key[2];
    uint64_t counter; /* numbers drawn so far; the top bit says that it is a mirror */
};

/* The stream of (run seed, cluster, entity, purpose, branch): `cluster` is "" for the only
 * one, `branch` tells replications of one stream apart (0 for the first). */
struct stream stream_of(uint64_t seed, const char *cluster, const char *entity, const char *purpose,
                        uint64_t branch);

/* The next 64 random bits. */
uint64_t stream_bits(struct stream *stream);

/* The next uniform in the open interval (0, 1): 53 bits, never 0 or 1. */
double stream_uniform(struct stream *stream);

/* The next integer below `limit` (> 0), without bias. */
uint64_t stream_below(struct stream *stream, uint64_t limit);

/* The mirror of a stream: where the original draws u, it draws 1 - u. */
struct stream stream_antithetic(struct stream stream);

/* A stream like this one, a mirror if it is, that draws other numbers from here on: one for each salt. */
struct stream stream_branch(struct stream stream, uint64_t salt);

/* A gsl_rng that draws from *stream, for GSL's own samplers. The stream is borrowed; free
 * with gsl_rng_free(). */
gsl_rng *stream_gsl(struct stream *stream);

#endif
