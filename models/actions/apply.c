/* kubectl apply, create and replace: objects from documents.
 *
 * Follows kubectl pkg/cmd/apply/{apply,patcher}.go: what was applied is kept in an annotation, and the
 * next apply merges three ways: what was applied before, what is stored, what is wanted now. */
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"
#include "models/api/json.h"
#include "models/cluster/patch.h"
#include "models/cluster/patch_request.h"
#include "sim/base/memory.h"

static const struct flag_kind file_flags[] = {
    FLAG_FILENAME, { "validate", 0, true }, { "force", 0, true }, { "save-config", 0, true },
    FLAG_END,
};
static const struct flag_kind apply_flags[] = {
    FLAG_FILENAME,
    { "validate", 0, true },
    { "force", 0, true },
    { "server-side", 0, true },
    { "force-conflicts", 0, true },
    { "field-manager", 0, false },
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

/* What kubectl itself cannot read, before it asks the server. */
static bool can_decode(struct action *action, const struct value *document)
{
    static const char *const header[] = { "apiVersion", "kind" };
    static const char *const texts[] = { "name", "namespace", "generateName" };
    static const char *const types[] = { "nil", "bool", "number", "string", "array", "object" };
    const struct value *meta = value_get(document, "metadata");
    for (size_t i = 0; i < 3; i++) {
        const struct value *text = value_get(meta, texts[i]);
        if (value_is_null(text) || text->type == VALUE_STRING)
            continue;
        if (value_get(document, "apiVersion") == NULL || value_get(document, "kind") == NULL)
            break; /* that is told first */
        action_fail(action,
                    "unable to decode \"STDIN\": json: cannot unmarshal %s into Go struct field "
                    "ObjectMeta.metadata.%s of type string",
                    types[text->type], texts[i]);
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        if (*value_text(value_get(document, header[i]), "") != '\0')
            continue;
        action_fail(action,
                    "error validating \"STDIN\": error validating data: %s not set; if you choose "
                    "to ignore these errors, turn validation off with --validate=false",
                    header[i]);
        return false;
    }
    return true;
}

/* Do something with each document; those of one command share its root. */
static bool each_document(struct action *action,
                          void (*act)(struct action *action, const struct value *document))
{
    if (action->documents.count == 0)
        action_fail(action, "no objects passed to %s", action->command.verb->name);
    for (size_t i = 0; i < action->documents.count; i++)
        if (can_decode(action, action->documents.items[i]))
            act(action, action->documents.items[i]);
    return true;
}

/* --- apply on the server's side --------------------------------------------------------------- */

static const char conflict_help[] =
    "Please review the fields above--they currently have other managers. Here\n"
    "are the ways you can resolve this warning:\n"
    "* If you intend to manage all of these fields, please re-run the apply\n"
    "  command with the `--force-conflicts` flag.\n"
    "* If you do not intend to manage all of the fields, please edit your\n"
    "  manifest to remove references to the fields that should keep their\n"
    "  current managers.\n"
    "* You may co-own fields by updating your manifest to match the existing\n"
    "  value; in this case, you'll become the manager if the other manager(s)\n"
    "  stop managing the field (remove it from their configuration).\n"
    "See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts";

static void apply_on_server(struct action *action, const struct value *document)
{
    const struct object_key key = action_key(action, document);
    const char *manager = command_flag(&action->command, "field-manager");
    const struct field_manager who = { manager != NULL ? manager : "kubectl", NULL, NULL };
    const struct patch_request request = {
        .type = PATCH_APPLY,
        .name = value_text(value_path(document, "metadata", "name", NULL), ""),
        .space = key.space != NULL ? key.space->s : NULL,
        .manager = &who,
        .force = command_switch(&action->command, "force-conflicts", false),
    };
    struct error_list warnings = { 0 };
    struct error error = { 0 };
    char *name = printed_name(key);
    const enum reply reply =
        patch_carry_out(action->client, key, document, &request, false, &warnings, &error);
    if (reply == REPLY_OK || reply == REPLY_CREATED)
        action_say(action, "%s serverside-applied", name);
    else if (reply == REPLY_CONFLICT && strncmp(error.text, "Apply failed", 12) == 0)
        action_fail(action, "%s\n%s", error.text, conflict_help);
    else
        action_refused(action, reply, NULL, &error);
    error_close(&error);
    error_list_close(&warnings);
    free(name);
    object_key_drop(key);
}

static bool start_apply(struct action *action)
{
    const bool on_server = command_switch(&action->command, "server-side", false);
    return each_document(action, on_server ? apply_on_server : apply);
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
    .flags = apply_flags,
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
