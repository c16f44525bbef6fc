/* A text that grows at its end.
 *
 *     struct writer line = {0};
 *     writer_format(&line, "%zu replicas", count);
 *     char *owned = writer_take(&line);
 */
#ifndef SIM_BASE_WRITER_H
#define SIM_BASE_WRITER_H

#include <stddef.h>

/* All zero is an empty text. `bytes` is NULL until the first addition and ends with a NUL
 * (not counted) from then on; it may also hold NULs of its own. */
struct writer {
    char *bytes; /* owned */
    size_t length, capacity;
};

/* Append. Amortised O(length of the addition). */
void writer_add(struct writer *writer, const char *addition);
void writer_add_bytes(struct writer *writer, const char *bytes, size_t length);
void writer_add_char(struct writer *writer, char c);
void writer_format(struct writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Append a Unicode code point as UTF-8; surrogates and what lies beyond U+10FFFF become
 * U+FFFD, the replacement character. */
void writer_add_rune(struct writer *writer, unsigned code_point);

/* Forget the content but keep the memory. */
void writer_clear(struct writer *writer);

/* Give the content away as a string, never NULL, which the caller frees. */
char *writer_take(struct writer *writer);

/* Release the memory; the text is empty and usable afterwards. */
void writer_close(struct writer *writer);

#endif
