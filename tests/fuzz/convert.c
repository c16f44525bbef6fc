/* Every format of traces, over any bytes that it recognises, and MessagePack over all. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "tools/convert/formats.h"
#include "tools/convert/msgpack.h"

/* A file in memory, by the name under which it can be opened. */
static int file_of(const uint8_t *data, size_t size, char name[64])
{
    const int file = memfd_create("trace", MFD_CLOEXEC);
    assert(file >= 0);
    assert(size == 0 || write(file, data, size) == (ssize_t)size);
    snprintf(name, 64, "/proc/self/fd/%d", file);
    return file;
}

static void check(const struct conversion *conversion, const struct error_list *faults)
{
    for (size_t i = 0; i < faults->count; i++)
        assert(faults->items[i].text != NULL && faults->items[i].at.file != NULL);
    for (size_t i = 0; i < conversion->row_count; i++)
        assert(conversion->rows[i].at >= 0 && conversion->rows[i].duration >= 0);
}

static void convert(const struct trace_format *format, struct trace_input *input)
{
    struct convert_options options = convert_options_default();
    struct error_list faults = { 0 };
    struct conversion conversion = { 0 };
    options.jsonl = true;
    options.in_order = input->head_length % 2 == 1;
    conversion_read(&conversion, format, input, 1, &options, &faults);
    check(&conversion, &faults);
    conversion_close(&conversion);
    error_list_close(&faults);
}

static void read_msgpack(const uint8_t *data, size_t size)
{
    struct error error = { 0 };
    struct value *value = msgpack_document((const char *)data, size, "in", &error);
    assert((value == NULL) == (error.text != NULL));
    value_drop(value);
    error_close(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[64];
    const int file = file_of(data, size, name);
    read_msgpack(data, size);
    for (const struct trace_format *const *format = trace_formats; *format != NULL; format++) {
        struct trace_input input;
        struct error error = { 0 };
        if (trace_input_open(&input, name, &error) && (*format)->role(&input) != 0)
            convert(*format, &input);
        trace_input_close(&input);
        error_close(&error);
    }
    close(file);
    return 0;
}
