/* What a command is about: objects by type and name, by label, or by document. */
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"
#include "models/cluster/reply.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"

void targets_close(struct targets *targets)
{
    for (size_t i = 0; i < targets->count; i++)
        object_key_drop(targets->items[i]);
    free(targets->items);
    *targets = (struct targets){ 0 };
}

size_t count_targets(const struct command *command)
{
    size_t count = 0;
    for (; count < command->word_count; count++) {
        const char *word = command->words[count];
        if (strpbrk(word, "=:") != NULL || (*word != '\0' && word[strlen(word) - 1] == '-'))
            break;
    }
    return count;
}

bool command_check_pairs(const struct command *command, size_t targets, bool removes,
                         struct place at, struct error *error)
{
    if (targets == command->word_count)
        return error_set(error, at, "at least one update is required (NAME=VALUE%s)",
                         removes ? " or NAME-" : "");
    for (size_t i = targets; i < command->word_count; i++) {
        const char *word = command->words[i];
        const size_t name = strcspn(word, "=");
        const bool sets = name > 0 && word[name] == '=';
        if (!sets && !(removes && name > 1 && word[name] == '\0' && word[name - 1] == '-'))
            return error_set(error, at, "\"%s\" is not NAME=VALUE%s", word,
                             removes ? " or NAME-" : "");
    }
    return true;
}

/* --- types ------------------------------------------------------------------------------ */

static bool refuse_type(const char *type, struct place at, struct error *error)
{
    struct nearest near = nearest_to(type);
    for (int kind = 0; kind < KIND_OTHER; kind++) {
        nearest_offer(&near, kind_infos[kind].plural);
        nearest_offer(&near, kind_infos[kind].name);
    }
    if (near.found != NULL)
        return error_set(error, at,
                         "the server doesn't have a resource type \"%s\" (did you mean %s?)", type,
                         near.found);
    return error_set(error, at, "the server doesn't have a resource type \"%s\"", type);
}

/* The kind of a type as a user writes it, up to `length` characters of the text. */
static bool read_type(const char *text, size_t length, enum kind *kind, struct place at,
                      struct error *error)
{
    char *type = mem_text(text, length);
    *kind = kind_of_resource(type);
    const bool known = *kind != KIND_COUNT || refuse_type(type, at, error);
    free(type);
    return known;
}

/* --- reading words ------------------------------------------------------------------------ */

/* Are these objects named by type and name in one word, "deployment/web"? */
static bool is_slashed(const struct command *command, size_t count)
{
    return count > 0 && strchr(command->words[0], '/') != NULL;
}

static bool check_slashed(const struct command *command, size_t count, struct place at,
                          struct error *error)
{
    enum kind kind;
    for (size_t i = 0; i < count; i++) {
        const char *word = command->words[i], *slash = strchr(word, '/');
        if (slash == NULL || slash[1] == '\0')
            return error_set(error, at, "\"%s\": name it as TYPE/NAME, like the others", word);
        if (!read_type(word, (size_t)(slash - word), &kind, at, error))
            return false;
    }
    return true;
}

/* TYPE[,TYPE...] in front of names or a selector. */
static bool check_types(const char *types, struct place at, struct error *error)
{
    enum kind kind;
    for (const char *type = types; *type != '\0';) {
        const size_t length = strcspn(type, ",");
        if (!read_type(type, length, &kind, at, error))
            return false;
        type += length + (type[length] == ',');
    }
    return true;
}

static bool selects(const struct command *command)
{
    return command_flag(command, "selector") != NULL || command_switch(command, "all", false);
}

bool command_check_selector(const struct command *command, const char *name, struct place at,
                            struct error *error)
{
    const char *text = command_flag(command, name);
    if (text == NULL)
        return true;
    struct texts *texts = texts_new();
    const struct selector *selector = selector_parse(texts, text, at, error);
    const bool good = selector != NULL;
    if (good)
        selector_drop(selector);
    texts_free(texts);
    return good;
}

