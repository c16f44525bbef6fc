/* kubectl label and annotate: set and remove keys of an object's metadata.
 *
 * Follows kubectl pkg/cmd/label/label.go and pkg/cmd/annotate/annotate.go. */
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"
#include "sim/base/memory.h"

static const struct flag_kind label_flags[] = {
    FLAG_FILENAME, FLAG_SELECTOR, FLAG_ALL, { "overwrite", 0, true }, FLAG_END,
};

static bool check_label(const struct command *command, struct place at, struct error *error)
{
    const size_t targets = count_targets(command);
    return command_check_pairs(command, targets, true, at, error) &&
           targets_check(command, targets, at, error);
}

/* What a command does to the labels or annotations of one object. */
struct relabelling {
    const char *field; /* "labels", "annotations" */
    size_t set, removed;
};

/* A map of metadata, to be changed. */
static struct value *own_map(struct value **document, const char *field)
{
    struct value **metadata = value_slot(value_own(document), "metadata");
    return value_own(value_slot(value_own(metadata), field));
}

static bool apply_pair(struct action *action, struct value *map, const char *pair,
                       struct relabelling *done)
{
    const char *equals = strchr(pair, '=');
    const size_t length = equals != NULL ? (size_t)(equals - pair) : strlen(pair) - 1;
    char *key = mem_text(pair, length);
    const struct value *present = value_get(map, key);
    bool good = true;
    if (equals == NULL) {
        done->removed += value_remove(map, key);
    } else if (present != NULL && strcmp(value_text(present, ""), equals + 1) != 0 &&
               !command_switch(&action->command, "overwrite", false)) {
        action_fail(action, "'%s' already has a value (%s), and --overwrite is false", key,
                    value_text(present, ""));
        good = false;
    } else {
        value_set(map, key, value_new_string(equals + 1));
        done->set++;
    }
    free(key);
    return good;
}

static const char *done_text(const struct relabelling *done, bool changed)
{
    if (strcmp(done->field, "annotations") == 0)
        return "annotated";
    if (!changed)
        return "not labeled";
    return done->removed == 0 ? "labeled" : done->set == 0 ? "unlabeled" : "modified";
}

static void relabel(struct action *action, struct object_key key, size_t targets, const char *field)
{
    struct relabelling done = { .field = field };
    const struct object *stored = client_read(action->client, key);
    struct value *document = action_print(action, stored);
    struct value *map = own_map(&document, field);
    for (size_t i = targets; i < action->command.word_count; i++)
        if (!apply_pair(action, map, action->command.words[i], &done)) {
            value_drop(document);
            return;
        }
    char *name = printed_name(key);
    const enum edit edit = action_replace(action, stored, document);
    if (edit != EDIT_FAILED)
        action_say(action, "%s %s", name, done_text(&done, edit == EDIT_DONE));
    free(name);
}

static bool relabel_all(struct action *action, const char *field)
{
    struct targets targets;
    const size_t count = count_targets(&action->command);
    targets_find(&targets, action, count);
    for (size_t i = 0; i < targets.count; i++)
        relabel(action, targets.items[i], count, field);
    targets_close(&targets);
    return true;
}

static bool start_label(struct action *action)
{
    return relabel_all(action, "labels");
}

static bool start_annotate(struct action *action)
{
    return relabel_all(action, "annotations");
}

const struct verb verb_label = {
    .name = "label",
    .root = "label",
    .flags = label_flags,
    .check = check_label,
    .start = start_label,
};

const struct verb verb_annotate = {
    .name = "annotate",
    .root = "annotate",
    .flags = label_flags,
    .check = check_label,
    .start = start_annotate,
};
