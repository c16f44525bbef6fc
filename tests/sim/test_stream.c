/* Streams against published answers, and what makes them good for comparing runs. */
#include <criterion/criterion.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

#include "sim/chance/stream.h"
#include "sim/chance/stream_private.h"

Test(stream, philox_gives_the_published_blocks)
{
    /* kat_vectors of the authors' Random123 library, release 1.14: philox2x64 10. */
    static const struct {
        uint64_t counter[2], key, want[2];
    } rows[] = {
        { { 0, 0 }, 0, { 0xca00a0459843d731, 0x66c24222c9a845b5 } },
        { { UINT64_MAX, UINT64_MAX }, UINT64_MAX, { 0x65b021d60cd8310f, 0x4d02f3222f86df20 } },
        { { 0x243f6a8885a308d3, 0x13198a2e03707344 },
          0xa4093822299f31d0,
          { 0x0a5e742c2997341c, 0xb0f883d38000de5d } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t block[2];
        stream_block(rows[i].key, rows[i].counter, block);
        cr_expect_eq(block[0], rows[i].want[0], "row %zu", i);
        cr_expect_eq(block[1], rows[i].want[1], "row %zu", i);
    }
}

Test(stream, siphash_gives_the_published_hashes)
{
    /* vectors_sip128 of the authors' reference implementation: the key is 00 01 .. 0f and the
     * message the first bytes of 00 01 02 ...; words are little-endian. */
    static const struct {
        size_t length;
        uint64_t want[2];
    } rows[] = {
        { 0, { 0xe6a825ba047f81a3, 0x930255c71472f66d } },
        { 1, { 0x44af996bd8c187da, 0x45fc229b11597634 } },
    };
    char message[64];
    for (int i = 0; i < 64; i++)
        message[i] = (char)i;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t hash[2];
        stream_hash(0x0706050403020100, 0x0f0e0d0c0b0a0908, message, rows[i].length, hash);
        cr_expect_eq(hash[0], rows[i].want[0], "%zu bytes", rows[i].length);
        cr_expect_eq(hash[1], rows[i].want[1], "%zu bytes", rows[i].length);
    }
}

/* Worked out apart from this code: the key by OpenSSL's SIPHASH, the blocks in Python. */
Test(stream, the_first_numbers_never_change)
{
    struct stream stream = stream_of(42, "", "node/worker-3", "failure", 0);
    struct stream again = stream;
    uint64_t first = stream_bits(&stream), second = stream_bits(&stream);
    cr_expect_eq(first, 0x7ae4be5847e3c8a8);
    cr_expect_eq(second, 0x8d1d3566b6599749);
    again.counter = 1;
    cr_expect_eq(stream_bits(&again), second, "number i depends on the key and i alone");
}

Test(stream, every_name_matters)
{
    struct stream streams[] = {
        stream_of(1, "", "node/a", "failure", 0),  stream_of(2, "", "node/a", "failure", 0),
        stream_of(1, "b", "node/a", "failure", 0), stream_of(1, "", "node/b", "failure", 0),
        stream_of(1, "", "node/a", "repair", 0),   stream_of(1, "", "node/a", "failure", 1),
        stream_of(1, "", "node/", "afailure", 0),  stream_of(1, "node/a", "", "failure", 0),
    };
    size_t count = sizeof streams / sizeof *streams;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++) {
            struct stream a = streams[i], b = streams[j];
            cr_expect_neq(stream_bits(&a), stream_bits(&b), "%zu and %zu", i, j);
        }
}

Test(stream, uniforms_are_uniform)
{
    enum { CELLS = 100, DRAWS = 1000000 };
    struct stream stream = stream_of(7, "", "", "test", 0);
    int cells[CELLS] = { 0 };
    double last = 0.5, sum = 0, product = 0, chi_square = 0;
    for (int i = 0; i < DRAWS; i++) {
        double u = stream_uniform(&stream);
        cr_assert(u > 0 && u < 1);
        cells[(int)(u * CELLS)]++;
        sum += u - 0.5;
        product += (u - 0.5) * (last - 0.5);
        last = u;
    }
    for (int i = 0; i < CELLS; i++)
        chi_square += pow(cells[i] - DRAWS / CELLS, 2) / (DRAWS / CELLS);
    cr_expect_lt(fabs(sum / DRAWS), 4 * sqrt(1.0 / 12 / DRAWS));
    cr_expect_lt(fabs(product / DRAWS), 4 * sqrt(1.0 / 144 / DRAWS), "neighbours are unrelated");
    cr_expect(chi_square > 57 && chi_square < 149, "%g: 99 degrees of freedom, 1 in 1000 each side",
              chi_square);
}

Test(stream, whole_numbers_are_below_their_limit_and_fair)
{
    struct stream stream = stream_of(7, "", "", "dice", 0);
    int faces[6] = { 0 };
    for (int i = 0; i < 600000; i++) {
        uint64_t face = stream_below(&stream, 6);
        cr_assert_lt(face, 6);
        faces[face]++;
    }
    for (int i = 0; i < 6; i++)
        cr_expect_lt(abs(faces[i] - 100000), 1200, "face %d: %d", i, faces[i]);
    for (int i = 0; i < 100; i++)
        cr_expect_eq(stream_below(&stream, 1), 0);
    cr_expect_lt(stream_below(&stream, UINT64_MAX), UINT64_MAX);
}

Test(stream, a_mirror_draws_what_is_left_of_one)
{
    struct stream stream = stream_of(3, "", "x", "y", 0);
    struct stream mirror = stream_antithetic(stream);
    struct stream twice = stream_antithetic(mirror);
    for (int i = 0; i < 1000; i++) {
        double u = stream_uniform(&stream);
        cr_assert_eq(stream_uniform(&mirror), 1 - u, "to the last bit");
        cr_assert_eq(stream_uniform(&twice), u);
    }
}

Test(stream, branches_into_other_numbers_one_stream_for_each_salt)
{
    const struct stream stem = stream_of(3, "", "x", "y", 0);
    struct stream one = stream_branch(stem, 1), same = stream_branch(stem, 1);
    struct stream two = stream_branch(stem, 2), trunk = stem;
    struct stream mirror = stream_branch(stream_antithetic(stem), 1);
    for (int i = 0; i < 100; i++) {
        const double u = stream_uniform(&one);
        cr_expect_neq(u, stream_uniform(&trunk));
        cr_expect_neq(u, stream_uniform(&two));
        cr_expect_eq(u, stream_uniform(&same));
        cr_expect_eq(1 - u, stream_uniform(&mirror),
                     "a branch of a mirror is the mirror of a branch");
    }
}

Test(stream, serves_as_a_generator_of_gsl)
{
    struct stream stream = stream_of(3, "", "x", "y", 0), copy = stream;
    gsl_rng *rng = stream_gsl(&stream);
    cr_expect_eq(gsl_rng_get(rng), stream_bits(&copy));
    cr_expect_eq(gsl_rng_uniform(rng), stream_uniform(&copy));
    cr_expect_eq(gsl_ran_exponential(rng, 2), -2 * log1p(-stream_uniform(&copy)));
    cr_expect_eq(stream.counter, 3);
    gsl_rng_free(rng);
}
