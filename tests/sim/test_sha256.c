/* SHA-256 against sha256sum: the empty text, and every way to fill the last block. */
#include "sim/base/sha256.h"

#include <criterion/criterion.h>

/* The first `length` bytes of "abcabcabc...". */
static const struct {
    size_t length;
    const char *want;
} rows[] = {
    { 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { 55, "61fd29acc674f5bf68ff548a1aef2a05ba3523a9ba8e5c82b194cbbfdf28bf1f" },
    { 56, "63bb88000afff2d2569ece88877c4271c9f28de8620585c27538ce4e5a3701bb" },
    { 63, "23fdd92cd8f2cdf8d057479d7bc39d74d0bd90bef2191627dcc9936102a2e90f" },
    { 64, "9ed060c766efa8e4a9e451aef0915daf135de966d62728466cc7215baf33c0a2" },
    { 65, "0c403e3162be205a37b4033d6d5a82486e9c1b92f883ab6d7d1bbbc7f3498ddc" },
    { 119, "f40afa97f59f48e074e3adfbd9b8014d4b57293fb4b258fe3a0849e4ca44af8b" },
    { 120, "b02c2454cf7a177aefdeb3e3d26b447fcc3d5db67be300d67e702c2b062dbb88" },
    { 130, "52d5a6dfde42b9f09b608d16ccbf6944c58c8b4d253811c03074e07ff02a7af2" },
};

Test(sha256, is_that_of_sha256sum)
{
    char bytes[130], text[SHA256_TEXT];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = "abc"[i % 3];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(sha256_print(bytes, rows[i].length, text), rows[i].want, "%zu bytes",
                         rows[i].length);
}
