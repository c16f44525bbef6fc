/* The JSON reader: one pass over the bytes, places counted on the way.
 *
 * Grammar of RFC 8259; what is left to the reader follows Go's encoding/json as the API
 * server uses it (Kubernetes 1.36): the last of equal keys counts, and what is not UTF-8
 * becomes U+FFFD instead of an error. */
#include "models/api/json.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

struct reader {
    const char *at, *end;
    const char *counted; /* up to here `place` is right */
    struct place place;
    int depth;
    struct error_list *duplicates;
    struct error *error;
};

static struct value *read_value(struct reader *reader);

/* ── where we are ── */

/* The place of `at`. Places are asked for from left to right, so that counting is linear. */
static struct place place_of(struct reader *reader, const char *at)
{
    for (; reader->counted < at; reader->counted++) {
        if (*reader->counted == '\n') {
            reader->place.line++;
            reader->place.column = 1;
        } else if ((*reader->counted & 0xC0) != 0x80) {
            reader->place.column++;
        }
    }
    return reader->place;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct reader *reader)
{
    while (reader->at < reader->end && is_blank(*reader->at))
        reader->at++;
}

/* The next byte, or 0 at the end (a NUL in the text is as unexpected as the end). */
static char peek(const struct reader *reader)
{
    return reader->at < reader->end ? *reader->at : '\0';
}

/* Refuse the byte at hand, in the words of Go's decoder. */
static bool unexpected(struct reader *reader, const char *where)
{
    struct place at = place_of(reader, reader->at);
    if (reader->at == reader->end)
        return error_set(reader->error, at, "unexpected end of JSON input %s", where);
    unsigned char c = (unsigned char)*reader->at;
    if (c < 0x20 || c >= 0x7F)
        return error_set(reader->error, at, "invalid character '\\x%02x' %s", c, where);
    return error_set(reader->error, at, "invalid character '%c' %s", c, where);
}

/* ── strings ── */

/* Bytes of the well-formed UTF-8 sequence at `at`, 0 when there is none. */
static size_t utf8_length(const unsigned char *at, size_t left)
{
    if (at[0] < 0x80)
        return 1;
    size_t length = at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : 2;
    if (at[0] < 0xC2 || at[0] > 0xF4 || left < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
        (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F))
        return 0;
    return length;
}

static bool read_hex4(struct reader *reader, unsigned *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, reader->at++) {
        char c = peek(reader);
        unsigned digit;
        if (c >= '0' && c <= '9')
            digit = (unsigned)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            digit = (unsigned)((c | 0x20) - 'a' + 10);
        else
            return unexpected(reader, "in \\u hexadecimal character escape");
        *code = *code * 16 + digit;
    }
    return true;
}

/* Behind "\u": one code point, from two escapes when they are a surrogate pair. */
static bool read_unicode(struct reader *reader, struct writer *into)
{
    unsigned high, low;
    if (!read_hex4(reader, &high))
        return false;
    const char *second = reader->at;
    if (high >= 0xD800 && high < 0xDC00 && reader->end - second >= 6 && second[0] == '\\' &&
        second[1] == 'u') {
        reader->at += 2;
        if (!read_hex4(reader, &low))
            return false;
        if (low >= 0xDC00 && low < 0xE000)
            high = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
        else
            reader->at = second; /* a lone surrogate; the second escape stands for itself */
    }
    writer_add_rune(into, high);
    return true;
}

static bool read_escape(struct reader *reader, struct writer *into)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    reader->at++;
    char c = peek(reader);
    if (c == 'u') {
        reader->at++;
        return read_unicode(reader, into);
    }
    const char *name = c == '\0' ? NULL : strchr(names, c);
    if (name == NULL)
        return unexpected(reader, "in string escape code");
    writer_add_char(into, meanings[name - names]);
    reader->at++;
    return true;
}

void json_add_text(struct writer *into, const char *bytes, size_t length)
{
    const unsigned char *at = (const unsigned char *)bytes, *first = at, *end = at + length;
    while (at < end) {
        size_t whole = utf8_length(at, (size_t)(end - at));
        if (whole == 0) {
            writer_add_bytes(into, (const char *)first, (size_t)(at - first));
            writer_add_rune(into, 0xFFFD);
            first = ++at;
        } else {
            at += whole;
        }
    }
    writer_add_bytes(into, (const char *)first, (size_t)(at - first));
}

/* The stretch of bytes that stand for themselves. */
static void read_plain(struct reader *reader, struct writer *into)
{
    const char *first = reader->at;
    while (reader->at < reader->end && *reader->at != '"' && *reader->at != '\\' &&
           (unsigned char)*reader->at >= 0x20)
        reader->at++;
    json_add_text(into, first, (size_t)(reader->at - first));
}

/* From the opening quote to behind the closing one. */
static bool read_string(struct reader *reader, struct writer *into)
{
    const char *open = reader->at++;
    for (;;) {
        read_plain(reader, into);
        if (reader->at - open > JSON_STRING_BYTES)
            return error_set(reader->error, place_of(reader, open),
                             "a string is longer than %d MiB", JSON_STRING_BYTES >> 20);
        if (peek(reader) == '"') {
            reader->at++;
            return true;
        }
        if (peek(reader) != '\\')
            return unexpected(reader, "in string literal");
        if (!read_escape(reader, into))
            return false;
    }
}

static struct value *read_text(struct reader *reader)
{
    struct writer text = { 0 };
    struct value *string = NULL;
    if (read_string(reader, &text))
        string = value_new_text(text.bytes, text.length);
    writer_close(&text);
    return string;
}

/* ── numbers and words ── */

static bool skip_digits(struct reader *reader, const char *where)
{
    if (peek(reader) < '0' || peek(reader) > '9')
        return unexpected(reader, where);
    while (peek(reader) >= '0' && peek(reader) <= '9')
        reader->at++;
    return true;
}

