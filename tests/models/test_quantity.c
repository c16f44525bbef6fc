/* Sums and comparisons of quantities, beyond what one machine word holds. */
#include "models/api/quantity.h"

#include <criterion/criterion.h>
#include <string.h>

static struct quantity parse(const char *text)
{
    struct quantity quantity;
    const char *problem = "";
    cr_assert(quantity_parse(text, &quantity, &problem), "%s: %s", text, problem);
    return quantity;
}

static const struct {
    const char *why, *a, *b, *sum;
} sums[] = {
    { "milli and units", "500m", "2", "2500m" },
    { "the format is the first one's", "1Gi", "1G", "2073741824" },
    { "unless that is zero", "0", "1Gi", "1Gi" },
    { "a billionth is not lost beside nine exa", "9E", "1n", "9000000000000000000000000001n" },
    { "opposite signs", "1", "-400m", "600m" },
    { "beyond 64 bits", "16E", "16E", "32E" },
    { "beyond 128 bits of billionths", "160000000000E", "160000000001E", "320000000001E" },
    { "what 38 digits cannot tell apart is rounded up", "1e40", "1",
      "10000000000000000000000000000000000000100" },
};

Test(quantity, sums_are_exact_to_38_digits_and_rounded_up_beyond)
{
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        char text[QUANTITY_TEXT];
        quantity_print(quantity_add(parse(sums[i].a), parse(sums[i].b)), text);
        cr_expect_str_eq(text, sums[i].sum, "%s: %s + %s is %s", sums[i].why, sums[i].a, sums[i].b,
                         text);
    }
}

Test(quantity, the_order_is_that_of_the_amounts)
{
    static const char *const rising[] = { "-1e35", "-1Ki", "-1", "-1n",  "0",    "1n",  "1m",
                                          "1k",    "1Ki",  "1E", "1e29", "2e29", "1e35" };
    for (size_t i = 0; i < sizeof rising / sizeof *rising; i++)
        for (size_t j = 0; j < sizeof rising / sizeof *rising; j++) {
            int got = quantity_compare(parse(rising[i]), parse(rising[j]));
            cr_expect_eq(got, (i > j) - (i < j), "%s <> %s: %d", rising[i], rising[j], got);
        }
    cr_expect_eq(quantity_compare(parse("1024Mi"), parse("1Gi")), 0);
    cr_expect_eq(quantity_compare(parse("1e30"), parse("1000e27")), 0);
}

static const struct {
    const char *why, *text;
    bool keeps;
} kept[] = {
    { "canonical already", "100m", true },
    { "three decimals look like thousandths", "1.500", true },
    { "one decimal does not", "1.5", false },
    { "three zeros become a suffix", "1000m", false },
    { "an odd binary amount", "1023Ki", true },
    { "eight divides it: it may have a larger unit", "1024Ki", false },
    { "a sign is not looked at", "+1", true },
    { "zero itself", "0", true },
    { "zero in another guise", "0m", false },
};

Test(quantity, texts_that_look_canonical_to_the_api_server_are_kept)
{
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        cr_expect_eq(quantity_keeps_text(kept[i].text), kept[i].keeps, "%s", kept[i].why);
}

Test(quantity, what_is_none_is_refused_at_its_place)
{
    struct value *text = value_new_string("4x");
    text->at = (struct place){ "cluster.yaml", 14, 12 };
    struct quantity quantity;
    struct error error = { 0 };
    cr_expect_not(quantity_load(text, &quantity, &error));
    char *line = error_print(&error);
    cr_expect_str_eq(line, "cluster.yaml:14:12: \"4x\" is not a quantity (try 4, 500m or 2Gi)");
    free(line);
    error_close(&error);
    value_drop(text);
}

#define SHORT(number, scale, text, format)                                                         \
    "{i:(resource.int64Amount){value:(int64)" number " scale:(resource.Scale)" scale               \
    "} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)" text                             \
    " Format:(resource.Format)" format "}"
#define LONG(negative, words, scale, format)                                                       \
    "{i:(resource.int64Amount){value:(int64)0 scale:(resource.Scale)0} "                           \
    "d:(resource.infDecAmount){Dec:(*inf.Dec){unscaled:(big.Int){neg:(bool)" negative              \
    " abs:(big.nat)[" words "]} scale:(inf.Scale)" scale                                           \
    "}} s:(string) Format:(resource.Format)" format "}"

/* Printed by dump.ForHash of apimachinery v0.36.4. */
static const struct {
    const char *text, *want;
} dumps[] = {
    { "0", SHORT("0", "0", "0", "DecimalSI") },
    { "100m", SHORT("100", "-3", "100m", "DecimalSI") },
    { "0.5", SHORT("5", "-1", "", "DecimalSI") },
    { "1536Mi", SHORT("1610612736", "0", "", "BinarySI") },
    { "1e30", SHORT("1", "30", "1e30", "DecimalExponent") },
    { "1e1000", SHORT("1", "1000", "", "DecimalExponent") },
    { "-0.5Gi", LONG("true", "536870912000000000", "9", "BinarySI") },
    { "100Ti", LONG("false", "8568098291072368640 5960", "9", "BinarySI") },
    { "8Ei", LONG("false", "9223372036854775807", "0", "BinarySI") },
    { "123456789012345678901234567890",
      LONG("false", "12312739301247792128 6692605942763486917", "9", "DecimalSI") },
};

Test(quantity, is_dumped_as_go_holds_it)
{
    for (size_t i = 0; i < sizeof dumps / sizeof *dumps; i++) {
        struct writer out = { 0 };
        quantity_dump(dumps[i].text, &out);
        cr_expect_str_eq(out.bytes, dumps[i].want, "%s: %s", dumps[i].text, out.bytes);
        writer_close(&out);
    }
}
