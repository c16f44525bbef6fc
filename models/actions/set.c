/* kubectl set image, env, resources: change the containers of what has a pod template.
 *
 * Follows kubectl pkg/cmd/set/{set_image,set_env,set_resources}.go. */
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"
#include "sim/base/memory.h"

/* Change one container, unshared, if the command means it; its words follow `targets` others. */
typedef void container_fn(const struct command *command, size_t targets, struct value *container);

struct setting {
    container_fn *set;
    bool names_containers; /* by words CONTAINER=... */
    const char *done;      /* what is said of a changed target */
};

/* --- templates ---------------------------------------------------------------------------- */

/* The PodSpec within a document, to be changed; NULL when the kind has none. */
static struct value *own_pod_spec(struct value **document, enum kind kind)
{
    static const char *const of_pod[] = { "spec", NULL };
    static const char *const of_template[] = { "spec", "template", "spec", NULL };
    static const char *const of_cron_job[] = { "spec",     "jobTemplate", "spec",
                                               "template", "spec",        NULL };
    const char *const *path = kind == KIND_POD       ? of_pod
                              : kind == KIND_CRONJOB ? of_cron_job
                                                     : of_template;
    const struct value *at = *document;
    for (const char *const *key = path; *key != NULL; key++)
        at = value_get(at, *key);
    if (at == NULL || value_get(at, "containers") == NULL)
        return NULL;
    struct value **slot = document;
    for (; *path != NULL; path++)
        slot = value_slot(value_own(slot), *path);
    return value_own(slot);
}

static struct value *own_item(struct value *list, size_t index)
{
    return value_own(&list->items[index]);
}

/* Let `act` change every container, init containers as well. */
static void each_container(struct value *spec, const struct command *command, size_t targets,
                           container_fn *act)
{
    static const char *const lists[] = { "initContainers", "containers" };
    for (size_t l = 0; l < 2; l++) {
        if (value_is_null(value_get(spec, lists[l])))
            continue;
        struct value *list = value_own(value_slot(spec, lists[l]));
        for (size_t i = 0; i < list->count; i++)
            act(command, targets, own_item(list, i));
    }
}

static bool has_container(const struct value *spec, const char *name, size_t length)
{
    static const char *const lists[] = { "initContainers", "containers" };
    for (size_t l = 0; l < 2; l++) {
        const struct value *list = value_get(spec, lists[l]);
        for (size_t i = 0; list != NULL && i < list->count; i++) {
            const char *has = value_text(value_get(list->items[i], "name"), "");
            if (strlen(has) == length && strncmp(has, name, length) == 0)
                return true;
        }
    }
    return false;
}

/* Is every container named in "name=image" pairs there? `*` means all of them. */
static bool knows_containers(struct action *action, const struct value *spec, size_t targets)
{
    for (size_t i = targets; i < action->command.word_count; i++) {
        const char *pair = action->command.words[i];
        const size_t length = strcspn(pair, "=");
        if ((length == 1 && *pair == '*') || has_container(spec, pair, length))
            continue;
        action_fail(action, "unable to find container named \"%.*s\"", (int)length, pair);
        return false;
    }
    return true;
}

/* Change the containers of one target and say what was done. */
static void set_one(struct action *action, struct object_key key, size_t targets,
                    const struct setting *setting)
{
    const struct object *stored = client_read(action->client, key);
    struct value *document = action_print(action, stored);
    struct value *spec = own_pod_spec(&document, key.kind);
    char *name = printed_name(key);
    if (spec == NULL) {
        action_fail(action, "%s does not have a pod spec", name);
        value_drop(document);
    } else if (setting->names_containers && !knows_containers(action, spec, targets)) {
        value_drop(document);
    } else {
        each_container(spec, &action->command, targets, setting->set);
        if (action_replace(action, stored, document) == EDIT_DONE)
            action_say(action, "%s %s", name, setting->done);
    }
    free(name);
}

static bool set_all(struct action *action, const struct setting *setting)
{
    struct targets targets;
    const size_t count = count_targets(&action->command);
    targets_find(&targets, action, count);
    for (size_t i = 0; i < targets.count; i++)
        set_one(action, targets.items[i], count, setting);
    targets_close(&targets);
    return true;
}

/* --- image -------------------------------------------------------------------------------- */

static const struct flag_kind image_flags[] = { FLAG_FILENAME, FLAG_SELECTOR, FLAG_ALL, FLAG_END };

static bool check_image(const struct command *command, struct place at, struct error *error)
{
    const size_t targets = count_targets(command);
    return command_check_pairs(command, targets, false, at, error) &&
           targets_check(command, targets, at, error);
}

