/* kubectl get: objects as names or JSON. Tables are the API server's business. */
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"
#include "models/api/json.h"

static const struct flag_kind get_flags[] = {
    FLAG_SELECTOR, FLAG_ALL, { "output", 'o', false }, { "ignore-not-found", 0, true }, FLAG_END,
};

/* All of a type, "get pods", or targets as usual. */
static bool is_whole_type(const struct command *command)
{
    return command->word_count == 1 && kind_of_resource(command->words[0]) != KIND_COUNT;
}

static bool check_get(const struct command *command, struct place at, struct error *error)
{
    const char *output = command_flag(command, "output");
    if (output == NULL || (strcmp(output, "name") != 0 && strcmp(output, "json") != 0))
        return error_set(error, at, "say -o name or -o json: tables are not printed here");
    if (is_whole_type(command))
        return command_check_selector(command, "selector", at, error);
    return targets_check(command, command->word_count, at, error);
}

static void print_names(struct action *action, const struct targets *targets)
{
    for (size_t i = 0; i < targets->count; i++) {
        char *name = printed_name(targets->items[i]);
        action_say(action, "%s", name);
        free(name);
    }
}

/* One object by itself, several in a List. */
static void print_json(struct action *action, const struct targets *targets)
{
    const struct json_style style = { .indent = 4 };
    struct value *list = value_new_list(), *document = value_new_map();
    for (size_t i = 0; i < targets->count; i++)
        value_add(list, action_print(action, client_read(action->client, targets->items[i])));
    value_set(document, "apiVersion", value_new_string("v1"));
    value_set(document, "kind", value_new_string("List"));
    value_set(document, "items", list);
    char *text = json_text(targets->count == 1 ? list->items[0] : document, style);
    action_say(action, "%s", text);
    free(text);
    value_drop(document);
}

static bool start_get(struct action *action)
{
    struct targets targets = { 0 };
    const struct command *command = &action->command;
    if (is_whole_type(command))
        targets_find_selected(&targets, action, kind_of_resource(command->words[0]));
    else
        targets_find(&targets, action, command->word_count);
    if (strcmp(command_flag(command, "output"), "name") == 0)
        print_names(action, &targets);
    else if (targets.count > 0)
        print_json(action, &targets);
    targets_close(&targets);
    return true;
}

const struct verb verb_get = {
    .name = "get",
    .flags = get_flags,
    .check = check_get,
    .start = start_get,
};
