/* kubectl cordon and uncordon: take nodes from the scheduler, and give them back. */
#include <stdlib.h>
#include <string.h>

#include "models/actions/drain_private.h"
#include "models/api/node.h"

static const struct flag_kind cordon_flags[] = { FLAG_SELECTOR, FLAG_END };

bool check_nodes(const struct command *command, struct place at, struct error *error)
{
    if (command->word_count == 0 && command_flag(command, "selector") == NULL)
        return error_set(error, at, "requires a node name or a selector");
    return command_check_selector(command, "selector", at, error);
}

void find_nodes(struct targets *targets, struct action *action)
{
    char *const *words = action->command.words;
    *targets = (struct targets){ 0 };
    if (action->command.word_count == 0) {
        targets_find_selected(targets, action, KIND_NODE);
        return;
    }
    for (size_t i = 0; i < action->command.word_count; i++) {
        char *const name = strncmp(words[i], "node/", 5) == 0 ? words[i] + 5 : words[i];
        targets_find_names(targets, action, KIND_NODE, &name, 1);
    }
}

bool cordon_node(struct action *action, struct object_key key, bool cordon)
{
    const struct object *stored = client_read(action->client, key);
    const char *name = text_s(key.name), *done = cordon ? "cordoned" : "uncordoned";
    if (node_of(stored)->unschedulable == cordon) {
        action_say(action, "node/%s already %s", name, done);
        return true;
    }
    struct value *document = action_print(action, stored);
    struct value *spec = value_own(value_slot(value_own(&document), "spec"));
    if (cordon)
        value_set(spec, "unschedulable", value_new_bool(true));
    else
        value_remove(spec, "unschedulable");
    if (action_replace(action, stored, document) == EDIT_FAILED)
        return false;
    action_say(action, "node/%s %s", name, done);
    return true;
}

static bool cordon_all(struct action *action, bool cordon)
{
    struct targets targets;
    find_nodes(&targets, action);
    for (size_t i = 0; i < targets.count; i++)
        cordon_node(action, targets.items[i], cordon);
    targets_close(&targets);
    return true;
}

static bool start_cordon(struct action *action)
{
    return cordon_all(action, true);
}

static bool start_uncordon(struct action *action)
{
    return cordon_all(action, false);
}

const struct verb verb_cordon = {
    .name = "cordon",
    .root = "cordon",
    .flags = cordon_flags,
    .check = check_nodes,
    .start = start_cordon,
};

const struct verb verb_uncordon = {
    .name = "uncordon",
    .root = "uncordon",
    .flags = cordon_flags,
    .check = check_nodes,
    .start = start_uncordon,
};