static void set_image(const struct command *command, size_t targets, struct value *container)
{
    const char *name = value_text(value_get(container, "name"), "");
    for (size_t i = targets; i < command->word_count; i++) {
        const char *pair = command->words[i], *image = strchr(pair, '=');
        const size_t length = image != NULL ? (size_t)(image - pair) : 0;
        if (image != NULL && ((length == 1 && *pair == '*') ||
                              (strlen(name) == length && strncmp(name, pair, length) == 0)))
            value_set(container, "image", value_new_string(image + 1));
    }
}

static bool start_image(struct action *action)
{
    static const struct setting setting = { set_image, true, "image updated" };
    return set_all(action, &setting);
}

/* --- env and resources ---------------------------------------------------------------------- */

static bool is_chosen(const struct command *command, const struct value *container)
{
    const char *only = command_flag(command, "containers");
    return only == NULL || strcmp(only, "*") == 0 ||
           strcmp(only, value_text(value_get(container, "name"), "")) == 0;
}

static const struct flag_kind env_flags[] = {
    FLAG_FILENAME, FLAG_SELECTOR, FLAG_ALL, { "containers", 'c', false }, FLAG_END,
};

static size_t find_variable(const struct value *list, const char *name, size_t length)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *has = value_text(value_get(list->items[i], "name"), "");
        if (strlen(has) == length && strncmp(has, name, length) == 0)
            return i;
    }
    return SIZE_MAX;
}

/* NAME=VALUE sets, NAME- removes. */
static void set_variable(struct value *list, const char *pair)
{
    const size_t length = strchr(pair, '=') ? strcspn(pair, "=") : strlen(pair) - 1;
    const size_t at = find_variable(list, pair, length);
    if (pair[length] != '=') {
        if (at != SIZE_MAX)
            value_cut(list, at);
        return;
    }
    struct value *variable = value_new_map();
    value_set(variable, "name", value_new_text(pair, length));
    value_set(variable, "value", value_new_string(pair + length + 1));
    if (at == SIZE_MAX) {
        value_add(list, variable);
        return;
    }
    value_drop(list->items[at]);
    list->items[at] = variable;
}

static void set_env(const struct command *command, size_t targets, struct value *container)
{
    if (!is_chosen(command, container))
        return;
    if (value_is_null(value_get(container, "env")))
        value_set(container, "env", value_new_list());
    struct value *list = value_own(value_slot(container, "env"));
    for (size_t i = targets; i < command->word_count; i++)
        set_variable(list, command->words[i]);
}

static bool check_env(const struct command *command, struct place at, struct error *error)
{
    const size_t targets = count_targets(command);
    return command_check_pairs(command, targets, true, at, error) &&
           targets_check(command, targets, at, error);
}

static bool start_env(struct action *action)
{
    static const struct setting setting = { set_env, false, "env updated" };
    return set_all(action, &setting);
}

static const struct flag_kind resources_flags[] = {
    FLAG_FILENAME,
    FLAG_SELECTOR,
    FLAG_ALL,
    { "containers", 'c', false },
    { "requests", 0, false },
    { "limits", 0, false },
    FLAG_END,
};

/* "cpu=100m,memory=64Mi" into container.resources.requests or .limits. */
static void set_amounts(struct value *container, const char *text, const char *field)
{
    struct value **resources = value_slot(container, "resources");
    struct value *list = value_own(value_slot(value_own(resources), field));
    while (text != NULL && *text != '\0') {
        const size_t name = strcspn(text, "=,"), whole = strcspn(text, ",");
        char *key = mem_text(text, name);
        if (name < whole)
            value_set(list, key, value_new_text(text + name + 1, whole - name - 1));
        free(key);
        text += whole + (text[whole] == ',');
    }
}

static void set_resources(const struct command *command, size_t targets, struct value *container)
{
    static const char *const fields[] = { "requests", "limits" };
    (void)targets;
    for (size_t i = 0; i < 2 && is_chosen(command, container); i++)
        if (command_flag(command, fields[i]) != NULL)
            set_amounts(container, command_flag(command, fields[i]), fields[i]);
}

static bool check_resources(const struct command *command, struct place at, struct error *error)
{
    if (command_flag(command, "requests") == NULL && command_flag(command, "limits") == NULL)
        return error_set(error, at, "you must specify an update to requests or limits");
    return targets_check(command, command->word_count, at, error);
}

static bool start_resources(struct action *action)
{
    static const struct setting setting = { set_resources, false, "resource requirements updated" };
    return set_all(action, &setting);
}

const struct verb verb_set_image = {
    .name = "set image",
    .root = "set-image",
    .flags = image_flags,
    .check = check_image,
    .start = start_image,
};

const struct verb verb_set_env = {
    .name = "set env",
    .root = "set-env",
    .flags = env_flags,
    .check = check_env,
    .start = start_env,
};

const struct verb verb_set_resources = {
    .name = "set resources",
    .root = "set-resources",
    .flags = resources_flags,
    .check = check_resources,
    .start = start_resources,
};
