/* The running hash is a multiply-and-fold over the words of each line. It is meant to tell
 * two runs apart, not to resist anybody who looks for a collision. */
#include "sim/kernel/trace.h"

#include <assert.h>
#include <endian.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void trace_init(struct trace *trace, trace_sink *sink, void *context)
{
    *trace = (struct trace){ .hash = 0x7365617472696131u, .sink = sink, .context = context };
}

static uint64_t fold(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

/* Eight bytes at a time, little end first on any machine, then the length. */
static uint64_t fold_text(uint64_t hash, const char *text, size_t length)
{
    uint64_t word;
    for (size_t i = 0; i < length; i += sizeof word) {
        word = 0;
        memcpy(&word, text + i, length - i < sizeof word ? length - i : sizeof word);
        hash = fold(hash, le64toh(word));
    }
    return fold(hash, length);
}

/* Fold the next argument, as wide as `wide` says: 0 for int, more for long, long long and
 * size_t, which are the same on every machine we build for. */
static uint64_t fold_argument(uint64_t hash, char conversion, int wide, va_list *arguments)
{
    _Static_assert(sizeof(long) == 8 && sizeof(size_t) == 8, "l, ll and z are 64 bits wide");
    const char *text;
    switch (conversion) {
    case 's':
        text = va_arg(*arguments, const char *);
        return fold_text(hash, text, strlen(text));
    case 'd':
        return fold(hash, (uint64_t)(wide ? va_arg(*arguments, long) : va_arg(*arguments, int)));
    case 'u':
        return fold(hash, wide ? va_arg(*arguments, unsigned long) : va_arg(*arguments, unsigned));
    case 'c':
        return fold(hash, (uint64_t)va_arg(*arguments, int));
    default:
        assert(conversion == '%');
        return hash;
    }
}

static uint64_t fold_format(uint64_t hash, const char *format, va_list *arguments)
{
    size_t length = strlen(format);
    hash = fold_text(hash, format, length);
    for (const char *at = format; (at = memchr(at, '%', length - (size_t)(at - format)));) {
        int wide = 0;
        for (at++; *at == 'l' || *at == 'z'; at++)
            wide++;
        hash = fold_argument(hash, *at, wide, arguments);
        at++;
    }
    return hash;
}

static void show(const struct trace *trace, struct trace_line line, const char *format,
                 va_list arguments)
{
    char *text = NULL;
    int length = vasprintf(&text, format, arguments);
    assert(length >= 0);
    line.text = text;
    trace->sink(trace->context, &line);
    free(text);
}

trace_id trace_note(struct trace *trace, sim_time now, trace_id cause, const char *subject,
                    const char *format, ...)
{
    va_list arguments;
    assert(cause <= trace->last);
    trace_id id = ++trace->last;
    trace_step(trace, now, cause);
    trace->hash = fold_text(trace->hash, subject, strlen(subject));
    va_start(arguments, format);
    trace->hash = fold_format(trace->hash, format, &arguments);
    va_end(arguments);
    if (trace->sink != NULL) {
        va_start(arguments, format);
        show(trace, (struct trace_line){ .at = now, .id = id, .cause = cause, .subject = subject },
             format, arguments);
        va_end(arguments);
    }
    return id;
}
