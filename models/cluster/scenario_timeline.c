/* The timeline of a scenario: each entry becomes a kubectl command line.
 *
 * Whatever form an entry has, the cluster sees one: words as behind `kubectl`, and documents for
 * its standard input. Entries that are command lines already are in scenario_kubectl.c. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions.h"
#include "models/api/json.h"
#include "models/cluster/scenario_private.h"
#include "models/failures/failures.h"
#include "sim/base/memory.h"

void scenario_action_close(struct scenario_action *action)
{
    words_free(action->argv, action->argc);
    documents_close(&action->documents);
    *action = (struct scenario_action){ 0 };
}

/* ── words ── */

/* Append a word and keep the NULL at the end; takes the word. */
static void add_word(struct scenario_action *action, char *word)
{
    action->argv = mem_resize(action->argv, (action->argc + 2) * sizeof *action->argv);
    action->argv[action->argc++] = word;
    action->argv[action->argc] = NULL;
}

void scenario_add_words(struct scenario_action *action, const char *first, ...)
{
    va_list words;
    va_start(words, first);
    for (const char *word = first; word != NULL; word = va_arg(words, const char *))
        add_word(action, mem_text(word, strlen(word)));
    va_end(words);
}

void scenario_add_texts(struct scenario_action *action, const struct value *texts)
{
    for (size_t i = 0; i < shape_count(texts); i++)
        scenario_add_words(action, value_text(shape_at(texts, i), ""), NULL);
}

/* --name=value, for a field that is there. */
static void add_flag(struct scenario_action *action, const struct value *options, const char *field,
                     const char *flag)
{
    char *text = value_is_null(value_get(options, field))
                     ? NULL
                     : shape_scalar_text(value_get(options, field));
    if (text != NULL)
        add_word(action, mem_format("--%s=%s", flag, text));
    free(text);
}

/* --name, for a field that is true. */
static void add_switch(struct scenario_action *action, const struct value *options,
                       const char *field, const char *flag)
{
    if (value_truth(value_get(options, field), false))
        add_word(action, mem_format("--%s", flag));
}

/* ── documents ── */

/* Objects of a user, checked as in a manifest; lists of them are opened. */
static bool add_documents(struct scenario_input *input, const struct value *objects,
                          struct documents *into)
{
    struct manifest manifest = { 0 };
    bool good = true;
    for (size_t i = 0; i < shape_count(objects); i++)
        good = manifest_add(&manifest, shape_at(objects, i), input->strict, input->faults,
                            input->warnings) &&
               good;
    for (size_t i = 0; i < manifest.count; i++) {
        MEM_GROW(into->items, into->count, into->capacity);
        into->items[into->count++] = value_hold(manifest.items[i].document);
    }
    manifest_close(&manifest);
    return good;
}

bool scenario_add_file(struct scenario_input *input, const struct value *path,
                       struct documents *into)
{
    struct documents *before = input->into;
    input->into = into;
    bool good = scenario_open(input, path);
    input->into = before;
    return good;
}

/* Faults of a text within the text: "stdin: line 2: ...", at the place of the whole. */
static bool move_faults(struct error_list *from, const struct value *text, struct error_list *into)
{
    bool none = from->count == 0;
    for (size_t i = 0; i < from->count; i++)
        error_list_add(into, text->at, "stdin: line %d: %s", from->items[i].at.line,
                       from->items[i].text);
    error_list_close(from);
    return none;
}

static bool add_stdin(struct scenario_input *input, const struct value *text,
                      struct documents *into)
{
    struct documents read = { 0 };
    struct error_list faults = { 0 }, warnings = { 0 };
    struct scenario_input inner = *input;
    inner.faults = &faults;
    inner.warnings = &warnings;
    documents_read(&read, text->text, text->count, NULL, &faults);
    for (size_t i = 0; i < read.count; i++)
        add_documents(&inner, read.items[i], into);
    documents_close(&read);
    move_faults(&warnings, text, input->warnings);
    return move_faults(&faults, text, input->faults);
}

/* ── verbs ── */

typedef bool verb_fn(struct scenario_input *input, const struct value *what,
                     struct scenario_action *action);

static bool verb_apply(struct scenario_input *input, const struct value *what,
                       struct scenario_action *action)
{
    bool good = true;
    scenario_add_words(action, "apply", "-f", "-", NULL);
    for (size_t i = 0; i < shape_count(what); i++) {
        const struct value *one = shape_at(what, i);
        good = (one->type == VALUE_STRING ? scenario_add_file(input, one, &action->documents)
                                          : add_documents(input, one, &action->documents)) &&
               good;
    }
    return good;
}

