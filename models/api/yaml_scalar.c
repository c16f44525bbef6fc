/* What a YAML scalar means.
 *
 * Follows resolve() and scalar() of go.yaml.in/yaml/v2, which sigs.k8s.io/yaml v1.6 uses, and
 * that module's conversion to JSON; numbers print as Go's encoding/json prints them. Times stay
 * texts there, and numbers to base 60 were never supported. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/yaml_private.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

enum type { TYPE_STRING, TYPE_NULL, TYPE_BOOL, TYPE_INT, TYPE_FLOAT, TYPE_BINARY };

static const char *const short_tags[] = { "!!str", "!!null", "!!bool", "!!int", "!!float" };

struct resolved {
    enum type type;
    bool truth;
    bool is_unsigned; /* an integer beyond 2^63 - 1 */
    uint64_t magnitude;
    bool negative;
    double number;
};

/* ── words ── */

static const struct {
    const char *words; /* between blanks */
    struct resolved meaning;
} words[] = {
    { " y Y yes Yes YES true True TRUE on On ON ", { .type = TYPE_BOOL, .truth = true } },
    { " n N no No NO false False FALSE off Off OFF ", { .type = TYPE_BOOL, .truth = false } },
    { " ~ null Null NULL ", { .type = TYPE_NULL } },
    { " .nan .NaN .NAN ", { .type = TYPE_FLOAT, .number = (double)NAN } },
    { " .inf .Inf .INF +.inf +.Inf +.INF ", { .type = TYPE_FLOAT, .number = (double)INFINITY } },
    { " -.inf -.Inf -.INF ", { .type = TYPE_FLOAT, .number = -(double)INFINITY } },
};

static bool resolve_word(const char *text, struct resolved *into)
{
    char between[16];
    size_t length = strlen(text);
    if (length == 0) {
        *into = (struct resolved){ .type = TYPE_NULL };
        return true;
    }
    if (length > 5 || strchr(text, ' ') != NULL)
        return false;
    snprintf(between, sizeof between, " %s ", text);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(words[i].words, between) != NULL) {
            *into = words[i].meaning;
            return true;
        }
    return false;
}

/* ── numbers ── */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static unsigned base_of(const char **digits)
{
    const char *at = *digits;
    if (at[0] != '0' || at[1] == '\0')
        return 10;
    char mark = (char)(at[1] | 0x20);
    *digits += mark == 'x' || mark == 'o' || mark == 'b' ? 2 : 1;
    return mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
}

/* strconv.ParseInt and ParseUint with base 0: 0x, 0o, 0b, and a leading 0 for octal. Only what has
 * no sign may be beyond 2^63. */
static bool resolve_int(const char *text, struct resolved *into)
{
    bool negative = *text == '-', has_sign = negative || *text == '+';
    const char *at = text + has_sign;
    unsigned base = base_of(&at);
    uint64_t magnitude = 0;
    if (*at == '\0')
        return false;
    for (; *at != '\0'; at++)
        if ((unsigned)digit_of(*at) >= base ||
            __builtin_mul_overflow(magnitude, (uint64_t)base, &magnitude) ||
            __builtin_add_overflow(magnitude, (uint64_t)digit_of(*at), &magnitude))
            return false;
    uint64_t most = (uint64_t)INT64_MAX + negative;
    if (magnitude > most && has_sign)
        return false;
    *into = (struct resolved){ .type = TYPE_INT,
                               .magnitude = magnitude,
                               .negative = negative && magnitude > 0,
                               .is_unsigned = magnitude > most };
    return true;
}

