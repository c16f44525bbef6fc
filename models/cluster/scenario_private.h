/* What the files of the scenario loader share. */
#ifndef MODELS_CLUSTER_SCENARIO_PRIVATE_H
#define MODELS_CLUSTER_SCENARIO_PRIVATE_H

#include "models/cluster/scenario.h"
#include "models/cluster/shape.h"
#include "sim/chance/signal.h"

/* The whole Scenario, and the verbs of its timeline. */
extern const struct shape scenario_shape;

/* Files that are read as they are. */
struct scenario_text {
    char *bytes; /* of the last one, owned */
    size_t length, files;
    const char *name; /* outlives the scenario's documents */
};

/* A load under way. */
struct scenario_input {
    struct scenario *scenario;
    const struct scenario_opener *opener;
    bool strict;
    struct error_list *faults, *warnings;
    struct documents *into;     /* where an opened file goes; NULL: to the objects */
    bool configures;            /* the file is a KubeSchedulerConfiguration */
    struct scenario_text *text; /* where the file goes as it is; NULL: it is read */
};

/* Open a path of the scenario. False when that was a fault. */
bool scenario_open(struct scenario_input *input, const struct value *path);

/* Append the nodes of one entry of `nodes`, a text or a group. */
bool scenario_load_nodes(struct scenario_input *input, const struct value *entry);

/* Append the actions of one entry of `timeline`, which fits its shape. */
bool scenario_load_action(struct scenario_input *input, const struct value *entry);

/* The same for what stands behind `kubectl:`. Files that the command names are read now. */
bool scenario_load_kubectl(struct scenario_input *input, const struct value *what,
                           struct scenario_action *action);

/* Append words to the command line of an action; NULL ends them. */
void scenario_add_words(struct scenario_action *action, const char *first, ...)
    __attribute__((sentinel));
/* A text, or each of a list of texts. */
void scenario_add_texts(struct scenario_action *action, const struct value *texts);
/* Append the documents of a file of the user. */
bool scenario_add_file(struct scenario_input *input, const struct value *path,
                       struct documents *into);

/* How the files of signals and arrival times are opened: those that the scenario may open. The input
 * is borrowed. */
struct signal_opener scenario_signal_opener(struct scenario_input *input);

/* Append an entry of `load`, which fits its shape, if nothing is wrong with it. */
void scenario_load_load(struct scenario_input *input, const struct value *entry);

/* Append an entry of `traffic`, which fits its shape, if nothing is wrong with it. */
void scenario_load_traffic(struct scenario_input *input, const struct value *entry);

/* Append the expectation of one entry of `expect`, which fits its shape. */
bool scenario_load_expectation(struct scenario_input *input, const struct value *entry);
void scenario_expectation_close(struct scenario_expectation *expectation);

/* Warn of failures of nodes and zones that the scenario does not have. */
void scenario_warn(const struct scenario_input *input);

void scenario_action_close(struct scenario_action *action);

/* Cut a command line into words as a shell does: blanks part words, quotes and backslashes keep
 * them together; nothing is expanded. The words and the array, which ends with NULL, are the
 * caller's. False with the error when a quote is open at the end. */
bool words_split(const char *text, struct place at, char ***words, size_t *count,
                 struct error *error);

void words_free(char **words, size_t count);

#endif
