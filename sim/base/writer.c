/* A text that grows at its end, doubling its memory. */
#include "sim/base/writer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

/* Room for `more` bytes and the final NUL. */
static void writer_reserve(struct writer *writer, size_t more)
{
    size_t need = writer->length + more + 1;
    if (need <= writer->capacity)
        return;
    size_t capacity = writer->capacity ? writer->capacity * 2 : 64;
    writer->capacity = capacity < need ? need : capacity;
    writer->bytes = mem_resize(writer->bytes, writer->capacity);
}

void writer_add_bytes(struct writer *writer, const char *bytes, size_t length)
{
    writer_reserve(writer, length);
    if (length > 0)
        memcpy(writer->bytes + writer->length, bytes, length);
    writer->length += length;
    writer->bytes[writer->length] = '\0';
}

void writer_add(struct writer *writer, const char *addition)
{
    writer_add_bytes(writer, addition, strlen(addition));
}

void writer_add_char(struct writer *writer, char c)
{
    writer_add_bytes(writer, &c, 1);
}

void writer_format(struct writer *writer, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    writer_reserve(writer, (size_t)length);
    vsnprintf(writer->bytes + writer->length, (size_t)length + 1, format, again);
    va_end(again);
    writer->length += (size_t)length;
}

void writer_add_rune(struct writer *writer, unsigned code_point)
{
    unsigned c = code_point;
    if ((c >= 0xD800 && c < 0xE000) || c > 0x10FFFF)
        c = 0xFFFD;
    char bytes[4];
    size_t length = 0;
    if (c < 0x80) {
        bytes[length++] = (char)c;
    } else if (c < 0x800) {
        bytes[length++] = (char)(0xC0 | c >> 6);
        bytes[length++] = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        bytes[length++] = (char)(0xE0 | c >> 12);
        bytes[length++] = (char)(0x80 | (c >> 6 & 0x3F));
        bytes[length++] = (char)(0x80 | (c & 0x3F));
    } else {
        bytes[length++] = (char)(0xF0 | c >> 18);
        bytes[length++] = (char)(0x80 | (c >> 12 & 0x3F));
        bytes[length++] = (char)(0x80 | (c >> 6 & 0x3F));
        bytes[length++] = (char)(0x80 | (c & 0x3F));
    }
    writer_add_bytes(writer, bytes, length);
}

void writer_clear(struct writer *writer)
{
    writer->length = 0;
    if (writer->bytes != NULL)
        writer->bytes[0] = '\0';
}

char *writer_take(struct writer *writer)
{
    char *bytes = writer->bytes != NULL ? writer->bytes : mem_text("", 0);
    *writer = (struct writer){ 0 };
    return bytes;
}

void writer_close(struct writer *writer)
{
    free(writer->bytes);
    *writer = (struct writer){ 0 };
}
