/* The general form of an entry of the timeline: a kubectl command line, as a text or as words. */
#include <stdlib.h>
#include <string.h>

#include "models/cluster/scenario_private.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"

static bool is_known_verb(const char *word, struct nearest *near)
{
    static const char *const known[] = {
        "apply", "create",   "replace", "delete", "scale", "set",      "rollout", "cordon",
        "drain", "uncordon", "taint",   "label",  "patch", "annotate", "fail",    "restore",
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i], word) == 0)
            return true;
        nearest_offer(near, known[i]);
    }
    return false;
}

static bool check_verb(struct scenario_input *input, const struct value *what,
                       const struct scenario_action *action)
{
    if (action->argc == 0)
        return error_list_add(input->faults, what->at, "kubectl: no command");
    struct nearest near = nearest_to(action->argv[0]);
    if (is_known_verb(action->argv[0], &near))
        return true;
    if (near.found != NULL)
        return error_list_add(input->faults, what->at,
                              "kubectl: \"%s\" is no command that changes a cluster (did you mean "
                              "%s?)",
                              action->argv[0], near.found);
    return error_list_add(input->faults, what->at,
                          "kubectl: \"%s\" is no command that changes a cluster", action->argv[0]);
}

static void drop_word(struct scenario_action *action, size_t index)
{
    free(action->argv[index]);
    memmove(action->argv + index, action->argv + index + 1,
            (action->argc - index) * sizeof *action->argv);
    action->argc--;
}

/* The value of -f, --filename, in either writing, at a word; the words that say it are dropped. NULL
 * when the word is something else. */
static char *take_filename(struct scenario_action *action, size_t index)
{
    static const char *const flags[] = { "-f", "--filename" };
    const char *word = action->argv[index];
    char *name = NULL;
    for (size_t i = 0; i < 2 && name == NULL; i++) {
        size_t length = strlen(flags[i]);
        if (strncmp(word, flags[i], length) != 0)
            continue;
        if (word[length] == '=')
            name = mem_text(word + length + 1, strlen(word + length + 1));
        else if (word[length] == '\0' && action->argv[index + 1] != NULL) {
            name = mem_text(action->argv[index + 1], strlen(action->argv[index + 1]));
            drop_word(action, index + 1);
        }
    }
    if (name != NULL)
        drop_word(action, index);
    return name;
}

/* Files that the command names are read now; it sees one -f - for all of them. */
static bool open_files(struct scenario_input *input, const struct value *what,
                       struct scenario_action *action)
{
    bool good = true, any = false;
    for (size_t i = 0; i < action->argc;) {
        char *name = take_filename(action, i);
        if (name == NULL) {
            i++;
            continue;
        }
        any = true;
        if (strcmp(name, "-") != 0) {
            struct value *path = value_new_string(name);
            path->at = what->at;
            good = scenario_add_file(input, path, &action->documents) && good;
            value_drop(path);
        }
        free(name);
    }
    if (any)
        scenario_add_words(action, "-f", "-", NULL);
    return good;
}

static bool split_words(struct scenario_input *input, const struct value *what,
                        struct scenario_action *action)
{
    struct error error = { 0 };
    if (what->type == VALUE_LIST) {
        scenario_add_texts(action, what);
        return true;
    }
    if (words_split(what->text, what->at, &action->argv, &action->argc, &error))
        return true;
    error_wrap(&error, "kubectl");
    error_list_take(input->faults, &error);
    return false;
}

bool scenario_load_kubectl(struct scenario_input *input, const struct value *what,
                           struct scenario_action *action)
{
    if (!split_words(input, what, action))
        return false;
    if (action->argc > 0 && strcmp(action->argv[0], "kubectl") == 0)
        drop_word(action, 0);
    return check_verb(input, what, action) && open_files(input, what, action);
}
