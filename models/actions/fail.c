/* fail and restore: strike a node, zone, pod or release by hand, and mend it. Ours, not kubectl's. */
#include "models/actions/actions_private.h"
#include "models/failures/failures.h"

static const struct flag_kind no_flags[] = { FLAG_END };

static bool check_failure(const struct command *command, struct place at, struct error *error)
{
    if (command->word_count == 0)
        return error_set(error, at, "say what fails: KIND TARGET...");
    return failures_know(command->words[0], at, error);
}

typedef bool failure_fn(struct cluster *cluster, const char *kind, const char *target,
                        struct error *error);

static bool each_target(struct action *action, failure_fn *act, const char *done)
{
    const struct command *command = &action->command;
    const char *kind = command->words[0];
    for (size_t i = 1; i < command->word_count || i == 1; i++) {
        struct error error = { 0 };
        const char *target = i < command->word_count ? command->words[i] : "";
        if (act(action->cluster, kind, target, &error))
            action_say(action, "%s/%s %s", kind, target, done);
        else
            action_fail(action, "%s", error.text);
        error_close(&error);
    }
    return true;
}

static bool start_fail(struct action *action)
{
    return each_target(action, failures_strike, "struck");
}

static bool start_restore(struct action *action)
{
    return each_target(action, failures_mend, "mended");
}

const struct verb verb_fail = {
    .name = "fail",
    .is_world = true,
    .flags = no_flags, /* a failure begins a root of its own */
    .check = check_failure,
    .start = start_fail,
};

const struct verb verb_restore = {
    .name = "restore",
    .is_world = true,
    .flags = no_flags,
    .check = check_failure,
    .start = start_restore,
};
