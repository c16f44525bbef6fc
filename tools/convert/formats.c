/* The table of formats, and which of them a file has. */
#include <string.h>

#include "tools/convert/formats.h"

/* In this order they are asked whether they know an input. */
const struct trace_format *const trace_formats[] = {
    &openb_format,   &alibaba_2017_format, &philly_format, &spot_gpu_format,
    &simkube_format, &snapshot_format,     NULL,
};

const struct trace_format *trace_format_find(const char *name)
{
    for (const struct trace_format *const *format = trace_formats; *format != NULL; format++)
        if (strcmp((*format)->name, name) == 0)
            return *format;
    return NULL;
}

/* Does the format know all of them? The number of the first it does not know otherwise. */
static bool knows_all(const struct trace_format *format, const struct trace_input *inputs,
                      size_t count, size_t *unknown)
{
    bool has_main = false;
    for (size_t i = 0; i < count; i++) {
        const int role = format->role(&inputs[i]);
        if (role == 0) {
            *unknown = i;
            return false;
        }
        has_main = has_main || role == 1;
    }
    *unknown = 0;
    return has_main || format->takes_any;
}

const struct trace_format *trace_format_detect(const struct trace_input *inputs, size_t count,
                                               struct error *error)
{
    size_t furthest = 0, unknown;
    for (const struct trace_format *const *format = trace_formats; *format != NULL; format++) {
        if (knows_all(*format, inputs, count, &unknown))
            return *format;
        furthest = unknown > furthest ? unknown : furthest;
    }
    error_set(error, (struct place){ .file = inputs[furthest].name },
              "no format is recognised in %s (say which: seatrial convert FORMAT ...; "
              "`seatrial convert --list` prints them)",
              count > 1 ? "these files together" : "this file");
    return NULL;
}
