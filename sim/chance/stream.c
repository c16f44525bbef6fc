/* Streams from a counter-based generator: Philox 2x64-10 (Salmon, Moraes, Dror and Shaw,
 * "Parallel random numbers: as easy as 1, 2, 3", SC 2011). Number i of a stream is the
 * first word of the block whose counter is (i, key[1]) under key[0].
 *
 * The 128-bit key is SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, 2012) of
 * the names, under the run's seed and the branch: names that differ anywhere give keys
 * that have nothing to do with each other. */
#include "sim/chance/stream.h"

#include <assert.h>
#include <string.h>

#include "sim/chance/stream_private.h"

static const uint64_t MIRRORED = UINT64_C(1) << 63; /* bit of the counter */

/* ---- SipHash ---- */

struct sip {
    uint64_t v[4];
    uint64_t word; /* bytes that have not filled a word yet, from the low end */
    uint64_t length;
};

static inline uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32) + v[3];
    v[2] += v[1];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static void sip_absorb(struct sip *sip, uint64_t word)
{
    sip->v[3] ^= word;
    sip_round(sip->v);
    sip_round(sip->v);
    sip->v[0] ^= word;
}

static void sip_add(struct sip *sip, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        sip->word |= (uint64_t)(unsigned char)bytes[i] << sip->length % 8 * 8;
        if (++sip->length % 8 == 0) {
            sip_absorb(sip, sip->word);
            sip->word = 0;
        }
    }
}

static struct sip sip_begin(uint64_t k0, uint64_t k1)
{
    return (struct sip){ .v = { k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du ^ 0xee,
                                k0 ^ 0x6c7967656e657261u, k1 ^ 0x7465646279746573u } };
}

static uint64_t sip_squeeze(struct sip *sip)
{
    for (int i = 0; i < 4; i++)
        sip_round(sip->v);
    return sip->v[0] ^ sip->v[1] ^ sip->v[2] ^ sip->v[3];
}

static void sip_end(struct sip *sip, uint64_t key[2])
{
    sip_absorb(sip, sip->word | sip->length << 56);
    sip->v[2] ^= 0xee;
    key[0] = sip_squeeze(sip);
    sip->v[1] ^= 0xdd;
    key[1] = sip_squeeze(sip);
}

void stream_hash(uint64_t k0, uint64_t k1, const char *bytes, size_t length, uint64_t hash[2])
{
    struct sip sip = sip_begin(k0, k1);
    sip_add(&sip, bytes, length);
    sip_end(&sip, hash);
}

struct stream stream_of(uint64_t seed, const char *cluster, const char *entity, const char *purpose,
                        uint64_t branch)
{
    struct stream stream = { .counter = 0 };
    struct sip sip = sip_begin(seed, branch);
    /* Each name with its final NUL, so that ("ab", "c") is not ("a", "bc"). */
    sip_add(&sip, cluster, strlen(cluster) + 1);
    sip_add(&sip, entity, strlen(entity) + 1);
    sip_add(&sip, purpose, strlen(purpose) + 1);
    sip_end(&sip, stream.key);
    return stream;
}

/* ---- Philox ---- */

void stream_block(uint64_t key, const uint64_t counter[2], uint64_t block[2])
{
    uint64_t left = counter[0], right = counter[1];
    for (int round = 0; round < 10; round++) {
        unsigned __int128 product = (unsigned __int128)left * 0xD2B74407B1CE6E93u;
        left = (uint64_t)(product >> 64) ^ key ^ right;
        right = (uint64_t)product;
        key += 0x9E3779B97F4A7C15u;
    }
    block[0] = left;
    block[1] = right;
}

uint64_t stream_bits(struct stream *stream)
{
    uint64_t block[2];
    uint64_t mirror = stream->counter & MIRRORED ? UINT64_MAX : 0;
    const uint64_t counter[2] = { stream->counter++ & ~MIRRORED, stream->key[1] };
    stream_block(stream->key[0], counter, block);
    return block[0] ^ mirror;
}

double stream_uniform(struct stream *stream)
{
    /* An odd multiple of 2^-53: exact, never 0 or 1, and all bits turned over is 1 - u. */
    return (double)(stream_bits(stream) >> 11 | 1) * 0x1p-53;
}

/* Lemire, "Fast random integer generation in an interval", ACM TOMACS 29(1), 2019. */
uint64_t stream_below(struct stream *stream, uint64_t limit)
{
    assert(limit > 0);
    unsigned __int128 product = (unsigned __int128)stream_bits(stream) * limit;
    if ((uint64_t)product < limit) {
        uint64_t unfair = -limit % limit;
        while ((uint64_t)product < unfair)
            product = (unsigned __int128)stream_bits(stream) * limit;
    }
    return (uint64_t)(product >> 64);
}

struct stream stream_antithetic(struct stream stream)
{
    stream.counter ^= MIRRORED;
    return stream;
}

struct stream stream_branch(struct stream stream, uint64_t salt)
{
    struct sip sip = sip_begin(stream.key[0], stream.key[1]);
    sip_add(&sip, (const char *)&salt, sizeof salt);
    sip_end(&sip, stream.key);
    return stream;
}

/* ---- gsl_rng ---- */

struct borrowed {
    struct stream *stream;
};

/* GSL seeds what it allocates; a stream has its seed already. */
static void borrowed_set(void *state, unsigned long seed)
{
    (void)state;
    (void)seed;
}

static unsigned long borrowed_get(void *state)
{
    return stream_bits(((struct borrowed *)state)->stream);
}

static double borrowed_get_double(void *state)
{
    return stream_uniform(((struct borrowed *)state)->stream);
}

static const gsl_rng_type borrowed_type = {
    .name = "stream",
    .max = UINT64_MAX,
    .min = 0,
    .size = sizeof(struct borrowed),
    .set = borrowed_set,
    .get = borrowed_get,
    .get_double = borrowed_get_double,
};

gsl_rng *stream_gsl(struct stream *stream)
{
    gsl_rng *rng = gsl_rng_alloc(&borrowed_type);
    ((struct borrowed *)gsl_rng_state(rng))->stream = stream;
    return rng;
}