bool targets_check(const struct command *command, size_t count, struct place at,
                   struct error *error)
{
    if (!command_check_selector(command, "selector", at, error))
        return false;
    if (count == 0)
        return command_flag(command, "filename") != NULL ||
               error_set(error, at, "say which: TYPE/NAME, TYPE NAME, TYPE -l SELECTOR or -f -");
    if (is_slashed(command, count))
        return check_slashed(command, count, at, error);
    if (!check_types(command->words[0], at, error))
        return false;
    return count > 1 || selects(command) ||
           error_set(error, at, "%s: no name, and no selector", command->words[0]);
}

/* --- finding objects ---------------------------------------------------------------------- */

static void add(struct targets *targets, struct object_key key)
{
    MEM_GROW(targets->items, targets->count, targets->capacity);
    targets->items[targets->count++] = object_key_hold(key);
}

static void add_named(struct targets *targets, struct action *action, enum kind kind,
                      const char *name)
{
    struct error error = { 0 };
    const bool spaced = kind_infos[kind].namespaced;
    struct object_key key = { (uint16_t)kind,
                              spaced ? cluster_text(action->cluster, action->space) : NULL,
                              cluster_text(action->cluster, name) };
    if (client_read(action->client, key) != NULL)
        add(targets, key);
    else if (!command_switch(&action->command, "ignore-not-found", false))
        action_refused(action, reply_missing(&error, key), NULL, &error);
    object_key_drop(key);
}

void targets_find_names(struct targets *targets, struct action *action, enum kind kind,
                        char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_named(targets, action, kind, names[i]);
}

static int by_name(const void *a, const void *b)
{
    const struct object_key *left = a, *right = b;
    return strcmp(text_s(left->name), text_s(right->name));
}

/* Those of a kind that are wanted. */
struct selection {
    struct targets *targets;
    const struct action *action;
    const struct selector *selector; /* NULL: all */
};

static void add_selected(void *context, const struct object *object)
{
    const struct selection *selection = context;
    if (object->space != NULL && strcmp(object->space->s, selection->action->space) != 0)
        return;
    if (selection->selector == NULL ||
        selector_matches(selection->selector, labels_lookup, meta_of(object)->labels))
        add(selection->targets, object_key(object));
}

/* By name, as the API server lists them: from the store, not from a cache. */
void targets_find_selected(struct targets *targets, struct action *action, enum kind kind)
{
    const char *text = command_flag(&action->command, "selector");
    struct cluster *cluster = action->cluster;
    struct selection selection = {
        targets, action,
        text ? selector_parse(cluster->run->texts, text, (struct place){ 0 }, NULL) : NULL
    };
    const size_t first = targets->count;
    store_each(cluster->store, (uint16_t)kind, add_selected, &selection);
    if (selection.selector != NULL)
        selector_drop(selection.selector);
    if (targets->count > first)
        qsort(targets->items + first, targets->count - first, sizeof *targets->items, by_name);
}

static void find_documents(struct targets *targets, struct action *action)
{
    for (size_t i = 0; i < action->documents.count; i++) {
        struct error error = { 0 };
        struct object_key key = action_key(action, action->documents.items[i]);
        if (client_read(action->client, key) != NULL)
            add(targets, key);
        else
            action_refused(action, reply_missing(&error, key), NULL, &error);
        object_key_drop(key);
    }
}

static void find_slashed(struct targets *targets, struct action *action, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *word = action->command.words[i], *slash = strchr(word, '/');
        enum kind kind;
        if (read_type(word, (size_t)(slash - word), &kind, (struct place){ 0 }, NULL))
            add_named(targets, action, kind, slash + 1);
    }
}

static void find_typed(struct targets *targets, struct action *action, size_t count)
{
    char *const *words = action->command.words;
    for (const char *type = words[0]; *type != '\0';) {
        const size_t length = strcspn(type, ",");
        enum kind kind;
        struct error error = { 0 };
        read_type(type, length, &kind, (struct place){ 0 }, &error);
        error_close(&error); /* there is none: the command was checked */
        if (selects(&action->command))
            targets_find_selected(targets, action, kind);
        else
            targets_find_names(targets, action, kind, words + 1, count - 1);
        type += length + (type[length] == ',');
    }
}

void targets_find(struct targets *targets, struct action *action, size_t count)
{
    *targets = (struct targets){ 0 };
    if (count == 0)
        find_documents(targets, action);
    else if (is_slashed(&action->command, count))
        find_slashed(targets, action, count);
    else
        find_typed(targets, action, count);
}
