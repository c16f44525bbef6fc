/* Two things that the Go library's scanner takes and libyaml 0.2.5 does not: "\\'" between double
 * quotes, which is a quote, and in a flow collection a plain text that ends in a colon, "[a:, b]".
 *
 * Where the scanner stops at one of them, the backslash or the colon is replaced by a character
 * that nobody uses, and the piece is read again; what it stood for is put back into the scalars.
 * Columns count characters, so that places stay what they are. */
#include <string.h>

#include "models/api/yaml_private.h"

static const char gone[] = "\xEE\x80\x80";  /* U+E000: nothing */
static const char colon[] = "\xEE\x80\x81"; /* U+E001: a colon */

enum { WIDTH = 3, FREE_TRIES = 4, MOST_WORK = 8 << 20 };

/* Each try reads the whole piece: in a large one only a few. */
static bool is_enough(size_t tries, size_t length)
{
    return tries > FREE_TRIES && tries * length > MOST_WORK;
}

static bool has(const struct yaml_piece *piece, const char *text)
{
    return memmem(piece->bytes, piece->length, text, WIDTH) != NULL;
}

/* Every backslash before a quote, up to the end of the text between double quotes. */
static void patch_quotes(struct writer *out, const char *at, const char *end)
{
    while (at < end && *at != '"') {
        bool escape = *at == '\\' && at + 1 < end;
        if (escape && at[1] == '\'')
            writer_add(out, gone);
        else
            writer_add_char(out, *at);
        if (escape)
            writer_add_char(out, *++at);
        at++;
    }
    writer_add_bytes(out, at, (size_t)(end - at));
}

bool yaml_patch(struct writer *patched, struct yaml_piece *piece, struct yaml_stop stopped,
                size_t tries)
{
    const char *at = piece->bytes + stopped.at, *end = piece->bytes + piece->length;
    if (stopped.problem == NULL || end - at < 2 || is_enough(tries, piece->length))
        return false;
    bool is_quote = strcmp(stopped.problem, "found unknown escape character") == 0 &&
                    at[0] == '\\' && at[1] == '\'';
    bool is_colon = strcmp(stopped.problem, "found unexpected ':'") == 0 && at[0] == ':';
    if ((!is_quote && !is_colon) || (tries == 1 && (has(piece, gone) || has(piece, colon))))
        return false;
    struct writer out = { 0 };
    writer_add_bytes(&out, piece->bytes, stopped.at);
    if (is_quote) {
        patch_quotes(&out, at, end);
    } else {
        writer_add(&out, colon);
        writer_add_bytes(&out, at + 1, (size_t)(end - at - 1));
    }
    writer_close(patched);
    *patched = out;
    piece->bytes = out.bytes;
    piece->length = out.length;
    return true;
}

void yaml_patch_undo(char *text, size_t *length)
{
    char *out = text;
    for (const char *at = text, *end = text + *length; at < end;) {
        bool wide = end - at >= WIDTH;
        if (wide && memcmp(at, gone, WIDTH) == 0) {
            at += WIDTH;
        } else if (wide && memcmp(at, colon, WIDTH) == 0) {
            *out++ = ':';
            at += WIDTH;
        } else {
            *out++ = *at++;
        }
    }
    *out = '\0';
    *length = (size_t)(out - text);
}