static bool skip_number(struct reader *reader)
{
    if (peek(reader) == '-')
        reader->at++;
    if (peek(reader) == '0')
        reader->at++;
    else if (!skip_digits(reader, "in numeric literal"))
        return false;
    if (peek(reader) == '.') {
        reader->at++;
        if (!skip_digits(reader, "after decimal point in numeric literal"))
            return false;
    }
    if (peek(reader) == 'e' || peek(reader) == 'E') {
        reader->at++;
        if (peek(reader) == '+' || peek(reader) == '-')
            reader->at++;
        return skip_digits(reader, "in exponent of numeric literal");
    }
    return true;
}

static struct value *read_number(struct reader *reader)
{
    const char *first = reader->at;
    if (!skip_number(reader))
        return NULL;
    char *text = mem_text(first, (size_t)(reader->at - first));
    struct value *number = value_new_number(text);
    free(text);
    return number;
}

static struct value *read_word(struct reader *reader)
{
    static const char *const words[] = { "null", "false", "true" };
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(reader->end - reader->at) < length ||
            memcmp(reader->at, words[i], length) != 0)
            continue;
        reader->at += length;
        return i == 0 ? value_new_null() : value_new_bool(i == 2);
    }
    unexpected(reader, "looking for beginning of value");
    return NULL;
}

/* ── lists and maps ── */

/* Behind an element: true after a comma, false at the closing bracket or on an error. */
static bool more_follows(struct reader *reader, char close, const char *where)
{
    skip_blanks(reader);
    if (peek(reader) == ',') {
        reader->at++;
        return true;
    }
    if (peek(reader) == close)
        reader->at++;
    else
        unexpected(reader, where);
    return false;
}

static bool is_empty(struct reader *reader, char close)
{
    reader->at++;
    skip_blanks(reader);
    if (peek(reader) != close)
        return false;
    reader->at++;
    return true;
}

static struct value *read_list(struct reader *reader)
{
    struct value *list = value_new_list();
    if (is_empty(reader, ']'))
        return list;
    do {
        struct value *item = read_value(reader);
        if (item == NULL)
            break;
        value_add(list, item);
    } while (more_follows(reader, ']', "after array element"));
    return list;
}

static void note_duplicate(struct reader *reader, const struct value *map, const char *key,
                           struct place at)
{
    const struct value_entry *first = reader->duplicates == NULL ? NULL : value_find(map, key);
    if (first != NULL)
        error_list_add(reader->duplicates, at, "key \"%s\" already set in map at line %d", key,
                       first->at.line);
}

/* One `"key": value`. */
static bool read_entry(struct reader *reader, struct value *map)
{
    skip_blanks(reader);
    if (peek(reader) != '"')
        return unexpected(reader, "looking for beginning of object key string");
    struct place at = place_of(reader, reader->at);
    struct writer key = { 0 };
    bool good = read_string(reader, &key);
    if (good && strlen(key.bytes) != key.length)
        good = error_set(reader->error, at, "a key holds a NUL character");
    if (good) {
        skip_blanks(reader);
        if (peek(reader) != ':')
            good = unexpected(reader, "after object key");
    }
    struct value *value = NULL;
    if (good) {
        reader->at++;
        value = read_value(reader);
    }
    if (value == NULL) {
        writer_close(&key);
        return false;
    }
    note_duplicate(reader, map, key.bytes, at);
    value_set_at(map, writer_take(&key), at, value);
    return true;
}

static struct value *read_map(struct reader *reader)
{
    struct value *map = value_new_map();
    if (is_empty(reader, '}'))
        return map;
    while (read_entry(reader, map) && more_follows(reader, '}', "after object key:value pair"))
        ;
    return map;
}

static struct value *read_nested(struct reader *reader)
{
    if (reader->depth == JSON_DEPTH) {
        error_set(reader->error, place_of(reader, reader->at),
                  "maps and lists are nested more than %d deep", JSON_DEPTH);
        return NULL;
    }
    reader->depth++;
    struct value *nested = peek(reader) == '{' ? read_map(reader) : read_list(reader);
    reader->depth--;
    return nested;
}

static struct value *read_value(struct reader *reader)
{
    skip_blanks(reader);
    struct place at = place_of(reader, reader->at);
    struct value *value;
    char c = peek(reader);
    if (c == '{' || c == '[')
        value = read_nested(reader);
    else if (c == '"')
        value = read_text(reader);
    else if (c == '-' || (c >= '0' && c <= '9'))
        value = read_number(reader);
    else
        value = read_word(reader);
    if (reader->error->text != NULL) {
        value_drop(value);
        return NULL;
    }
    value->at = at;
    return value;
}

struct value *json_read_next(const char **bytes, size_t *length, struct place *start,
                             struct error_list *duplicates, struct error *error)
{
    struct reader reader = { .at = *bytes,
                             .end = *bytes + *length,
                             .counted = *bytes,
                             .place = *start,
                             .duplicates = duplicates,
                             .error = error };
    struct value *value = read_value(&reader);
    if (value != NULL)
        skip_blanks(&reader);
    *start = place_of(&reader, reader.at);
    *length = (size_t)(reader.end - reader.at);
    *bytes = reader.at;
    return value;
}

struct value *json_read(const char *bytes, size_t length, struct place start,
                        struct error_list *duplicates, struct error *error)
{
    struct value *value = json_read_next(&bytes, &length, &start, duplicates, error);
    if (value != NULL && length > 0) {
        struct reader rest = {
            .at = bytes, .end = bytes + length, .counted = bytes, .place = start, .error = error
        };
        unexpected(&rest, "after top-level value");
        value_drop(value);
        return NULL;
    }
    return value;
}