static bool verb_delete(struct scenario_input *input, const struct value *what,
                        struct scenario_action *action)
{
    (void)input;
    scenario_add_words(action, "delete", NULL);
    for (size_t i = 0; i < shape_count(what); i++) {
        const struct value *one = shape_at(what, i);
        scenario_add_texts(action, one->type == VALUE_STRING ? one : value_get(one, "target"));
        add_flag(action, one, "gracePeriod", "grace-period");
        add_flag(action, one, "cascade", "cascade");
        add_switch(action, one, "force", "force");
    }
    return true;
}

static bool verb_scale(struct scenario_input *input, const struct value *what,
                       struct scenario_action *action)
{
    (void)input;
    scenario_add_words(action, "scale", NULL);
    scenario_add_texts(action, value_get(what, "target"));
    add_flag(action, what, "replicas", "replicas");
    return true;
}

static bool verb_set_image(struct scenario_input *input, const struct value *what,
                           struct scenario_action *action)
{
    (void)input;
    const struct value *images = value_get(what, "images");
    scenario_add_words(action, "set", "image", NULL);
    scenario_add_texts(action, value_get(what, "target"));
    for (size_t i = 0; i < images->count; i++)
        add_word(action, mem_format("%s=%s", images->entries[i].key,
                                    value_text(images->entries[i].value, "")));
    return true;
}

static bool verb_rollout(struct scenario_input *input, const struct value *what,
                         struct scenario_action *action)
{
    static const char *const verbs[] = { "undo", "restart", "pause", "resume" };
    size_t found = 0;
    for (size_t i = 0; i < 4; i++) {
        if (value_is_null(value_get(what, verbs[i])))
            continue;
        found++;
        scenario_add_words(action, "rollout", verbs[i], NULL);
        scenario_add_texts(action, value_get(what, verbs[i]));
    }
    if (found != 1)
        return error_list_add(input->faults, what->at,
                              "rollout: say one of undo, restart, pause and resume");
    add_flag(action, what, "toRevision", "to-revision");
    return true;
}

static bool verb_cordon(struct scenario_input *input, const struct value *what,
                        struct scenario_action *action)
{
    (void)input;
    scenario_add_words(action, "cordon", NULL);
    scenario_add_texts(action, what);
    return true;
}

static bool verb_uncordon(struct scenario_input *input, const struct value *what,
                          struct scenario_action *action)
{
    (void)input;
    scenario_add_words(action, "uncordon", NULL);
    scenario_add_texts(action, what);
    return true;
}

static bool verb_drain(struct scenario_input *input, const struct value *what,
                       struct scenario_action *action)
{
    (void)input;
    scenario_add_words(action, "drain", NULL);
    scenario_add_texts(action, what->type == VALUE_STRING ? what : value_get(what, "node"));
    add_switch(action, what, "ignoreDaemonsets", "ignore-daemonsets");
    add_switch(action, what, "deleteEmptydirData", "delete-emptydir-data");
    add_switch(action, what, "force", "force");
    add_flag(action, what, "gracePeriod", "grace-period");
    add_flag(action, what, "timeout", "timeout");
    return true;
}

static bool verb_taint(struct scenario_input *input, const struct value *what,
                       struct scenario_action *action)
{
    (void)input;
    scenario_add_words(action, "taint", "nodes", NULL);
    scenario_add_texts(action, value_get(what, "node"));
    scenario_add_texts(action, value_get(what, "taints"));
    scenario_add_words(action, "--overwrite", NULL);
    return true;
}

/* key=value, or key- for null. */
static void add_pairs(struct scenario_action *action, const struct value *map)
{
    for (size_t i = 0; i < map->count; i++) {
        char *text = shape_scalar_text(map->entries[i].value);
        add_word(action, text == NULL ? mem_format("%s-", map->entries[i].key)
                                      : mem_format("%s=%s", map->entries[i].key, text));
        free(text);
    }
    scenario_add_words(action, "--overwrite", NULL);
}

static bool verb_label(struct scenario_input *input, const struct value *what,
                       struct scenario_action *action)
{
    (void)input;
    scenario_add_words(action, "label", NULL);
    scenario_add_texts(action, value_get(what, "target"));
    add_pairs(action, value_get(what, "labels"));
    return true;
}

