/* Command lines into words, by the rules of the POSIX shell for quoting. */
#include <stdlib.h>
#include <string.h>

#include "models/cluster/scenario_private.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Up to the closing quote, which is taken. NULL when there is none. */
static const char *read_quoted(const char *at, struct writer *word)
{
    char quote = *at++;
    for (; *at != '\0' && *at != quote; at++) {
        if (quote == '"' && *at == '\\' && at[1] != '\0' && strchr("\"\\$`", at[1]) != NULL)
            at++;
        writer_add_char(word, *at);
    }
    return *at == quote ? at + 1 : NULL;
}

/* One word; its end, or NULL when a quote or a backslash lacks its other half. */
static const char *read_word(const char *at, struct writer *word)
{
    writer_add(word, "");
    while (at != NULL && *at != '\0' && !is_blank(*at)) {
        if (*at == '\'' || *at == '"') {
            at = read_quoted(at, word);
        } else {
            at += *at == '\\';
            if (*at == '\0')
                return NULL;
            writer_add_char(word, *at++);
        }
    }
    return at;
}

bool words_split(const char *text, struct place at, char ***words, size_t *count,
                 struct error *error)
{
    char **items = NULL;
    size_t filled = 0, capacity = 0;
    while (text != NULL && *(text += strspn(text, " \t\r\n")) != '\0') {
        struct writer word = { 0 };
        text = read_word(text, &word);
        MEM_GROW(items, filled, capacity);
        items[filled++] = writer_take(&word);
    }
    if (text == NULL) {
        words_free(items, filled);
        return error_set(error, at, "a quote or backslash has no other half");
    }
    *words = mem_resize(items, (filled + 1) * sizeof *items);
    (*words)[filled] = NULL;
    *count = filled;
    return true;
}

void words_free(char **words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(words[i]);
    free(words);
}
