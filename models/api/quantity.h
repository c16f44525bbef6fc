/* Resource quantities: "500m", "2Gi", "129e6", in exact decimal arithmetic.
 *
 * Follows apimachinery pkg/api/resource of the release named in docs/fidelity.md: what
 * ParseQuantity accepts, its rounding up to 1e-9, its caps, and its canonical form. */
#ifndef MODELS_API_QUANTITY_H
#define MODELS_API_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/error.h"
#include "sim/base/value.h"

enum quantity_format { QUANTITY_DECIMAL_SI, QUANTITY_BINARY_SI, QUANTITY_DECIMAL_EXPONENT };

/* An amount in billionths: exact, since parsing rounds up to 1e-9. */
struct quantity {
    __int128 nano;
    enum quantity_format format;
};

/* Read a text. False with one sentence in *problem (a constant, may be NULL) when it is none. */
bool quantity_parse(const char *text, struct quantity *quantity, const char **problem);

/* Read a string or number of a document; the error stands at the node. */
bool quantity_load(const struct value *from, struct quantity *quantity, struct error *error);

/* Rounded up to whole units or thousandths; INT64_MAX or INT64_MIN where it does not fit. */
int64_t quantity_value(struct quantity quantity);
int64_t quantity_milli(struct quantity quantity);

int quantity_compare(struct quantity a, struct quantity b); /* <0, 0, >0 */
/* a + b, saturating; the format of the first that is not zero. */
struct quantity quantity_add(struct quantity a, struct quantity b);
struct quantity quantity_of_units(int64_t units, enum quantity_format format);
struct quantity quantity_of_milli(int64_t milli);

/* The canonical form ("1000m" is "1"); returns `text`. */
enum { QUANTITY_TEXT = 64 };
char *quantity_print(struct quantity quantity, char text[QUANTITY_TEXT]);

#endif
