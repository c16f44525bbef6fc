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
#include "sim/base/writer.h"

enum quantity_format { QUANTITY_DECIMAL_SI, QUANTITY_BINARY_SI, QUANTITY_DECIMAL_EXPONENT };

/* An amount in billionths, exact to 38 digits, since parsing rounds up to 1e-9. */
struct quantity {
    __int128 nano;
    int32_t exponent; /* times 10^exponent: 0 unless the amount is beyond 1.7e29 units */
    enum quantity_format format;
};

/* Read a text. False with one sentence in *problem (a constant, may be NULL) when it is none. */
bool quantity_parse(const char *text, struct quantity *quantity, const char **problem);

/* Read a string or number of a document; the error stands at the node. */
bool quantity_load(const struct value *from, struct quantity *quantity, struct error *error);

/* The same with blanks around the number skipped, as a JSON decoder does. */
bool quantity_parse_json(const char *text, struct quantity *quantity, const char **problem);

/* Rounded away from zero to whole units or thousandths; INT64_MAX or INT64_MIN where it does
 * not fit. */
int64_t quantity_value(struct quantity quantity);
int64_t quantity_milli(struct quantity quantity);

int quantity_compare(struct quantity a, struct quantity b); /* <0, 0, >0 */
/* a + b, rounded up to 38 digits; the format of the first that is not zero. */
struct quantity quantity_add(struct quantity a, struct quantity b);
struct quantity quantity_of_units(int64_t units, enum quantity_format format);
struct quantity quantity_of_milli(int64_t milli);

/* The canonical form ("1000m" is "1"); returns `text`. */
enum { QUANTITY_TEXT = 64 };
char *quantity_print(struct quantity quantity, char text[QUANTITY_TEXT]);

/* True when the API server shows a quantity as it was written: it does so with texts that
 * look canonical to it, among them "1.500" and "+1". */
bool quantity_keeps_text(const char *text);

/* The members of Go's struct as go-spew's "%#v" prints them, for what is hashed; NULL is the zero
 * value. The text is as the API server shows it. */
void quantity_dump(const char *text, struct writer *out);

#endif