static bool verb_annotate(struct scenario_input *input, const struct value *what,
                          struct scenario_action *action)
{
    (void)input;
    scenario_add_words(action, "annotate", NULL);
    scenario_add_texts(action, value_get(what, "target"));
    add_pairs(action, value_get(what, "annotations"));
    return true;
}

static bool verb_patch(struct scenario_input *input, const struct value *what,
                       struct scenario_action *action)
{
    (void)input;
    const struct value *patch = value_get(what, "patch");
    scenario_add_words(action, "patch", NULL);
    scenario_add_texts(action, value_get(what, "target"));
    add_flag(action, what, "type", "type");
    scenario_add_words(action, "-p", NULL);
    add_word(action, patch->type == VALUE_STRING ? mem_text(patch->text, patch->count)
                                                 : json_text(patch, (struct json_style){ 0 }));
    return true;
}

static bool verb_failure(struct scenario_input *input, const struct value *what, const char *verb,
                         struct scenario_action *action)
{
    const struct value *kind = value_get(what, "kind");
    struct error error = { 0 };
    scenario_add_words(action, verb, NULL);
    scenario_add_texts(action, kind);
    scenario_add_texts(action, value_get(what, "target"));
    if (failures_know(kind->text, kind->at, &error))
        return true;
    error_list_take(input->faults, &error);
    return false;
}

static bool verb_fail(struct scenario_input *input, const struct value *what,
                      struct scenario_action *action)
{
    return verb_failure(input, what, "fail", action);
}

static bool verb_restore(struct scenario_input *input, const struct value *what,
                         struct scenario_action *action)
{
    return verb_failure(input, what, "restore", action);
}

/* ── entries ── */

static const struct {
    const char *field;
    verb_fn *load;
} verbs[] = {
    { "kubectl", scenario_load_kubectl },
    { "apply", verb_apply },
    { "delete", verb_delete },
    { "scale", verb_scale },
    { "setImage", verb_set_image },
    { "rollout", verb_rollout },
    { "cordon", verb_cordon },
    { "uncordon", verb_uncordon },
    { "drain", verb_drain },
    { "taint", verb_taint },
    { "label", verb_label },
    { "annotate", verb_annotate },
    { "patch", verb_patch },
    { "fail", verb_fail },
    { "restore", verb_restore },
};

enum { VERBS = sizeof verbs / sizeof *verbs };

/* The one verb of an entry; VERBS with a fault when there is none or a second one. */
static size_t find_verb(struct scenario_input *input, const struct value *entry)
{
    size_t found = VERBS;
    for (size_t i = 0; i < VERBS; i++) {
        if (value_is_null(value_get(entry, verbs[i].field)))
            continue;
        if (found < VERBS) {
            error_list_add(input->faults, entry->at,
                           "timeline: %s and %s in one entry (give each its own)",
                           verbs[found].field, verbs[i].field);
            return VERBS;
        }
        found = i;
    }
    if (found == VERBS)
        error_list_add(input->faults, entry->at,
                       "timeline: an entry without a verb (apply, scale, setImage, ...)");
    return found;
}

static bool load_extras(struct scenario_input *input, const struct value *entry,
                        struct scenario_action *action)
{
    const struct value *text = value_get(entry, "stdin"), *space = value_get(entry, "namespace");
    bool good = add_documents(input, value_get(entry, "manifest"), &action->documents);
    if (!value_is_null(text))
        good = add_stdin(input, text, &action->documents) && good;
    if (!value_is_null(space))
        scenario_add_words(action, "-n", value_text(space, ""), NULL);
    return good;
}

/* Would the cluster understand it? */
static bool check_action(struct scenario_input *input, const struct scenario_action *action)
{
    struct error error = { 0 };
    if (action_check(action->argv, action->argc, action->place, &error))
        return true;
    error_list_take(input->faults, &error);
    return false;
}

bool scenario_load_action(struct scenario_input *input, const struct value *entry)
{
    struct scenario *scenario = input->scenario;
    struct scenario_action action = { .place = entry->at };
    size_t verb = find_verb(input, entry);
    if (verb == VERBS)
        return false;
    shape_duration(value_get(entry, "at"), &action.at, NULL);
    bool good = verbs[verb].load(input, value_get(entry, verbs[verb].field), &action);
    good = load_extras(input, entry, &action) && good && check_action(input, &action);
    if (!good) {
        scenario_action_close(&action);
        return false;
    }
    MEM_GROW(scenario->actions, scenario->action_count, scenario->action_capacity);
    scenario->actions[scenario->action_count++] = action;
    return true;
}
