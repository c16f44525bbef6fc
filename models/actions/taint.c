/* kubectl taint: keep pods from nodes, or drive them away.
 *
 * Follows kubectl pkg/cmd/taint/{taint,utils}.go. */
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"
#include "models/api/node.h"
#include "sim/base/memory.h"

static const struct flag_kind taint_flags[] = {
    FLAG_SELECTOR,
    FLAG_ALL,
    { "overwrite", 0, true },
    FLAG_END,
};

/* KEY=VALUE:EFFECT, KEY:EFFECT, KEY:EFFECT- or KEY-. */
struct taint_word {
    char *key, *value, *effect; /* owned; "" where it says nothing */
    bool removes;
};

static void taint_word_close(struct taint_word *word)
{
    free(word->key);
    free(word->value);
    free(word->effect);
}

static struct taint_word read_word(const char *text)
{
    const size_t length = strlen(text);
    const bool removes = length > 0 && text[length - 1] == '-';
    const char *end = text + length - removes, *colon = memchr(text, ':', (size_t)(end - text));
    const char *pair_end = colon != NULL ? colon : end;
    const char *equals = memchr(text, '=', (size_t)(pair_end - text));
    const char *key_end = equals != NULL ? equals : pair_end;
    return (struct taint_word){
        .key = mem_text(text, (size_t)(key_end - text)),
        .value = equals != NULL ? mem_text(equals + 1, (size_t)(pair_end - equals - 1))
                                : mem_text("", 0),
        .effect = colon != NULL ? mem_text(colon + 1, (size_t)(end - colon - 1)) : mem_text("", 0),
        .removes = removes,
    };
}

static bool check_word(const char *text, struct place at, struct error *error)
{
    struct taint_word word = read_word(text);
    const bool named = *word.effect != '\0';
    const bool good = *word.key != '\0' && (named || word.removes) &&
                      (!named || taint_effect_parse(word.effect) != EFFECT_ANY);
    taint_word_close(&word);
    return good ||
           error_set(error, at,
                     "\"%s\" is no taint (try KEY=VALUE:NoSchedule, KEY:NoExecute or KEY-)", text);
}

static bool check_taint(const struct command *command, struct place at, struct error *error)
{
    const size_t targets = count_targets(command);
    if (targets == 0 || kind_of_resource(command->words[0]) != KIND_NODE)
        return error_set(error, at, "only nodes have taints: taint nodes NAME KEY=VALUE:EFFECT");
    if (targets == command->word_count)
        return error_set(error, at, "at least one taint update is required");
    for (size_t i = targets; i < command->word_count; i++)
        if (!check_word(command->words[i], at, error))
            return false;
    return targets_check(command, targets, at, error);
}

static bool has_texts(const struct value *taint, const struct taint_word *word)
{
    return strcmp(value_text(value_get(taint, "key"), ""), word->key) == 0 &&
           (*word->effect == '\0' ||
            strcmp(value_text(value_get(taint, "effect"), ""), word->effect) == 0);
}

static size_t remove_taints(struct value *list, const struct taint_word *word)
{
    size_t removed = 0;
    for (size_t i = list->count; i-- > 0;)
        if (has_texts(list->items[i], word)) {
            value_cut(list, i);
            removed++;
        }
    return removed;
}

static void add_taint(struct value *list, const struct taint_word *word)
{
    struct value *taint = value_new_map();
    value_set(taint, "key", value_new_string(word->key));
    if (*word->value != '\0')
        value_set(taint, "value", value_new_string(word->value));
    value_set(taint, "effect", value_new_string(word->effect));
    value_add(list, taint);
}

/* What a command does to the taints of one node. */
struct retainting {
    size_t added, replaced, removed;
};

/* One word of the command. False, and reported, when it cannot be done. */
static bool change_taints(struct action *action, const char *node, struct value *list,
                          const char *text, struct retainting *done)
{
    struct taint_word word = read_word(text);
    bool good = true;
    const size_t cut = remove_taints(list, &word);
    if (word.removes && cut == 0) {
        action_fail(action, "taint \"%.*s\" not found", (int)strlen(text) - 1, text);
        good = false;
    } else if (word.removes) {
        done->removed += cut;
    } else if (cut > 0 && !command_switch(&action->command, "overwrite", false)) {
        action_fail(action,
                    "node %s already has a taint(s) with same effect(s) and --overwrite is false",
                    node);
        good = false;
    } else {
        add_taint(list, &word);
        *(cut > 0 ? &done->replaced : &done->added) += 1;
    }
    taint_word_close(&word);
    return good;
}

static const char *done_text(const struct retainting *done)
{
    const bool changed = done->added + done->replaced > 0;
    return done->replaced > 0 || (changed && done->removed > 0) ? "modified"
           : changed                                            ? "tainted"
                                                                : "untainted";
}

static void retaint(struct action *action, struct object_key key, size_t targets)
{
    struct retainting done = { 0 };
    const struct object *stored = client_read(action->client, key);
    struct value *document = action_print(action, stored);
    struct value *spec = value_own(value_slot(value_own(&document), "spec"));
    if (value_is_null(value_get(spec, "taints")))
        value_set(spec, "taints", value_new_list());
    struct value *list = value_own(value_slot(spec, "taints"));
    for (size_t i = targets; i < action->command.word_count; i++)
        if (!change_taints(action, text_s(key.name), list, action->command.words[i], &done)) {
            value_drop(document);
            return;
        }
    if (action_replace(action, stored, document) != EDIT_FAILED)
        action_say(action, "node/%s %s", text_s(key.name), done_text(&done));
}

static bool start_taint(struct action *action)
{
    struct targets targets;
    const size_t count = count_targets(&action->command);
    targets_find(&targets, action, count);
    for (size_t i = 0; i < targets.count; i++)
        retaint(action, targets.items[i], count);
    targets_close(&targets);
    return true;
}

const struct verb verb_taint = {
    .name = "taint",
    .root = "taint",
    .flags = taint_flags,
    .check = check_taint,
    .start = start_taint,
};
