/* A resource.Quantity as Go's memory holds it after parsing, which pod-template-hash depends on.
 *
 * apimachinery pkg/api/resource/quantity.go of Kubernetes 1.36.4 keeps an int64 with a decimal scale
 * where it can, else an arbitrary-precision decimal (inf.Dec) in billionths, and the text
 * itself when it looks canonical. */
#include <inttypes.h>
#include <string.h>

#include "models/api/quantity_private.h"

static const char *const formats[] = { "DecimalSI", "BinarySI", "DecimalExponent" };

static void dump(struct writer *out, int64_t number, int64_t scale, const char *decimal,
                 const char *text, const char *format)
{
    writer_format(out, "{i:(resource.int64Amount){value:(int64)%" PRId64, number);
    writer_format(out, " scale:(resource.Scale)%" PRId64, scale);
    writer_format(out, "} d:(resource.infDecAmount){Dec:(*inf.Dec)%s", decimal);
    writer_format(out, "} s:(string)%s Format:(resource.Format)%s}", text, format);
}

static void dump_short(struct writer *out, const struct quantity_parts *parts, const char *text)
{
    int64_t number = 0;
    for (int64_t i = 0; i < quantity_digits(parts); i++)
        number = number * 10 + quantity_digit(parts, i);
    int64_t scale = parts->exponent - (int64_t)parts->fraction_count;
    if (parts->base == 2) {
        number <<= parts->exponent;
        scale = 0;
    }
    dump(out, parts->negative ? -number : number, scale, "<nil>",
         quantity_keeps_text(text) ? text : "", formats[parts->format]);
}

/* --- integers of any size, as math/big keeps them: words, the least significant first --------- */

enum { WORDS = 64 }; /* 1200 digits */

struct natural {
    uint64_t words[WORDS];
    size_t count;
};

static struct natural natural_of(unsigned __int128 number)
{
    struct natural natural = { .words = { (uint64_t)number, (uint64_t)(number >> 64) } };
    natural.count = natural.words[1] != 0 ? 2 : natural.words[0] != 0;
    return natural;
}

static void natural_times_ten(struct natural *natural)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < natural->count; i++) {
        unsigned __int128 product = (unsigned __int128)natural->words[i] * 10 + carry;
        natural->words[i] = (uint64_t)product;
        carry = (uint64_t)(product >> 64);
    }
    if (carry != 0 && natural->count < WORDS)
        natural->words[natural->count++] = carry;
}

/* In billionths, but for what was capped, which is in units. */
static void dump_long(struct writer *out, const char *text)
{
    struct quantity quantity;
    struct writer decimal = { 0 };
    quantity_parse(text, &quantity, NULL);
    bool negative = quantity.nano < 0;
    __int128 nano = negative ? -quantity.nano : quantity.nano;
    bool capped = quantity.format == QUANTITY_BINARY_SI && nano == (__int128)INT64_MAX * 1000000000;
    struct natural natural = natural_of((unsigned __int128)(capped ? INT64_MAX : nano));
    for (int32_t i = 0; i < quantity.exponent && natural.count < WORDS; i++)
        natural_times_ten(&natural);
    writer_format(&decimal, "{unscaled:(big.Int){neg:(bool)%s abs:(big.nat)[",
                  negative ? "true" : "false");
    for (size_t i = 0; i < natural.count; i++)
        writer_format(&decimal, "%s%" PRIu64, i > 0 ? " " : "", natural.words[i]);
    writer_format(&decimal, "]} scale:(inf.Scale)%d}", capped ? 0 : 9);
    dump(out, 0, 0, decimal.bytes, "", formats[quantity.format]);
    writer_close(&decimal);
}

void quantity_dump(const char *text, struct writer *out)
{
    struct quantity_parts parts;
    if (text == NULL || !quantity_take_apart(text, &parts, NULL))
        dump(out, 0, 0, "<nil>", "", "");
    else if (strcmp(text, "0") == 0)
        dump(out, 0, 0, "<nil>", "0", "DecimalSI");
    else if (quantity_is_short(&parts))
        dump_short(out, &parts, text);
    else
        dump_long(out, text);
}
