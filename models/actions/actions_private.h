/* What the verbs share: a command read into words and flags, its targets, what it prints.
 *
 * A file of this folder is a verb or a family of verbs: struct verb, one const each, one line in
 * the table of actions.c. */
#ifndef MODELS_ACTIONS_ACTIONS_PRIVATE_H
#define MODELS_ACTIONS_ACTIONS_PRIVATE_H

#include "models/actions/actions.h"
#include "sim/base/writer.h"

/* --- commands ------------------------------------------------------------------------- */

struct flag_kind {
    const char *name;
    char letter; /* 0: none */
    bool is_switch;
};

/* Flags of many verbs. */
#define FLAG_FILENAME                                                                              \
    {                                                                                              \
        "filename", 'f', false                                                                     \
    }
#define FLAG_SELECTOR                                                                              \
    {                                                                                              \
        "selector", 'l', false                                                                     \
    }
#define FLAG_ALL                                                                                   \
    {                                                                                              \
        "all", 0, true                                                                             \
    }
#define FLAG_END                                                                                   \
    {                                                                                              \
        NULL, 0, false                                                                             \
    }

struct action;
struct command;

struct verb {
    const char *name;              /* "scale", "rollout undo" */
    const char *root;              /* the kind of root it begins; NULL: it begins none */
    const struct flag_kind *flags; /* besides -n; ends with a NULL name */
    /* Is the command complete? NULL: it always is. */
    bool (*check)(const struct command *command, struct place at, struct error *error);
    /* Do it. False when it goes on; it then calls action_end(). */
    bool (*start)(struct action *action);
    bool is_world; /* it asks nothing of the API server */
};

struct command {
    const struct verb *verb;
    char **words; /* the array is owned, the words are those of argv: no verb, no flags */
    size_t word_count;
    struct command_flag {
        const struct flag_kind *kind;
        const char *value; /* "true" for a switch by itself */
    } * flags;
    size_t flag_count, flag_capacity;
};

/* False with the error; release with command_close() in either case. */
bool command_read(struct command *command, const struct verb *const *verbs, char *const *argv,
                  size_t argc, struct place at, struct error *error);
void command_close(struct command *command);

/* The value of a flag, the last one given; NULL when it is absent. */
const char *command_flag(const struct command *command, const char *name);
bool command_switch(const struct command *command, const char *name, bool otherwise);
/* A whole number; `otherwise` when the flag is absent. Checked by command_check_number(). */
int64_t command_number(const struct command *command, const char *name, int64_t otherwise);
bool command_check_number(const struct command *command, const char *name, struct place at,
                          struct error *error);
/* A duration; 0 when absent. */
sim_time command_duration(const struct command *command, const char *name);
bool command_check_duration(const struct command *command, const char *name, struct place at,
                            struct error *error);

/* Is the value of a flag a label selector? */
bool command_check_selector(const struct command *command, const char *name, struct place at,
                            struct error *error);

/* --- targets -------------------------------------------------------------------------- */

/* Objects that a command names: "TYPE/NAME...", "TYPE NAME...", "TYPE -l ...", -f -. */
struct targets {
    struct object_key *items; /* hold their texts */
    size_t count, capacity;
};

/* Check the first `count` words without a cluster. */
bool targets_check(const struct command *command, size_t count, struct place at,
                   struct error *error);
/* Find them; what is not there is reported and left out. */
void targets_find(struct targets *targets, struct action *action, size_t count);
/* The same where all words are names of one kind. */
void targets_find_names(struct targets *targets, struct action *action, enum kind kind,
                        char *const *names, size_t count);
/* Those of a kind that the command's selector wants, by name. */
void targets_find_selected(struct targets *targets, struct action *action, enum kind kind);
void targets_close(struct targets *targets);

/* The number of words in front of the first one with a '=' or ':' in it, or a '-' at its end. */
size_t count_targets(const struct command *command);
/* Are the words behind them pairs NAME=VALUE, or (`removes`) NAME-, and is there one? */
bool command_check_pairs(const struct command *command, size_t targets, bool removes,
                         struct place at, struct error *error);

/* --- actions -------------------------------------------------------------------------- */

struct action {
    struct actions *owner;
    struct action *before, *after;
    struct cluster *cluster;
    struct client *client;
    char **argv; /* owned */
    size_t argc;
    struct command command;
    struct documents documents; /* held */
    char *space;                /* owned: the namespace of what names none */
    struct cause cause;
    struct writer out, err;
    int rc;
    void (*done)(void *context, const struct action_reply *reply);
    void *context;
    void *work; /* of a verb that goes on; released with close_work() */
    void (*close_work)(void *work);
};

/* Go on with the action's work now: the client writes because of it. */
void action_resume(struct action *action);
/* It is over: tell whoever asked, and release it. */
void action_end(struct action *action);

/* A line of standard output. */
void action_say(struct action *action, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "Warning: ..." */
void action_warn(struct action *action, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A line of standard error. */
void action_complain(struct action *action, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "error: ...", and exit code 1. */
void action_fail(struct action *action, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "Error from server (NotFound): ...", and exit code 1. Empties the error. `doing` stands before its
 * text; NULL: nothing does. */
void action_refused(struct action *action, enum reply reply, const char *doing,
                    struct error *error);

/* --- changing objects by their documents ------------------------------------------------ */

/* How kubectl calls an object: "deployment.apps/web"; the caller frees. */
char *printed_name(struct object_key key);
/* The last-applied annotation of kubectl apply. */
extern const char last_applied[];

/* The object as its document; a new reference. */
struct value *action_print(const struct action *action, const struct object *object);

enum edit { EDIT_FAILED, EDIT_NOTHING, EDIT_DONE };
/* Replace a stored object by a changed document of it, whose reference is taken. Reports
 * what the API server refuses. */
enum edit action_replace(struct action *action, const struct object *stored,
                         struct value *document);
/* The same for the status, which is not checked. */
enum edit action_replace_status(struct action *action, const struct object *stored,
                                struct value *document);
/* Create an object from a user's document. False, and reported, when it is refused. */
bool action_create(struct action *action, const struct value *document);
/* The same where something else than a file is what it comes from; `doing` stands before what the
 * API server says. */
bool action_create_as(struct action *action, const struct value *document, const char *doing);
/* The key of a user's document, its texts held. KIND_COUNT when it has no kind. */
struct object_key action_key(const struct action *action, const struct value *document);

/* --- the verbs -------------------------------------------------------------------------- */

extern const struct verb verb_apply, verb_create, verb_replace, verb_delete, verb_scale,
    verb_autoscale, verb_set_image, verb_set_env, verb_set_resources, verb_rollout_undo,
    verb_rollout_restart, verb_rollout_pause, verb_rollout_resume, verb_rollout_status,
    verb_rollout_history, verb_cordon, verb_uncordon, verb_drain, verb_taint, verb_label,
    verb_annotate, verb_patch, verb_get, verb_describe, verb_create_quota, verb_fail, verb_restore;

#endif
