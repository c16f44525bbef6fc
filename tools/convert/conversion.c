/* What formats fill in: rows, nodes, notes; and the command's answer. */
#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/convert/convert.h"

#define A_YEAR (365 * SIM_DAY)

struct convert_options convert_options_default(void)
{
    return (struct convert_options){
        .until = SIM_FOREVER, .machine_memory = 0x1p38, .cpu_per_gpu = 4, .memory_per_gpu = 0x1p35
    };
}

void conversion_read(struct conversion *conversion, const struct trace_format *format,
                     struct trace_input *inputs, size_t input_count,
                     const struct convert_options *options, struct error_list *faults)
{
    *conversion = (struct conversion){ .options = options,
                                       .inputs = inputs,
                                       .input_count = input_count,
                                       .faults = faults,
                                       .counts = value_new_map(),
                                       .notes = value_new_list(),
                                       .nodes = value_new_list(),
                                       .objects = value_new_list(),
                                       .timeline = value_new_list(),
                                       .spec = value_new_map(),
                                       .files = value_new_map(),
                                       .columns = "",
                                       .texts = texts_new() };
    const size_t before = faults->count;
    bool has_main = false;
    for (size_t i = 0; i < input_count; i++) {
        const int role = format->role(&inputs[i]);
        has_main = has_main || role == 1;
        if (role == 0)
            error_list_add(faults, (struct place){ .file = inputs[i].name },
                           "this is nothing that %s knows (it takes %s)", format->name,
                           format->inputs);
    }
    if (faults->count == before && !has_main && !format->takes_any)
        error_list_add(faults, (struct place){ .file = inputs[0].name },
                       "this alone is no %s trace (it takes %s)", format->name, format->inputs);
    if (faults->count == before)
        format->convert(conversion);
}

void conversion_close(struct conversion *conversion)
{
    struct value *const values[] = { conversion->counts,  conversion->notes, conversion->nodes,
                                     conversion->objects, conversion->spec,  conversion->files,
                                     conversion->timeline };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        value_drop(values[i]);
    for (size_t i = 0; i < conversion->row_count; i++)
        text_drop(conversion->rows[i].shared);
    free(conversion->rows);
    writer_close(&conversion->names);
    writer_close(&conversion->jsonl);
    texts_free(conversion->texts);
    *conversion = (struct conversion){ 0 };
}

struct trace_input *conversion_input(struct conversion *conversion,
                                     int (*role)(const struct trace_input *), int wanted,
                                     size_t nth)
{
    for (size_t i = 0; i < conversion->input_count; i++)
        if (role(&conversion->inputs[i]) == wanted && nth-- == 0)
            return &conversion->inputs[i];
    return NULL;
}

void conversion_count(struct conversion *conversion, const char *what, int64_t more)
{
    const int64_t before = value_int(value_get(conversion->counts, what), 0);
    value_set(conversion->counts, what, value_new_int(before + more));
}

void conversion_note(struct conversion *conversion, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    value_add(conversion->notes, value_new_string(text));
}

void conversion_add_row(struct conversion *conversion, sim_time at, sim_time duration,
                        int64_t cpu_milli, int64_t memory_bytes, uint32_t pods, const char *name,
                        const char *cells)
{
    const struct convert_options *options = conversion->options;
    if (options->in_order) {
        /* By then the node lifecycle controller has taken the taints of thousands of nodes away. */
        at = 10 * SIM_MINUTE + (sim_time)conversion->row_count * SIM_SECOND;
        duration = A_YEAR;
    }
    if (at < options->from || at >= options->until) {
        conversion_count(conversion, "arrivals outside of --from and --until", 1);
        return;
    }
    MEM_GROW(conversion->rows, conversion->row_count, conversion->row_capacity);
    conversion->rows[conversion->row_count] = (struct trace_row){
        .at = at - options->from,
        .duration = duration < 0 ? 0 : duration,
        .shared = text_format(conversion->texts, "%lld,%lld,%s", (long long)cpu_milli,
                              (long long)memory_bytes, cells),
        .name = name != NULL ? conversion->names.length : SIZE_MAX,
        .pods = pods,
        .number = (uint32_t)conversion->row_count,
    };
    conversion->row_count++;
    if (name != NULL)
        writer_add_bytes(&conversion->names, name, strlen(name) + 1);
}

struct value *node_of_trace(const char *name, struct value *capacity, struct value *labels)
{
    struct value *node = value_new_map();
    value_put(&node, value_new_string("v1"), "apiVersion", NULL);
    value_put(&node, value_new_string("Node"), "kind", NULL);
    value_put(&node, value_new_string(name), "metadata", "name", NULL);
    value_put(&node, value_new_string("amd64"), "metadata", "labels", "kubernetes.io/arch", NULL);
    value_put(&node, value_new_string(name), "metadata", "labels", "kubernetes.io/hostname", NULL);
    value_put(&node, value_new_string("linux"), "metadata", "labels", "kubernetes.io/os", NULL);
    for (size_t i = 0; labels != NULL && i < labels->count; i++)
        value_put(&node, value_hold(labels->entries[i].value), "metadata", "labels",
                  labels->entries[i].key, NULL);
    if (value_get(capacity, "pods") == NULL)
        value_set(capacity, "pods", value_new_string("110"));
    value_put(&node, value_hold(capacity), "status", "capacity", NULL);
    value_put(&node, capacity, "status", "allocatable", NULL);
    value_drop(labels);
    return node;
}

char *name_of_trace(const char *text)
{
    struct writer name = { 0 };
    enum { LONGEST = 200 };
    writer_add(&name, "");
    for (; *text != '\0' && name.length < LONGEST; text++) {
        const char c = (char)tolower((unsigned char)*text);
        const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (fits)
            writer_add_char(&name, c);
        else if (name.length > 0 && name.bytes[name.length - 1] != '-')
            writer_add_char(&name, '-');
    }
    while (name.length > 0 && name.bytes[name.length - 1] == '-')
        name.bytes[--name.length] = '\0';
    if (name.length == 0)
        writer_add_char(&name, 'x');
    return writer_take(&name);
}

struct value *milli_value(int64_t milli)
{
    char text[32];
    if (milli % 1000 == 0)
        snprintf(text, sizeof text, "%lld", (long long)(milli / 1000));
    else
        snprintf(text, sizeof text, "%lldm", (long long)milli);
    return value_new_string(text);
}

struct value *bytes_value(int64_t bytes)
{
    char text[32];
    if (bytes % (1 << 20) == 0)
        snprintf(text, sizeof text, "%lldMi", (long long)(bytes >> 20));
    else
        snprintf(text, sizeof text, "%lld", (long long)bytes);
    return value_new_string(text);
}

void add_cell(struct writer *cells, const char *text)
{
    writer_add_char(cells, ',');
    if (strpbrk(text, ",\"\r\n") == NULL) {
        writer_add(cells, text);
        return;
    }
    writer_add_char(cells, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            writer_add_char(cells, '"');
        writer_add_char(cells, *text == '\n' || *text == '\r' ? ' ' : *text);
    }
    writer_add_char(cells, '"');
}
