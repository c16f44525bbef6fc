/* Conducting an experiment from the first replication to the files it leaves behind. */
#ifndef TOOLS_EXPERIMENT_CONDUCT_H
#define TOOLS_EXPERIMENT_CONDUCT_H

#include "tools/command.h"
#include "tools/experiment/experiment.h"
#include "tools/gate.h"

/* The options of commands that conduct experiments. */
#define CONDUCT_OPTIONS                                                                            \
    { "workers", 'j', "N", "processes that play replications; as many as there are processors" },  \
        { "replications", 'N', "N", "exactly so many of each point" },                             \
    {                                                                                              \
        "shard", 0, "I/N", "play only the I-th of N parts (from 0), for `seatrial merge`"          \
    }

/* What the options say, for experiment_load(). False after a fault was printed. */
bool conduct_options(const struct command_line *line, struct experiment_options *options);

/* Play what is not in the folder yet, until it is enough. NULL with *status, after what went wrong was
 * printed, in the name of the command: the exit status. A shard has no results. Otherwise the results
 * document, a new reference. Directory NULL: a folder for the time being. In ranks other than the first of an MPI program this does not return. */
struct value *conduct(const struct experiment *experiment, const struct command_line *line,
                      const char *command, const char *directory, int *status);

/* Is there a response for every gate of --fail-on? Each fault is appended; false when there was one. */
bool conduct_check_gates(const struct experiment *experiment, const struct gates *gates,
                         struct error_list *faults);

/* Write results.json, results.csv, results.txt and report.html into the folder. False after the error was
 * printed. */
bool conduct_write(const struct value *results, const char *command, const char *directory);

/* What becomes of results: gates are judged, files and --junit written, tables printed. The exit status.
 * Directory NULL: no files. */
int conduct_end(struct value *results, const struct command_line *line, const char *command,
                const char *directory, const struct gates *gates);

#endif
