/* Where something stands in a piece, what is wrong with it, and where libyaml takes what the Go
 * library refuses. */
#include <string.h>

#include "models/api/json.h"
#include "models/api/yaml_reader.h"

/* ── places ── */

static struct place place_of_mark(const struct yaml_reader *reader, yaml_mark_t mark)
{
    struct place place = reader->piece.start;
    place.line += (int)mark.line;
    place.column = (int)mark.column + 1;
    return place;
}

struct place yaml_place_of_event(const struct yaml_reader *reader)
{
    return place_of_mark(reader, reader->event.start_mark);
}

/* Bytes that are no text have no mark, only an offset. */
static struct place place_of_offset(const struct yaml_reader *reader, size_t offset)
{
    struct place place = reader->piece.start;
    for (size_t i = 0; i < offset && i < reader->piece.length; i++) {
        place.column += (reader->piece.bytes[i] & 0xC0) != 0x80;
        if (reader->piece.bytes[i] == '\n') {
            place.line++;
            place.column = 1;
        }
    }
    return place;
}

/* What is often behind a fault of this line. */
const char *yaml_hint(const struct yaml_reader *reader, yaml_mark_t mark)
{
    const char *end = reader->piece.bytes + reader->piece.length;
    const char *line = reader->piece.bytes;
    for (size_t i = 0; i < mark.line && line < end; i++)
        line = yaml_line_end(line, end);
    const char *stop = yaml_line_end(line, end);
    for (const char *at = line; at + 1 < stop; at++)
        if (at[0] == '{' && at[1] == '{')
            return " (a Helm template? read what `helm template` prints)";
    for (const char *at = line; at < stop && (*at == ' ' || *at == '\t'); at++)
        if (*at == '\t')
            return " (indent with blanks, not with tabs)";
    return "";
}

bool yaml_parser_failed(struct yaml_reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_READER_ERROR)
        return error_set(reader->error, place_of_offset(reader, parser->problem_offset), "%s",
                         parser->problem);
    struct place at = place_of_mark(reader, parser->problem_mark);
    const char *hint = yaml_hint(reader, parser->problem_mark);
    int begins = place_of_mark(reader, parser->context_mark).line;
    if (parser->context == NULL || begins == at.line)
        return error_set(reader->error, at, "%s%s", parser->problem, hint);
    return error_set(reader->error, at, "%s %s that begins in line %d%s", parser->problem,
                     parser->context, begins, hint);
}

/* ── scalars that only libyaml takes ── */

/* Where a character stands; later ones are asked for later. */
const char *yaml_bytes_at(struct yaml_reader *reader, size_t index)
{
    struct yaml_position *seen = &reader->seen;
    const char *end = reader->piece.bytes + reader->piece.length;
    for (; seen->index < index && seen->at < end; seen->index++)
        do
            seen->at++;
        while (seen->at < end && (*seen->at & 0xC0) == 0x80);
    return seen->at;
}

/* libyaml takes "\/" for a slash, the Go library does not. */
static bool has_slash_escape(struct yaml_reader *reader)
{
    if (!reader->has_slashes || reader->event.data.scalar.style != YAML_DOUBLE_QUOTED_SCALAR_STYLE)
        return false;
    const char *at = yaml_bytes_at(reader, reader->event.start_mark.index);
    const char *end = yaml_bytes_at(reader, reader->event.end_mark.index);
    for (; at + 1 < end; at++)
        if (*at == '\\' && *++at == '/')
            return true;
    return false;
}

/* Inside [] and {} a question mark that is not quoted begins a key, for the Go library. */
static bool has_flow_key(const struct yaml_reader *reader)
{
    return reader->flow > 0 && reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           strchr(yaml_text(reader->event.data.scalar.value), '?') != NULL;
}

bool yaml_check_scalar(struct yaml_reader *reader)
{
    struct place at = yaml_place_of_event(reader);
    if (reader->event.data.scalar.length > JSON_STRING_BYTES)
        return error_set(reader->error, at, "a string is longer than %d MiB",
                         JSON_STRING_BYTES >> 20);
    if (has_slash_escape(reader))
        return error_set(reader->error, at, "found unknown escape character \\/");
    if (has_flow_key(reader))
        return error_set(reader->error, at,
                         "did not find expected ',' or ']' (quote a text with a question mark)");
    return true;
}

/* "! 5" is a text. libyaml does not tell this tag; it stands where the node begins, before or
 * behind an anchor. */
static bool has_bare_tag(struct yaml_reader *reader)
{
    const char *at = yaml_bytes_at(reader, reader->event.start_mark.index);
    const char *end = reader->piece.bytes + reader->piece.length;
    if (at < end && *at == '&')
        while (at < end && *at != ' ' && *at != '\n')
            at++;
    while (at < end && *at == ' ')
        at++;
    return at < end && *at == '!';
}

struct yaml_scalar yaml_scalar_at_hand(struct yaml_reader *reader)
{
    bool implicit = reader->event.data.scalar.plain_implicit;
    return (struct yaml_scalar){ .text = yaml_text(reader->event.data.scalar.value),
                                 .length = reader->event.data.scalar.length,
                                 .tag = yaml_text(reader->event.data.scalar.tag),
                                 .plain = implicit && !has_bare_tag(reader) };
}