static const char *skip_digits(const char *at)
{
    return at + strspn(at, "0123456789");
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_float(const char *text)
{
    const char *at = text + (*text == '-' || *text == '+'), *digits = at;
    at = skip_digits(at);
    bool has_digits = at > digits;
    if (*at == '.') {
        digits = ++at;
        at = skip_digits(at);
        has_digits = has_digits || at > digits;
    }
    if (has_digits && (*at == 'e' || *at == 'E')) {
        at++;
        at += *at == '-' || *at == '+';
        digits = at;
        at = skip_digits(at);
        has_digits = at > digits;
    }
    return has_digits && *at == '\0';
}

/* Too large a number is a text again, as strconv.ParseFloat refuses it. */
static bool resolve_float(const char *text, struct resolved *into)
{
    if (!is_float(text))
        return false;
    double number = strtod(text, NULL);
    if (isinf(number))
        return false;
    *into = (struct resolved){ .type = TYPE_FLOAT, .number = number };
    return true;
}

/* Between digits, where strconv.ParseFloat allows them. */
static bool has_misplaced_underscore(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if (*at == '_' && (at == text || digit_of(at[-1]) > 9 || digit_of(at[1]) > 9))
            return true;
    return false;
}

/* Underscores do not count; in what begins with a point they must stand right. */
static bool resolve_number(const char *text, struct resolved *into)
{
    if (*text == '.' && has_misplaced_underscore(text))
        return false;
    char *plain = mem_text(text, strlen(text)), *end = plain;
    for (const char *at = text; *at != '\0'; at++)
        if (*at != '_')
            *end++ = *at;
    *end = '\0';
    bool good = (*text != '.' && resolve_int(plain, into)) || resolve_float(plain, into);
    free(plain);
    return good;
}

/* ── tags ── */

#define TAG(name) "tag:yaml.org,2002:" name

static bool is_tag(const struct yaml_scalar *scalar, const char *tag)
{
    return scalar->tag != NULL && strcmp(scalar->tag, tag) == 0;
}

/* What a text means by itself, when nothing says that it is a text. */
static struct resolved resolve_text(const struct yaml_scalar *scalar)
{
    struct resolved resolved = { .type = TYPE_STRING };
    if (strlen(scalar->text) != scalar->length)
        return resolved;
    if (!resolve_word(scalar->text, &resolved) && strchr("+-.0123456789", scalar->text[0]) != NULL)
        resolve_number(scalar->text, &resolved);
    return resolved;
}

/* ── times, which are checked and stay texts ── */

static bool read_part(const char **at, int least, int most, int *number)
{
    int digits = 0;
    for (*number = 0; digits < most && **at >= '0' && **at <= '9'; digits++)
        *number = *number * 10 + *(*at)++ - '0';
    return digits >= least;
}

static bool read_char(const char **at, char c)
{
    if (**at != c)
        return false;
    ++*at;
    return true;
}

static bool read_date(const char **at)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int year, month, day;
    if (!read_part(at, 4, 4, &year) || !read_char(at, '-') || !read_part(at, 1, 2, &month) ||
        !read_char(at, '-') || !read_part(at, 1, 2, &day) || month < 1 || month > 12)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

static bool read_clock(const char **at)
{
    int hour, minute, second;
    if (!read_part(at, 1, 2, &hour) || !read_char(at, ':') || !read_part(at, 1, 2, &minute) ||
        !read_char(at, ':') || !read_part(at, 1, 2, &second))
        return false;
    if (**at == '.' && (*at)[1] >= '0' && (*at)[1] <= '9')
        *at += 1 + strspn(*at + 1, "0123456789");
    return hour < 24 && minute < 60 && second < 60;
}

/* "Z", "+01:00" */
static bool read_zone(const char **at)
{
    int hour, minute;
    if (read_char(at, 'Z'))
        return true;
    if (!read_char(at, '+') && !read_char(at, '-'))
        return false;
    return read_part(at, 2, 2, &hour) && read_char(at, ':') && read_part(at, 2, 2, &minute) &&
           hour <= 24 && minute < 60;
}

/* The four layouts of parseTimestamp() in resolve.go. */
static bool is_time(const char *at)
{
    if (!read_date(&at))
        return false;
    if (*at == '\0')
        return true;
    char between = *at++;
    if (between == ' ')
        return read_clock(&at) && *at == '\0';
    return (between == 'T' || between == 't') && read_clock(&at) && read_zone(&at) && *at == '\0';
}

/* ── what a scalar is ── */

static bool tag_type(const struct yaml_scalar *scalar, enum type *type)
{
    static const char *const tags[] = { TAG("str"), TAG("null"),  TAG("bool"),
                                        TAG("int"), TAG("float"), TAG("binary") };
    for (int i = 0; i < 6; i++)
        if (is_tag(scalar, tags[i])) {
            *type = (enum type)i;
            return true;
        }
    return false;
}

static bool resolve(const struct yaml_scalar *scalar, struct place at, struct resolved *into,
                    struct error *error)
{
    enum type wanted;
    *into = (struct resolved){ .type = TYPE_STRING };
    if (scalar->plain) {
        *into = resolve_text(scalar);
        return true;
    }
    if (is_tag(scalar, TAG("timestamp")) && !is_time(scalar->text)) {
        *into = resolve_text(scalar);
        return error_set(error, at, "cannot decode %s `%s` as a !!timestamp",
                         short_tags[into->type], scalar->text);
    }
    if (!tag_type(scalar, &wanted) || wanted == TYPE_STRING)
        return true; /* quoted, or of a tag that nobody knows */
    if (wanted == TYPE_BINARY) {
        into->type = TYPE_BINARY;
        return true;
    }
    *into = resolve_text(scalar);
    if (wanted == TYPE_FLOAT && into->type == TYPE_INT && !into->is_unsigned) {
        into->type = TYPE_FLOAT;
        into->number = into->negative ? -(double)into->magnitude : (double)into->magnitude;
    }
    if (into->type == wanted)
        return true;
    return error_set(error, at, "cannot decode %s `%s` as a %s", short_tags[into->type],
                     scalar->text, short_tags[wanted]);
}

/* ── numbers as text ── */

/* The fewest digits that give the number back, as a double or only as a float, and where its
 * point stands: 0.d1d2... times 10^*point. */
static int shortest_digits(double number, bool single, char digits[24], int *point)
{
    char text[40];
    int precision = 0;
    do
        snprintf(text, sizeof text, "%.*e", precision, number);
    while ((single ? (double)strtof(text, NULL) : strtod(text, NULL)) != number &&
           ++precision < 17);
    int count = 0;
    char *at = text;
    for (; *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            digits[count++] = *at;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    *point = atoi(at + 1) + 1;
    return count;
}

static void print_plain(struct writer *out, const char *digits, int count, int point)
{
    if (point <= 0)
        writer_add(out, "0.");
    for (int i = point; i < 0; i++)
        writer_add_char(out, '0');
    for (int i = 0; i < count; i++) {
        if (i == point && i > 0)
            writer_add_char(out, '.');
        writer_add_char(out, digits[i]);
    }
    for (int i = count; i < point; i++)
        writer_add_char(out, '0');
}

static void print_scientific(struct writer *out, const char *digits, int count, int point,
                             const char *exponent_format)
{
    writer_add_char(out, digits[0]);
    if (count > 1) {
        writer_add_char(out, '.');
        writer_add_bytes(out, digits + 1, (size_t)(count - 1));
    }
    char exponent[16];
    snprintf(exponent, sizeof exponent, exponent_format, point - 1);
    writer_add(out, exponent);
}

/* As encoding/json prints a float64. */
static char *float_text(double number)
{
    struct writer out = { 0 };
    char digits[24];
    int point;
    if (signbit(number))
        writer_add_char(&out, '-');
    if (number == 0) {
        writer_add_char(&out, '0');
        return writer_take(&out);
    }
    int count = shortest_digits(fabs(number), false, digits, &point);
    if (point < -5)
        print_scientific(&out, digits, count, point, "e%d");
    else if (point > 21)
        print_scientific(&out, digits, count, point, "e+%d");
    else
        print_plain(&out, digits, count, point);
    return writer_take(&out);
}

/* As strconv.FormatFloat(..., 'g', -1, 32) does: the module forgets half of a key's digits. */
static char *float_key(double number)
{
    struct writer out = { 0 };
    char digits[24];
    int point = 1, count = 1;
    double rounded = fabs((double)(float)number);
    if (isinf(rounded))
        return mem_format("%s", number > 0 ? ".inf" : "-.inf");
    if (signbit(number))
        writer_add_char(&out, '-');
    if (rounded == 0)
        digits[0] = '0';
    else
        count = shortest_digits(rounded, true, digits, &point);
    if (point < -3 || point > 6)
        print_scientific(&out, digits, count, point, "e%+03d");
    else
        print_plain(&out, digits, count, point);
    return writer_take(&out);
}

static char *int_text(const struct resolved *number)
{
    return mem_format("%s%llu", number->negative ? "-" : "", (unsigned long long)number->magnitude);
}

/* ── binary ── */

static int base64_digit(char c)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == '\0' ? NULL : strchr(alphabet, c);
    return at == NULL ? -1 : (int)(at - alphabet);
}

/* Go decodes it into a string, which JSON then holds as UTF-8. */
static struct value *binary_value(const struct yaml_scalar *scalar, struct place at,
                                  struct error *error)
{
    struct writer out = { 0 };
    unsigned bits = 0, held = 0, letters = 0, padding = 0;
    bool good = true;
    for (size_t i = 0; i < scalar->length && good; i++) {
        char c = scalar->text[i];
        if (c == '\n' || c == '\r')
            continue;
        padding += c == '=';
        letters++;
        int digit = base64_digit(c);
        good = c == '=' || (digit >= 0 && padding == 0);
        if (!good || c == '=')
            continue;
        bits = bits << 6 | (unsigned)digit;
        if ((held += 6) >= 8)
            writer_add_char(&out, (char)(bits >> (held -= 8) & 0xFF));
    }
    struct value *value = NULL;
    if (good && letters % 4 == 0 && padding <= 2)
        value = value_new_text(out.length > 0 ? out.bytes : "", out.length);
    else
        error_set(error, at, "!!binary value contains invalid base64 data");
    writer_close(&out);
    return value;
}

/* ── values and keys ── */

static struct value *number_value(char *text)
{
    struct value *value = value_new_number(text);
    free(text);
    return value;
}

struct value *yaml_scalar_value(struct yaml_scalar scalar, struct place at, struct error *error)
{
    struct resolved resolved;
    if (!resolve(&scalar, at, &resolved, error))
        return NULL;
    switch (resolved.type) {
    case TYPE_NULL:
        return value_new_null();
    case TYPE_BOOL:
        return value_new_bool(resolved.truth);
    case TYPE_INT:
        return number_value(int_text(&resolved));
    case TYPE_FLOAT:
        if (isfinite(resolved.number))
            return number_value(float_text(resolved.number));
        error_set(error, at, "json: unsupported value: %s",
                  isnan(resolved.number) ? "NaN"
                  : resolved.number > 0  ? "+Inf"
                                         : "-Inf");
        return NULL;
    case TYPE_BINARY:
        return binary_value(&scalar, at, error);
    case TYPE_STRING:
        break;
    }
    return value_new_text(scalar.text, scalar.length);
}

static char *text_key(const char *text, size_t length, struct place at, struct error *error)
{
    if (strlen(text) == length)
        return mem_text(text, length);
    error_set(error, at, "a key holds a NUL character");
    return NULL;
}

static char *binary_key(const struct yaml_scalar *scalar, struct place at, struct error *error)
{
    struct value *value = binary_value(scalar, at, error);
    char *key = value == NULL ? NULL : text_key(value->text, value->count, at, error);
    value_drop(value);
    return key;
}

char *yaml_scalar_key(struct yaml_scalar scalar, struct place at, struct error *error)
{
    struct resolved resolved;
    if (!resolve(&scalar, at, &resolved, error))
        return NULL;
    switch (resolved.type) {
    case TYPE_BOOL:
        return mem_format("%s", resolved.truth ? "true" : "false");
    case TYPE_INT:
        if (!resolved.is_unsigned)
            return int_text(&resolved);
        break;
    case TYPE_FLOAT:
        return isnan(resolved.number) ? mem_format(".nan") : float_key(resolved.number);
    case TYPE_STRING:
        return text_key(scalar.text, scalar.length, at, error);
    case TYPE_BINARY:
        return binary_key(&scalar, at, error);
    case TYPE_NULL:
        break;
    }
    error_set(error, at, "\"%s\" cannot be a key: keys are texts, numbers or booleans",
              scalar.text);
    return NULL;
}
