/* Files of traces, read from front to end, unpacked on the way: plain or gzipped, or standard
 * input. A file need not fit into memory. */
#ifndef TOOLS_CONVERT_TRACE_INPUT_H
#define TOOLS_CONVERT_TRACE_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/error.h"

enum { TRACE_HEAD_BYTES = 64 << 10 };

struct trace_input {
    const char *path, *name; /* borrowed; the name is what faults and notes call it */
    void *stream;            /* private */
    char *head;              /* the first bytes of it, which nobody has read yet: owned */
    size_t head_length, taken;
};

/* "-" is standard input. False with the error when it cannot be opened; close it in either case. */
bool trace_input_open(struct trace_input *input, const char *path, struct error *error);
void trace_input_close(struct trace_input *input);

/* Up to `size` of the next bytes; 0 at the end, or with the error when it cannot be read. */
size_t trace_input_read(struct trace_input *input, char *bytes, size_t size, struct error *error);

/* All that is left, with a NUL behind it; the caller frees. NULL with the error when it cannot be read
 * or is larger than 1 GiB. */
char *trace_input_read_all(struct trace_input *input, size_t *length, struct error *error);

#endif
