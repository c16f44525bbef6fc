/* What a fuzz target is: one function that takes any bytes and must neither crash nor leak.
 *
 * Linked with libFuzzer (`make fuzz`) it is fed with mutations of tests/fuzz/corpus; linked with
 * replay.c it is a program that feeds it files, so that `make test` runs the corpus. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
