/* What a study is made of, gathered from the command line: a scenario, manifests, nodes, a
 * workload. Opens the files; the loaders below see bytes and names. */
#ifndef TOOLS_INPUTS_H
#define TOOLS_INPUTS_H

#include "models/cluster/scenario.h"
#include "models/cluster/workload.h"
#include "tools/command.h"

struct inputs {
    struct scenario scenario;
    struct workload workload;
    bool has_workload, has_scenario;
    char **texts; /* contents and names of what was read: owned */
    size_t text_count, text_capacity;
};

/* The options that inputs_read() understands; commands list them in their own table. */
#define INPUT_OPTIONS                                                                              \
    { "filename", 'f', "PATH", "manifests: a file, a directory or - (may be repeated)" },          \
        { "recursive", 'R', NULL, "read folders below a directory given with -f as well" },        \
        { "nodes", 'n', "NODES", "6, 6x8cpu,32Gi or 6x8cpu,32Gi,3zones (may be repeated)" },       \
        { "workload", 'w', "CSV",                                                                  \
          "pods that come and go: arrival_s,cpu_milli,mem_bytes,"                                  \
          "duration_s" },                                                                          \
        { "duration", 'd', "TIME", "virtual time, such as 30d or 12h" },                           \
        { "seed", 's', "NUMBER", "the seed of all randomness" },                                   \
        { "scheduler-config", 0, "FILE", "a KubeSchedulerConfiguration" },                         \
    {                                                                                              \
        "strict", 0, NULL, "unknown fields are errors"                                             \
    }

/* Read everything that a command line names. Prints every fault and warning to standard error;
 * false when there was a fault. Close the inputs in either case. */
bool inputs_read(struct inputs *inputs, const struct command_line *line);
/* The same where the operands are of any sort: scenarios, manifests, directories of them. `paths`
 * are read beside those of --filename; there is no workload. */
bool inputs_read_cluster(struct inputs *inputs, const struct command_line *line,
                         const char *const *paths, size_t count);
/* The resolved inputs that `run --out` left in a folder. */
bool inputs_read_folder(struct inputs *inputs, const char *directory);
void inputs_close(struct inputs *inputs);

/* What several scenarios are made from: a Scenario with the documents beside it, or none, and what the
 * command line adds to it. */
struct base {
    struct documents documents;      /* owned */
    char *name;                      /* owned: of the file that they were read from */
    char *directory;                 /* owned: paths in them are relative to it */
    char *bytes;                     /* owned */
    const struct command_line *line; /* of INPUT_OPTIONS; NULL: none */
    sim_time duration;               /* instead of the scenario's; 0: that */
    bool strict;
};

/* Read the documents of a Scenario's file. False with the error; with the faults of the text. Close the
 * base in either case. */
bool base_read(struct base *base, const char *path, struct error_list *faults);
void base_close(struct base *base);

/* The inputs that a base stands for, with other documents in place of its own (borrowed). Nothing is
 * printed: faults and warnings are appended; false when there was a fault. Close the inputs in either
 * case. */
bool inputs_read_base(struct inputs *inputs, const struct base *base,
                      const struct documents *documents, struct error_list *faults,
                      struct error_list *warnings);

/* Add the objects of a file or directory. The path is relative to the directory. */
void inputs_add_manifests(struct inputs *inputs, const char *directory, const struct value *path,
                          bool strict, struct error_list *faults, struct error_list *warnings);

/* Print to standard error: faults one line each, warnings one line for all of the same text. */
void errors_print(const struct error_list *errors);
void warnings_print(const struct error_list *warnings);

#endif
