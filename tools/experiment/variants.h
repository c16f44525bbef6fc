/* Experiments that a command line asks for: a scenario, and files of what is to become other. */
#ifndef TOOLS_EXPERIMENT_VARIANTS_H
#define TOOLS_EXPERIMENT_VARIANTS_H

#include "tools/experiment/experiment.h"

#define VARIANT_OPTIONS                                                                            \
    { "vary", 'v', "FILE",                                                                         \
      "a variant: objects (or parts) merged into the scenario's, or a part of a Scenario" },       \
        { "response", 'r', "PATH", "what is measured: a place in the summary (may be repeated)" }, \
        { "until-significant", 0, NULL,                                                            \
          "play on until every difference is significant, all at once" },                          \
    {                                                                                              \
        "at-most", 0, "N", "but no more than so many replications of each (1000)"                  \
    }

/* The base that a command line names: a SCENARIO, or none, and what INPUT_OPTIONS add. False with the
 * faults. Close it in either case, unless it was taken over. */
bool variants_base(struct base *base, const struct command_line *line, struct error_list *faults);

/* A level that stands for a file of --vary; a new reference. Texts that it borrows go to the experiment's keeping:
 * `keep` gets the bytes and the name. NULL with the faults. */
struct value *variant_level(const char *path, char **bytes, struct error_list *faults);

/* An Experiment with one factor, `variant`, whose first level is the scenario as it is; the levels are
 * taken over, NULL ends them. `policies` may be NULL. A new reference. */
struct value *variants_document(const struct command_line *line, struct value *levels,
                                struct value *policies);

#endif
