/* From the words behind `kubectl` to a verb, its arguments and its flags. */
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"

static const struct flag_kind common_flags[] = { { "namespace", 'n', false }, FLAG_END };

/* --- the verb ------------------------------------------------------------------------- */

/* How many words of the command are this verb's name ("rollout undo": two); 0: another verb. */
static size_t verb_words(const struct verb *verb, char *const *argv, size_t argc)
{
    size_t used = 0;
    for (const char *at = verb->name; *at != '\0'; at += *at == ' ') {
        const size_t length = strcspn(at, " ");
        if (used == argc || strlen(argv[used]) != length || strncmp(at, argv[used], length) != 0)
            return 0;
        at += length;
        used++;
    }
    return used;
}

/* Is the first word the first one of a verb of two words? */
static bool is_family(const struct verb *const *verbs, const char *word)
{
    const size_t length = strlen(word);
    for (; *verbs != NULL; verbs++)
        if (strncmp((*verbs)->name, word, length) == 0 && (*verbs)->name[length] == ' ')
            return true;
    return false;
}

static bool refuse_verb(const struct verb *const *verbs, char *const *argv, size_t argc,
                        struct place at, struct error *error)
{
    if (argc == 0)
        return error_set(error, at, "no command");
    const bool family = is_family(verbs, argv[0]);
    char *wanted = family && argc > 1 ? mem_format("%s %s", argv[0], argv[1])
                                      : mem_text(argv[0], strlen(argv[0]));
    struct nearest near = nearest_to(wanted);
    for (; *verbs != NULL; verbs++)
        nearest_offer(&near, (*verbs)->name);
    if (near.found != NULL)
        error_set(error, at, "unknown command \"%s\" (did you mean %s?)", wanted, near.found);
    else
        error_set(error, at, "unknown command \"%s\"", wanted);
    free(wanted);
    return false;
}

static const struct verb *find_verb(const struct verb *const *verbs, char *const *argv, size_t argc,
                                    size_t *used)
{
    for (; *verbs != NULL; verbs++)
        if ((*used = verb_words(*verbs, argv, argc)) > 0)
            return *verbs;
    return NULL;
}

/* --- flags ---------------------------------------------------------------------------- */

static const struct flag_kind *find_long(const struct flag_kind *kinds, const char *name,
                                         size_t length)
{
    for (; kinds->name != NULL; kinds++)
        if (strlen(kinds->name) == length && strncmp(kinds->name, name, length) == 0)
            return kinds;
    return NULL;
}

static const struct flag_kind *find_short(const struct flag_kind *kinds, char letter)
{
    for (; kinds->name != NULL; kinds++)
        if (kinds->letter == letter)
            return kinds;
    return NULL;
}

static bool refuse_flag(const struct verb *verb, const char *word, struct place at,
                        struct error *error)
{
    char *name = mem_text(word, strcspn(word, "="));
    struct nearest near = nearest_to(name + strspn(name, "-"));
    for (const struct flag_kind *kind = verb->flags; kind->name != NULL; kind++)
        nearest_offer(&near, kind->name);
    for (const struct flag_kind *kind = common_flags; kind->name != NULL; kind++)
        nearest_offer(&near, kind->name);
    if (near.found != NULL)
        error_set(error, at, "%s: unknown flag: %s (did you mean --%s?)", verb->name, name,
                  near.found);
    else
        error_set(error, at, "%s: unknown flag: %s", verb->name, name);
    free(name);
    return false;
}

/* The kind of the flag at a word ("--name", "--name=value", "-n", "-nvalue", "-n=value"), and the value
 * that stands in the same word, or NULL. */
