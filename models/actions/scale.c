/* kubectl scale: the number of replicas, through the scale subresource. */
#include <inttypes.h>
#include <stdlib.h>

#include "models/actions/actions_private.h"

static const struct flag_kind scale_flags[] = {
    FLAG_FILENAME,
    FLAG_SELECTOR,
    FLAG_ALL,
    { "replicas", 0, false },
    { "current-replicas", 0, false },
    { "timeout", 0, false },
    FLAG_END,
};

static bool check_scale(const struct command *command, struct place at, struct error *error)
{
    if (command_flag(command, "replicas") == NULL)
        return error_set(error, at, "The --replicas=COUNT flag is required");
    if (!command_check_number(command, "replicas", at, error) ||
        !command_check_number(command, "current-replicas", at, error))
        return false;
    if (command_number(command, "replicas", 0) < 0)
        return error_set(error, at,
                         "The --replicas=COUNT flag is required, and COUNT must be "
                         "greater than or equal to 0");
    return targets_check(command, command->word_count, at, error);
}

static bool has_scale(enum kind kind)
{
    return kind == KIND_DEPLOYMENT || kind == KIND_REPLICASET || kind == KIND_STATEFULSET ||
           kind == KIND_REPLICATIONCONTROLLER;
}

static void scale(struct action *action, struct object_key key, int64_t replicas, int64_t expected)
{
    struct error error = { 0 };
    if (!has_scale(key.kind)) {
        error_set(&error, (struct place){ 0 }, "the server could not find the requested resource");
        action_refused(action, REPLY_NOT_FOUND, NULL, &error);
        return;
    }
    const struct object *stored = client_read(action->client, key);
    struct value *document = action_print(action, stored);
    const int64_t present = value_int(value_path(document, "spec", "replicas", NULL), 1);
    if (expected >= 0 && expected != present) {
        action_fail(action, "Expected replicas to be %" PRId64 ", was %" PRId64, expected, present);
        value_drop(document);
        return;
    }
    char *name = printed_name(key);
    value_put(&document, value_new_int(replicas), "spec", "replicas", NULL);
    if (action_replace(action, stored, document) != EDIT_FAILED)
        action_say(action, "%s scaled", name);
    free(name);
}

static bool start_scale(struct action *action)
{
    struct targets targets;
    targets_find(&targets, action, action->command.word_count);
    for (size_t i = 0; i < targets.count; i++)
        scale(action, targets.items[i], command_number(&action->command, "replicas", 1),
              command_number(&action->command, "current-replicas", -1));
    targets_close(&targets);
    return true;
}

const struct verb verb_scale = {
    .name = "scale",
    .root = "scale",
    .flags = scale_flags,
    .check = check_scale,
    .start = start_scale,
};
