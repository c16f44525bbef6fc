/* Traces of real clusters as folders that `seatrial run` plays.
 *
 * A format is a file: it says which of the inputs it knows (`role`), and fills in a conversion. What is
 * in the conversion is written in one go, or not at all. */
#ifndef TOOLS_CONVERT_CONVERT_H
#define TOOLS_CONVERT_CONVERT_H

#include "sim/base/text.h"
#include "sim/base/time.h"
#include "sim/base/value.h"
#include "sim/base/writer.h"
#include "tools/convert/trace_input.h"

struct convert_options {
    const char *name;         /* of the scenario; NULL: the format's */
    const char *const *nodes; /* as --nodes has them, instead of the trace's machines */
    size_t node_count;
    sim_time from, until;   /* which arrivals are wanted; `from` becomes time 0 */
    bool in_order;          /* one arrival a second in the order of rows, none leaves */
    bool keep_placement;    /* pods stay where the snapshot has them */
    sim_time reclaim_every; /* mean time until a spot node is taken back; 0: never */
    bool jsonl;             /* leave the events of the trace as lines of JSON, too */
    double machine_memory;  /* bytes that a normalised memory of 1 stands for */
    double cpu_per_gpu;     /* cores, */
    double memory_per_gpu;  /* and bytes, where a trace says only GPUs */
};
/* What they are where nobody says anything. */
struct convert_options convert_options_default(void);

/* A line of the workload to be. */
struct trace_row {
    sim_time at, duration;
    const struct text *shared; /* "cpu,mem,,cells": what rows have in common */
    size_t name;               /* in names; SIZE_MAX: none */
    uint32_t pods, number;
};

struct conversion {
    const struct convert_options *options;
    struct trace_input *inputs; /* those of the command line, in their order */
    size_t input_count;
    struct error_list *faults;

    struct value *counts;  /* what there was and what became of it: texts to numbers, in order */
    struct value *notes;   /* how fields were mapped, what is lost: sentences */
    struct value *nodes;   /* Node objects, in the order in which they join */
    struct value *objects; /* other objects that are there from the start */
    struct value *timeline;
    struct value *spec;  /* what else stands in the scenario's spec */
    struct value *files; /* other files: names to their texts */
    const char *columns; /* of the workload behind the first four, name and pods: ",labels[app]" */
    struct texts *texts;
    struct trace_row *rows;
    size_t row_count, row_capacity;
    struct writer names, jsonl;
    sim_time duration; /* of the run; 0: until the last pod has ended, and ten minutes more */
    const char *question;
};

struct trace_format {
    const char *name;    /* as on the command line */
    const char *summary; /* one line, no full stop */
    const char *inputs;  /* what it is given: a line */
    bool takes_any;      /* no input is one that it cannot do without */
    /* What an input is to this format, by its first bytes: 0 nothing, 1 what it cannot do without. */
    int (*role)(const struct trace_input *input);
    void (*convert)(struct conversion *conversion);
};

/* The table of formats, ends with NULL. */
extern const struct trace_format *const trace_formats[];

const struct trace_format *trace_format_find(const char *name);
/* The first format that knows every input, and has the one that it cannot do without. NULL with the
 * error when there is none. */
const struct trace_format *trace_format_detect(const struct trace_input *inputs, size_t count,
                                               struct error *error);

/* Read the inputs. Each fault is appended. The inputs, options and faults are borrowed. */
void conversion_read(struct conversion *conversion, const struct trace_format *format,
                     struct trace_input *inputs, size_t input_count,
                     const struct convert_options *options, struct error_list *faults);
void conversion_close(struct conversion *conversion);

/* Write the folder: beside its place first, then it gets its name. A folder that is there is a fault,
 * unless it is to be replaced. */
bool conversion_write(struct conversion *conversion, const struct trace_format *format,
                      const char *directory, bool replace, struct error *error);
/* What `convert` answers with --output json; a new reference. */
struct value *conversion_print(const struct conversion *conversion,
                               const struct trace_format *format, const char *directory);

/* ── for formats ── */

/* The input of this role that comes `nth`; NULL: there are no more. */
struct trace_input *conversion_input(struct conversion *conversion,
                                     int (*role)(const struct trace_input *), int wanted,
                                     size_t nth);

void conversion_count(struct conversion *conversion, const char *what, int64_t more);
void conversion_note(struct conversion *conversion, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A pod, or `pods` of them (0: one with a name of its own), that arrive at a time of the trace. Cells are
 * those of conversion.columns, with a comma before each. The window of --from and --until is applied
 * here. `name` may be NULL. */
void conversion_add_row(struct conversion *conversion, sim_time at, sim_time duration,
                        int64_t cpu_milli, int64_t memory_bytes, uint32_t pods, const char *name,
                        const char *cells);

/* A Node with these resources in capacity and allocatable, and the labels every node has. Values may
 * be NULL: none. Takes `capacity` and `labels`. */
struct value *node_of_trace(const char *name, struct value *capacity, struct value *labels);

/* A name that Kubernetes takes, of any text: small letters, digits, - and . */
char *name_of_trace(const char *text);
/* "1234m", "64000Ki": quantities; new references. */
struct value *milli_value(int64_t milli);
struct value *bytes_value(int64_t bytes);
/* Append a cell with its comma, in quotes where that is needed. */
void add_cell(struct writer *cells, const char *text);

#endif