static const struct flag_kind *flag_at(const struct verb *verb, const char *word,
                                       const char **value)
{
    const bool is_long = word[1] == '-';
    const char *name = word + 1 + is_long;
    const size_t length = is_long ? strcspn(name, "=") : 1;
    const struct flag_kind *const tables[] = { verb->flags, common_flags };
    const struct flag_kind *found = NULL;
    for (size_t i = 0; i < 2 && found == NULL; i++)
        found = is_long ? find_long(tables[i], name, length) : find_short(tables[i], *name);
    const char *rest = name + length;
    *value = *rest == '\0' ? NULL : rest + (*rest == '=');
    return found;
}

static bool read_flag(struct command *command, char *const *argv, size_t argc, size_t *at_word,
                      struct place at, struct error *error)
{
    const char *word = argv[*at_word], *value;
    const struct flag_kind *kind = flag_at(command->verb, word, &value);
    if (kind == NULL)
        return refuse_flag(command->verb, word, at, error);
    if (value == NULL && !kind->is_switch) {
        if (*at_word + 1 == argc)
            return error_set(error, at, "%s: flag needs an argument: --%s", command->verb->name,
                             kind->name);
        value = argv[++*at_word];
    }
    MEM_GROW(command->flags, command->flag_count, command->flag_capacity);
    command->flags[command->flag_count++] =
        (struct command_flag){ kind, value != NULL ? value : "true" };
    return true;
}

/* --- the whole -------------------------------------------------------------------------- */

static bool is_flag(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

static bool read_words(struct command *command, char *const *argv, size_t argc, struct place at,
                       struct error *error)
{
    command->words = mem_new((argc + 1) * sizeof *command->words);
    for (size_t i = 0; i < argc; i++) {
        if (!is_flag(argv[i]))
            command->words[command->word_count++] = argv[i];
        else if (!read_flag(command, argv, argc, &i, at, error))
            return false;
    }
    return true;
}

bool command_read(struct command *command, const struct verb *const *verbs, char *const *argv,
                  size_t argc, struct place at, struct error *error)
{
    size_t used = 0;
    *command = (struct command){ .verb = find_verb(verbs, argv, argc, &used) };
    if (command->verb == NULL)
        return refuse_verb(verbs, argv, argc, at, error);
    if (!read_words(command, argv + used, argc - used, at, error))
        return false;
    if (command->verb->check == NULL || command->verb->check(command, at, error))
        return true;
    return error_wrap(error, "%s", command->verb->name);
}

void command_close(struct command *command)
{
    free(command->words);
    free(command->flags);
    *command = (struct command){ 0 };
}

const char *command_flag(const struct command *command, const char *name)
{
    for (size_t i = command->flag_count; i-- > 0;)
        if (strcmp(command->flags[i].kind->name, name) == 0)
            return command->flags[i].value;
    return NULL;
}

bool command_switch(const struct command *command, const char *name, bool otherwise)
{
    const char *value = command_flag(command, name);
    return value == NULL ? otherwise : strcmp(value, "true") == 0 || strcmp(value, "1") == 0;
}

int64_t command_number(const struct command *command, const char *name, int64_t otherwise)
{
    const char *value = command_flag(command, name);
    return value == NULL ? otherwise : strtoll(value, NULL, 10);
}

bool command_check_number(const struct command *command, const char *name, struct place at,
                          struct error *error)
{
    const char *value = command_flag(command, name);
    char *end = NULL;
    if (value != NULL)
        strtoll(value, &end, 10);
    if (value == NULL || (*value != '\0' && *end == '\0'))
        return true;
    return error_set(error, at, "--%s=%s is no whole number", name, value);
}

sim_time command_duration(const struct command *command, const char *name)
{
    const char *value = command_flag(command, name);
    sim_time time = 0;
    if (value != NULL)
        sim_time_parse(value, (struct place){ 0 }, &time, NULL);
    return time;
}

bool command_check_duration(const struct command *command, const char *name, struct place at,
                            struct error *error)
{
    const char *value = command_flag(command, name);
    sim_time time;
    return value == NULL || sim_time_parse(value, at, &time, error) ||
           error_wrap(error, "--%s", name);
}
