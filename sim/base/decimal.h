/* Numbers as their text, compared as exact decimals: 1, 1.0 and 10e-1 are one number, and no
 * int64 passes through a double. */
#ifndef SIM_BASE_DECIMAL_H
#define SIM_BASE_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

/* True when the text is a number as JSON writes one. The others take only such texts. */
bool decimal_is_json(const char *text);

bool decimal_equal(const char *a, const char *b);
/* <0, 0, >0 */
int decimal_compare(const char *a, const char *b);
/* Equal numbers have equal hashes. */
uint64_t decimal_hash(const char *text);

/* True when the number has no fraction and fits into int64; sets *into. */
bool decimal_int(const char *text, int64_t *into);

#endif
