/* kubectl apply, create and replace: objects from documents.
 *
 * Follows kubectl pkg/cmd/apply/{apply,patcher}.go: what was applied is kept in an annotation, and the
 * next apply merges three ways: what was applied before, what is stored, what is wanted now. */
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"
#include "models/api/json.h"
#include "models/cluster/patch.h"
#include "sim/base/memory.h"

static const struct flag_kind file_flags[] = {
    FLAG_FILENAME, { "validate", 0, true }, { "force", 0, true }, { "save-config", 0, true },
    FLAG_END,
};

static bool check_file(const struct command *command, struct place at, struct error *error)
{
    if (command_flag(command, "filename") == NULL)
        return error_set(error, at, "must specify -f");
    return command->word_count == 0 ||
           error_set(error, at, "unexpected argument \"%s\"", command->words[0]);
}

/* --- apply -------------------------------------------------------------------------------- */

/* The text that the annotation keeps of a document. The caller frees. */
static char *applied_text(const struct action *action, const struct value *document)
{
    struct value *kept = value_hold(document);
    const struct object_key key = action_key(action, document);
    const struct value *annotations = value_path(document, "metadata", "annotations", NULL);
    struct value *rest = annotations ? value_copy(annotations) : value_new_map();
    value_remove(rest, last_applied);
    value_put(&kept, rest, "metadata", "annotations", NULL);
    if (key.space != NULL)
        value_put(&kept, value_new_string(key.space->s), "metadata", "namespace", NULL);
    struct writer text = { 0 };
    json_print(&text, kept, (struct json_style){ .sort_keys = true, .escape_html = true });
    writer_add_char(&text, '\n');
    value_drop(kept);
    object_key_drop(key);
    return writer_take(&text);
}

/* The document with its own text in its annotations; a new reference. */
static struct value *with_applied(const struct action *action, const struct value *document)
{
    struct value *wanted = value_hold(document);
    char *text = applied_text(action, document);
    value_put(&wanted, value_new_string(text), "metadata", "annotations", last_applied, NULL);
    free(text);
    return wanted;
}

/* What was applied before; NULL when nothing was, or when it cannot be read. */
static struct value *read_applied(const struct object *stored)
{
    const char *text = labels_get(meta_of(stored)->annotations, last_applied);
    struct error error = { 0 };
    if (text == NULL)
        return NULL;
    struct value *applied = json_read(text, strlen(text), (struct place){ 0 }, NULL, &error);
    error_close(&error);
    return applied;
}

static void warn_unapplied(struct action *action, const struct object *stored)
{
    action_warn(action,
                "resource %s/%s is missing the %s annotation which is required by kubectl apply. "
                "kubectl apply should only be used on resources created declaratively by either "
                "kubectl create --save-config or kubectl apply. The missing annotation will be "
                "patched automatically.",
                kind_infos[stored->kind].plural, name_of(stored), last_applied);
}

static enum edit apply_over(struct action *action, const struct object *stored,
                            const struct value *document)
{
    const struct schema_kind *kind = schema_kind(value_text(value_get(document, "apiVersion"), ""),
                                                 value_text(value_get(document, "kind"), ""));
    struct value *applied = read_applied(stored), *live = action_print(action, stored);
    struct value *wanted = with_applied(action, document);
    if (labels_get(meta_of(stored)->annotations, last_applied) == NULL)
        warn_unapplied(action, stored);
    struct value *changed = patch_apply(live, applied, wanted, kind != NULL ? kind->type : NULL);
    value_drop(applied);
    value_drop(wanted);
    value_drop(live);
    return action_replace(action, stored, changed);
}

static enum edit apply_new(struct action *action, const struct value *document)
{
    struct value *wanted = with_applied(action, document);
    const bool created = action_create(action, wanted);
    value_drop(wanted);
    return created ? EDIT_DONE : EDIT_FAILED;
}

static void apply(struct action *action, const struct value *document)
{
    const struct object_key key = action_key(action, document);
    const struct object *stored = client_read(action->client, key);
    char *name = printed_name(key);
    const enum edit edit =
        stored != NULL ? apply_over(action, stored, document) : apply_new(action, document);
    if (edit != EDIT_FAILED)
        action_say(action, "%s %s", name,
                   stored == NULL         ? "created"
                   : edit == EDIT_NOTHING ? "unchanged"
                                          : "configured");
    free(name);
    object_key_drop(key);
}

/* Do something with each document; those of one command share its root. */
static bool each_document(struct action *action,
                          void (*act)(struct action *action, const struct value *document))
{
    if (action->documents.count == 0)
        action_fail(action, "no objects passed to %s", action->command.verb->name);
    for (size_t i = 0; i < action->documents.count; i++)
        act(action, action->documents.items[i]);
    return true;
}

static bool start_apply(struct action *action)
{
    return each_document(action, apply);
}

/* --- create and replace ------------------------------------------------------------------- */

static void create(struct action *action, const struct value *document)
{
    const struct object_key key = action_key(action, document);
    char *name = printed_name(key);
    if (action_create(action, document))
        action_say(action, "%s created", name);
    free(name);
    object_key_drop(key);
}

static bool start_create(struct action *action)
{
    return each_document(action, create);
}

static void replace(struct action *action, const struct value *document)
{
    const struct object_key key = action_key(action, document);
    const struct object *stored = client_read(action->client, key);
    struct error error = { 0 };
    char *name = printed_name(key);
    if (stored == NULL) {
        error_set(&error, (struct place){ 0 }, "%s \"%s\" not found", kind_infos[key.kind].plural,
                  text_s(key.name));
        action_refused(action, REPLY_NOT_FOUND, "error when replacing \"STDIN\": ", &error);
    } else if (action_replace(action, stored, value_hold(document)) != EDIT_FAILED) {
        action_say(action, "%s replaced", name);
    }
    free(name);
    object_key_drop(key);
}

static bool start_replace(struct action *action)
{
    return each_document(action, replace);
}

const struct verb verb_apply = {
    .name = "apply",
    .root = "apply",
    .flags = file_flags,
    .check = check_file,
    .start = start_apply,
};

const struct verb verb_create = {
    .name = "create",
    .root = "create",
    .flags = file_flags,
    .check = check_file,
    .start = start_create,
};

const struct verb verb_replace = {
    .name = "replace",
    .root = "replace",
    .flags = file_flags,
    .check = check_file,
    .start = start_replace,
};
