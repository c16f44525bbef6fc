/* kubectl rollout undo, restart, pause and resume.
 *
 * Follows kubectl pkg/polymorphichelpers/{rollback,objectrestarter,objectpauser}.go. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"
#include "models/actions/revisions.h"
#include "models/api/workloads.h"
#include "models/cluster/reply.h"

static const struct flag_kind rollout_flags[] = { FLAG_FILENAME, FLAG_SELECTOR, FLAG_END };
static const struct flag_kind undo_flags[] = {
    FLAG_FILENAME,
    FLAG_SELECTOR,
    { "to-revision", 0, false },
    FLAG_END,
};

static bool check_rollout(const struct command *command, struct place at, struct error *error)
{
    return targets_check(command, command->word_count, at, error);
}

static bool check_undo(const struct command *command, struct place at, struct error *error)
{
    return command_check_number(command, "to-revision", at, error) &&
           check_rollout(command, at, error);
}

/* Do it to each target. Stored versions are borrowed until their next write. */
static bool each_target(struct action *action,
                        void (*act)(struct action *action, const struct object *stored))
{
    struct targets targets;
    targets_find(&targets, action, action->command.word_count);
    for (size_t i = 0; i < targets.count; i++)
        act(action, client_read(action->client, targets.items[i]));
    targets_close(&targets);
    return true;
}

/* kubectl's error about an object: 'deployments.apps "web" is already paused'. */
static void refuse_state(struct action *action, const struct object *stored, const char *why)
{
    char resource[RESOURCE_TEXT];
    action_fail(action, "%s \"%s\" %s", resource_text(object_key(stored), resource),
                name_of(stored), why);
}

/* Replace an object by a changed document, whose reference is taken, and say so. */
static void change(struct action *action, const struct object *stored, struct value *document,
                   const char *done)
{
    char *name = printed_name(object_key(stored));
    if (action_replace(action, stored, document) != EDIT_FAILED)
        action_say(action, "%s %s", name, done);
    free(name);
}

static bool is_paused(const struct object *stored)
{
    return stored->kind == KIND_DEPLOYMENT && ((const struct deployment *)stored)->paused;
}

/* --- undo --------------------------------------------------------------------------------- */

static void warn_applied(struct action *action, const struct object *stored)
{
    if (labels_get(meta_of(stored)->annotations, last_applied) != NULL)
        action_warn(action,
                    "resource %s/%s was previously managed with 'kubectl apply'. Rolling back will "
                    "not update the %s annotation, which may cause unexpected behavior on future "
                    "'kubectl apply' operations. Consider using 'kubectl apply' with your "
                    "previous configuration file instead.",
                    kind_infos[stored->kind].plural, name_of(stored), last_applied);
}

static void roll_back(struct action *action, const struct object *stored, struct revision revision)
{
    const struct codec *codec = &action->cluster->codec;
    char *name = printed_name(object_key(stored));
    if (revision_is_present(codec, stored, revision))
        action_say(action,
                   "%s skipped rollback (current template already matches revision %" PRId64 ")",
                   name, revision.number);
    else
        change(action, stored, revision_restore(codec, stored, revision), "rolled back");
    free(name);
}

static void undo(struct action *action, const struct object *stored)
{
    const int64_t wanted = command_number(&action->command, "to-revision", 0);
    if (!kind_has_revisions(stored->kind)) {
        action_fail(action, "no rollbacker has been implemented for \"%s\"",
                    kind_infos[stored->kind].name);
        return;
    }
    const struct revision revision = revision_find(action->client, stored, wanted);
    warn_applied(action, stored);
    if (is_paused(stored))
        action_fail(action, "you cannot rollback a paused deployment; resume it first with "
                            "'kubectl rollout resume' and try again");
    else if (revision.object == NULL && wanted > 0)
        action_fail(action, "unable to find specified revision %" PRId64 " in history", wanted);
    else if (revision.object == NULL)
        action_fail(action, "no rollout history found for %s \"%s\"",
                    kind_infos[stored->kind].plural, name_of(stored));
    else
        roll_back(action, stored, revision);
}

static bool start_undo(struct action *action)
{
    return each_target(action, undo);
}

/* --- restart, pause, resume ----------------------------------------------------------------- */

static void restart(struct action *action, const struct object *stored)
{
    char time[TIME_TEXT];
    if (is_paused(stored)) {
        refuse_state(action, stored, "can't restart paused deployment (run rollout resume first)");
        return;
    }
    if (stored->kind != KIND_DEPLOYMENT && stored->kind != KIND_DAEMONSET &&
        stored->kind != KIND_STATEFULSET) {
        refuse_state(action, stored, "restarting is not supported");
        return;
    }
    struct value *document = action_print(action, stored);
    time_print(run_now(action->cluster->run), action->cluster->codec.epoch_seconds, time);
    value_put(&document, value_new_string(time), "spec", "template", "metadata", "annotations",
              "kubectl.kubernetes.io/restartedAt", NULL);
    change(action, stored, document, "restarted");
}

static void set_paused(struct action *action, const struct object *stored, bool paused)
{
    if (stored->kind != KIND_DEPLOYMENT) {
        refuse_state(action, stored,
                     paused ? "pausing is not supported" : "resuming is not supported");
        return;
    }
    if (is_paused(stored) == paused) {
        refuse_state(action, stored, paused ? "is already paused" : "is not paused");
        return;
    }
    struct value *document = action_print(action, stored);
    value_put(&document, value_new_bool(paused), "spec", "paused", NULL);
    change(action, stored, document, paused ? "paused" : "resumed");
}

static void pause_rollout(struct action *action, const struct object *stored)
{
    set_paused(action, stored, true);
}

static void resume_rollout(struct action *action, const struct object *stored)
{
    set_paused(action, stored, false);
}

static bool start_restart(struct action *action)
{
    return each_target(action, restart);
}

static bool start_pause(struct action *action)
{
    return each_target(action, pause_rollout);
}

static bool start_resume(struct action *action)
{
    return each_target(action, resume_rollout);
}

const struct verb verb_rollout_undo = {
    .name = "rollout undo",
    .root = "rollout-undo",
    .flags = undo_flags,
    .check = check_undo,
    .start = start_undo,
};

const struct verb verb_rollout_restart = {
    .name = "rollout restart",
    .root = "rollout-restart",
    .flags = rollout_flags,
    .check = check_rollout,
    .start = start_restart,
};

const struct verb verb_rollout_pause = {
    .name = "rollout pause",
    .root = "rollout-pause",
    .flags = rollout_flags,
    .check = check_rollout,
    .start = start_pause,
};

const struct verb verb_rollout_resume = {
    .name = "rollout resume",
    .root = "rollout-resume",
    .flags = rollout_flags,
    .check = check_rollout,
    .start = start_resume,
};
