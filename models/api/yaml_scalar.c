/* What a YAML scalar means.
 *
 * Follows resolve() and scalar() of go.yaml.in/yaml/v2, which sigs.k8s.io/yaml v1.6 uses, and
 * that module's conversion to JSON; numbers print as Go's encoding/json prints them. Times stay
 * texts there, and numbers to base 60 were never supported. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/yaml_private.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

enum type { TYPE_STRING, TYPE_NULL, TYPE_BOOL, TYPE_INT, TYPE_FLOAT, TYPE_BINARY };

static const char *const short_tags[] = { "!!str", "!!null", "!!bool", "!!int", "!!float" };

struct resolved {
    enum type type;
    bool truth;
    struct yaml_number number; /* of both types of numbers */
};

/* ── words ── */

static const struct {
    const char *words; /* between blanks */
    struct resolved meaning;
} words[] = {
    { " y Y yes Yes YES true True TRUE on On ON ", { .type = TYPE_BOOL, .truth = true } },
    { " n N no No NO false False FALSE off Off OFF ", { .type = TYPE_BOOL, .truth = false } },
    { " ~ null Null NULL ", { .type = TYPE_NULL } },
    { " .nan .NaN .NAN ", { .type = TYPE_FLOAT, .number.real = (double)NAN } },
    { " .inf .Inf .INF +.inf +.Inf +.INF ",
      { .type = TYPE_FLOAT, .number.real = (double)INFINITY } },
    { " -.inf -.Inf -.INF ", { .type = TYPE_FLOAT, .number.real = -(double)INFINITY } },
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
    if (!resolve_word(scalar->text, &resolved) &&
        strchr("+-.0123456789", scalar->text[0]) != NULL &&
        yaml_number_read(scalar->text, &resolved.number))
        resolved.type = resolved.number.is_whole ? TYPE_INT : TYPE_FLOAT;
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
    const struct yaml_number *number = &into->number;
    if (wanted == TYPE_FLOAT && into->type == TYPE_INT && !number->is_unsigned) {
        double magnitude = (double)number->magnitude;
        *into = (struct resolved){ .type = TYPE_FLOAT,
                                   .number.real = number->negative ? -magnitude : magnitude };
    }
    if (into->type == wanted)
        return true;
    return error_set(error, at, "cannot decode %s `%s` as a %s", short_tags[into->type],
                     scalar->text, short_tags[wanted]);
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
    struct writer text = { 0 };
    if (out.length > 0)
        json_add_text(&text, out.bytes, out.length);
    if (good && letters % 4 == 0 && padding <= 2)
        value = value_new_text(text.length > 0 ? text.bytes : "", text.length);
    else
        error_set(error, at, "!!binary value contains invalid base64 data");
    writer_close(&text);
    writer_close(&out);
    return value;
}

/* ── values and keys ── */

/* What JSON has no number for is refused in the words of encoding/json. */
static struct value *number_value(const struct yaml_number *number, struct place at,
                                  struct error *error)
{
    if (!number->is_whole && !isfinite(number->real)) {
        error_set(error, at, "json: unsupported value: %s",
                  isnan(number->real) ? "NaN"
                  : number->real > 0  ? "+Inf"
                                      : "-Inf");
        return NULL;
    }
    char *text = yaml_number_text(number);
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
    case TYPE_FLOAT:
        return number_value(&resolved.number, at, error);
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
    case TYPE_FLOAT:
        if (resolved.number.is_unsigned)
            break;
        return yaml_number_key(&resolved.number);
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
