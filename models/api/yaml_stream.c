/* Cutting a stream of documents at its separator lines, as YAMLReader of apimachinery
 * pkg/util/yaml/decoder.go (Kubernetes 1.36.4) does. */
#include <string.h>

#include "models/api/yaml_reader.h"

struct yaml_stream yaml_stream_of(const char *bytes, size_t length, const char *name)
{
    return (struct yaml_stream){ .at = bytes, .end = bytes + length, .place = { name, 1, 1 } };
}

static bool is_separator(const char *at, const char *end)
{
    return end - at >= 3 && memcmp(at, "---", 3) == 0;
}

/* Behind the dashes nothing may stand but blanks and a comment. */
static bool check_separator(const struct yaml_stream *stream, struct place at, const char *line,
                            const char *end, struct error *error)
{
    static const char blanks[] = " \t\r\n\v\f";
    const char *from = line + 3;
    while (from < end && strchr(blanks, *from) != NULL)
        from++;
    while (end > from && strchr(blanks, end[-1]) != NULL)
        end--;
    if (from == end || *from == '#')
        return true;
    at.file = stream->place.file;
    return error_set(error, at, "invalid Yaml document separator: %.*s",
                     (int)(end - from > 60 ? 60 : end - from), from);
}

/* A separator that follows something ends a piece and is dropped; one that begins a piece stays
 * with it. */
bool yaml_stream_next(struct yaml_stream *stream, struct yaml_piece *piece, struct error *error)
{
    *piece = (struct yaml_piece){ .bytes = stream->at, .start = stream->place };
    for (const char *line = stream->at; line < stream->end;) {
        const char *end = yaml_line_end(line, stream->end);
        bool separates = is_separator(line, end);
        if (separates && !check_separator(stream, stream->place, line, end, error)) {
            stream->at = stream->end;
            return false;
        }
        stream->place.line += end[-1] == '\n';
        if (separates && line > piece->bytes) {
            stream->at = end;
            piece->length = (size_t)(line - piece->bytes);
            return true;
        }
        line = end;
    }
    stream->at = stream->end;
    piece->length = (size_t)(stream->end - piece->bytes);
    return piece->length > 0;
}
