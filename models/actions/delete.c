/* kubectl delete: ask for the deletion of objects.
 *
 * Follows kubectl pkg/cmd/delete/delete.go. The command ends with the API server's answer, as with
 * --wait=false: nothing in a timeline comes after it. */
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"

static const struct flag_kind delete_flags[] = {
    FLAG_FILENAME,
    FLAG_SELECTOR,
    FLAG_ALL,
    { "cascade", 0, true }, /* alone it means background */
    { "grace-period", 0, false },
    { "force", 0, true },
    { "now", 0, true },
    { "wait", 0, true },
    { "ignore-not-found", 0, true },
    { "timeout", 0, false },
    FLAG_END,
};

static bool read_cascade(const char *text, enum propagation *propagation)
{
    static const struct {
        const char *text;
        enum propagation propagation;
    } words[] = {
        { "background", PROPAGATE_BACKGROUND }, { "true", PROPAGATE_BACKGROUND },
        { "foreground", PROPAGATE_FOREGROUND }, { "orphan", PROPAGATE_ORPHAN },
        { "false", PROPAGATE_ORPHAN },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].text, text) == 0) {
            *propagation = words[i].propagation;
            return true;
        }
    return false;
}

static bool check_delete(const struct command *command, struct place at, struct error *error)
{
    const char *cascade = command_flag(command, "cascade");
    enum propagation propagation;
    if (cascade != NULL && !read_cascade(cascade, &propagation))
        return error_set(error, at, "--cascade=%s: say background, foreground or orphan", cascade);
    return command_check_number(command, "grace-period", at, error) &&
           command_check_duration(command, "timeout", at, error) &&
           targets_check(command, command->word_count, at, error);
}

static struct delete_options read_options(const struct command *command)
{
    struct delete_options options = delete_options_default();
    const char *cascade = command_flag(command, "cascade");
    read_cascade(cascade != NULL ? cascade : "background", &options.propagation);
    options.grace_seconds = command_number(command, "grace-period", -1);
    if (command_switch(command, "now", false))
        options.grace_seconds = 1;
    if (command_switch(command, "force", false) && options.grace_seconds < 0)
        options.grace_seconds = 0;
    /* Without --force a grace of 0 would delete at once what still runs: kubectl makes it 1. */
    if (options.grace_seconds == 0 && !command_switch(command, "force", false))
        options.grace_seconds = 1;
    return options;
}

static void delete_one(struct action *action, struct object_key key, struct delete_options options)
{
    struct error error = { 0 };
    const enum reply reply = client_delete(action->client, key, options, &error);
    if (reply != REPLY_OK) {
        action_refused(action, reply, NULL, &error);
        return;
    }
    char *type = printed_name(key);
    const size_t length = strlen(type) - strlen(text_s(key.name)) - 1;
    const char *how = options.grace_seconds == 0 ? "force deleted" : "deleted";
    if (key.space != NULL)
        action_say(action, "%.*s \"%s\" %s from %s namespace", (int)length, type, text_s(key.name),
                   how, text_s(key.space));
    else
        action_say(action, "%.*s \"%s\" %s", (int)length, type, text_s(key.name), how);
    free(type);
}

/* Somebody who names a namespace, and deletes what is in none, may not mean it. */
static void warn_of_scope(struct action *action, const struct targets *targets)
{
    if (command_flag(&action->command, "namespace") == NULL)
        return;
    for (size_t i = 0; i < targets->count; i++)
        if (targets->items[i].space == NULL) {
            action_warn(action, "deleting cluster-scoped resources, not scoped to the provided "
                                "namespace");
            return;
        }
}

static bool start_delete(struct action *action)
{
    struct targets targets;
    const struct delete_options options = read_options(&action->command);
    if (options.grace_seconds == 0)
        action_warn(action, "Immediate deletion does not wait for confirmation that the running "
                            "resource has been terminated. The resource may continue to run on the "
                            "cluster indefinitely.");
    targets_find(&targets, action, action->command.word_count);
    warn_of_scope(action, &targets);
    for (size_t i = 0; i < targets.count; i++)
        delete_one(action, targets.items[i], options);
    if (targets.count == 0 && action->rc == 0 &&
        !command_switch(&action->command, "ignore-not-found", false))
        action_say(action, "No resources found");
    targets_close(&targets);
    return true;
}

const struct verb verb_delete = {
    .name = "delete",
    .root = "delete",
    .flags = delete_flags,
    .check = check_delete,
    .start = start_delete,
};
