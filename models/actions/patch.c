/* kubectl patch: change a stored object by a strategic, merge or JSON patch. */
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"
#include "models/cluster/patch.h"

static const struct flag_kind patch_flags[] = {
    FLAG_FILENAME, { "patch", 'p', false }, { "type", 0, false }, { "subresource", 0, false },
    FLAG_END,
};

enum patch_kind { PATCH_STRATEGIC, PATCH_MERGE, PATCH_JSON, PATCH_UNKNOWN };

static enum patch_kind read_kind(const struct command *command)
{
    static const char *const names[] = { "strategic", "merge", "json" };
    const char *text = command_flag(command, "type");
    for (int i = 0; text != NULL && i < PATCH_UNKNOWN; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    return text == NULL ? PATCH_STRATEGIC : PATCH_UNKNOWN;
}

/* The patch, which may be written in YAML as well; NULL with the error. */
static struct value *read_patch(const struct command *command, struct place at, struct error *error)
{
    const char *text = command_flag(command, "patch");
    struct yaml_stream stream = yaml_stream_of(text, strlen(text), at.file);
    struct yaml_piece piece;
    if (!yaml_stream_next(&stream, &piece, error)) {
        error_set(error, at,
                  "Must specify --patch or --patch-file containing the contents of the patch");
        return NULL;
    }
    struct value *patch = yaml_read(piece, NULL, NULL, error);
    if (patch == NULL)
        error_wrap(error, "unable to parse \"%s\"", text);
    return patch;
}

static bool check_patch(const struct command *command, struct place at, struct error *error)
{
    const char *subresource = command_flag(command, "subresource");
    if (command_flag(command, "patch") == NULL)
        return error_set(
            error, at, "Must specify --patch or --patch-file containing the contents of the patch");
    if (read_kind(command) == PATCH_UNKNOWN)
        return error_set(error, at, "--type must be one of [json merge strategic], not \"%s\"",
                         command_flag(command, "type"));
    if (subresource != NULL && strcmp(subresource, "status") != 0)
        return error_set(error, at, "--subresource=%s: only status is supported", subresource);
    struct value *patch = read_patch(command, at, error);
    const enum value_type wanted = read_kind(command) == PATCH_JSON ? VALUE_LIST : VALUE_MAP;
    const bool fits = patch != NULL && patch->type == wanted;
    value_drop(patch);
    if (patch != NULL && !fits)
        return error_set(error, at, "the patch must be a %s",
                         wanted == VALUE_LIST ? "list of operations" : "map");
    return fits && targets_check(command, command->word_count, at, error);
}

/* The changed document, a new reference; NULL with the error. */
static struct value *patched(const struct value *document, const struct value *patch,
                             enum patch_kind kind, struct error *error)
{
    const struct schema_kind *schema =
        schema_kind(value_text(value_get(document, "apiVersion"), ""),
                    value_text(value_get(document, "kind"), ""));
    switch (kind) {
    case PATCH_JSON:
        return patch_json(document, patch, error);
    case PATCH_MERGE:
        return patch_merge(document, patch);
    default:
        return patch_strategic(document, patch, schema != NULL ? schema->type : NULL, error);
    }
}

static enum edit change(struct action *action, const struct object *stored,
                        const struct value *patch, enum patch_kind kind, bool status)
{
    struct error error = { 0 };
    struct value *document = action_print(action, stored);
    struct value *changed = patched(document, patch, kind, &error);
    value_drop(document);
    if (changed == NULL) {
        action_refused(action, REPLY_BAD_REQUEST, NULL, &error);
        return EDIT_FAILED;
    }
    return status ? action_replace_status(action, stored, changed)
                  : action_replace(action, stored, changed);
}

static bool start_patch(struct action *action)
{
    struct error error = { 0 };
    struct targets targets;
    struct value *patch = read_patch(&action->command, (struct place){ 0 }, &error);
    const bool status = command_flag(&action->command, "subresource") != NULL;
    targets_find(&targets, action, action->command.word_count);
    for (size_t i = 0; i < targets.count; i++) {
        const struct object *stored = client_read(action->client, targets.items[i]);
        const enum edit edit = change(action, stored, patch, read_kind(&action->command), status);
        char *name = printed_name(targets.items[i]);
        if (edit != EDIT_FAILED)
            action_say(action, "%s patched%s", name, edit == EDIT_DONE ? "" : " (no change)");
        free(name);
    }
    targets_close(&targets);
    value_drop(patch);
    return true;
}

const struct verb verb_patch = {
    .name = "patch",
    .root = "patch",
    .flags = patch_flags,
    .check = check_patch,
    .start = start_patch,
};
