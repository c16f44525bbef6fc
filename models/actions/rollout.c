/* kubectl rollout undo, restart, pause and resume.
 *
 * Follows kubectl pkg/polymorphichelpers/{rollback,objectrestarter,objectpauser}.go. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"
#include "models/actions/revisions.h"
#include "models/api/workloads.h"
#include "models/cluster/refusal.h"

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

/* Do it to each target, if it is a Deployment. */
static bool each_deployment(struct action *action,
                            void (*act)(struct action *action, const struct deployment *deployment))
{
    struct targets targets;
    targets_find(&targets, action, action->command.word_count);
    for (size_t i = 0; i < targets.count; i++) {
        const struct object *stored = client_read(action->client, targets.items[i]);
        char *name = printed_name(targets.items[i]);
        if (stored->kind == KIND_DEPLOYMENT)
            act(action, (const struct deployment *)stored);
        else
            action_fail(action, "%s: %s is not supported for this kind here", name,
                        action->command.verb->name);
        free(name);
    }
    targets_close(&targets);
    return true;
}

/* --- undo --------------------------------------------------------------------------------- */

/* A ReplicaSet's template as its Deployment had it. */
static struct value *template_of(const struct replicaset *set)
{
    struct value *template = value_hold(set->template->document);
    if (value_path(template, "metadata", "labels", "pod-template-hash", NULL) == NULL)
        return template;
    struct value **metadata = value_slot(value_own(&template), "metadata");
    struct value **labels = value_slot(value_own(metadata), "labels");
    value_remove(value_own(labels), "pod-template-hash");
    return template;
}

/* Annotations that a rollback leaves as the Deployment has them. */
static bool stays(const char *key)
{
    static const char *const keys[] = {
        last_applied,
        "deployment.kubernetes.io/revision",
        "deployment.kubernetes.io/revision-history",
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
        "deprecated.deployment.rollback.to",
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

static void copy_annotations(struct value *into, const struct labels *from, bool those_that_stay)
{
    for (uint32_t i = 0; from != NULL && i < from->count; i++)
        if (stays(from->items[i].key->s) == those_that_stay)
            value_set(into, from->items[i].key->s, value_new_string(text_s(from->items[i].value)));
}

static void warn_applied(struct action *action, const struct deployment *deployment)
{
    if (labels_get(deployment->meta.annotations, last_applied) != NULL)
        action_warn(action,
                    "resource deployments/%s was previously managed with 'kubectl apply'. Rolling "
                    "back will not update the %s annotation, which may cause unexpected behavior "
                    "on future 'kubectl apply' operations. Consider using 'kubectl apply' with "
                    "your previous configuration file instead.",
                    name_of(deployment), last_applied);
}

static void roll_back(struct action *action, const struct deployment *deployment,
                      const struct replicaset *set)
{
    struct value *document = action_print(action, &deployment->meta.object);
    struct value *annotations = value_new_map(), *template = template_of(set);
    char *name = printed_name(object_key(&deployment->meta.object));
    if (value_equal(template, deployment->template->document)) {
        action_say(action,
                   "%s skipped rollback (current template already matches revision %" PRId64 ")",
                   name, revision_of(&set->meta));
        value_drop(template);
        value_drop(annotations);
        value_drop(document);
    } else {
        copy_annotations(annotations, deployment->meta.annotations, true);
        copy_annotations(annotations, set->meta.annotations, false);
        value_put(&document, template, "spec", "template", NULL);
        value_put(&document, annotations, "metadata", "annotations", NULL);
        if (action_replace(action, &deployment->meta.object, document) != EDIT_FAILED)
            action_say(action, "%s rolled back", name);
    }
    free(name);
}

static void undo(struct action *action, const struct deployment *deployment)
{
    const int64_t wanted = command_number(&action->command, "to-revision", 0);
    const struct replicaset *set = revision_find(action->client, deployment, wanted);
    warn_applied(action, deployment);
    if (deployment->paused)
        action_fail(action, "you cannot rollback a paused deployment; resume it first with "
                            "'kubectl rollout resume' and try again");
    else if (set == NULL && wanted > 0)
        action_fail(action, "unable to find specified revision %" PRId64 " in history", wanted);
    else if (set == NULL)
        action_fail(action, "no rollout history found for deployment \"%s\"", name_of(deployment));
    else
        roll_back(action, deployment, set);
}

static bool start_undo(struct action *action)
{
    return each_deployment(action, undo);
}

/* --- restart, pause, resume ----------------------------------------------------------------- */

/* kubectl's error about a Deployment in the wrong state. */
static void refuse_state(struct action *action, const struct deployment *deployment,
                         const char *why)
{
    char resource[RESOURCE_TEXT];
    action_fail(action, "%s \"%s\" %s",
                resource_text(object_key(&deployment->meta.object), resource), name_of(deployment),
                why);
}

/* Put a value into a Deployment and say so. */
static void change(struct action *action, const struct deployment *deployment,
                   struct value *document, const char *done)
{
    char *name = printed_name(object_key(&deployment->meta.object));
    if (action_replace(action, &deployment->meta.object, document) != EDIT_FAILED)
        action_say(action, "%s %s", name, done);
    free(name);
}

static void restart(struct action *action, const struct deployment *deployment)
{
    char time[TIME_TEXT];
    if (deployment->paused) {
        refuse_state(action, deployment,
                     "can't restart paused deployment (run rollout resume first)");
        return;
    }
    struct value *document = action_print(action, &deployment->meta.object);
    time_print(run_now(action->cluster->run), action->cluster->codec.epoch_seconds, time);
    value_put(&document, value_new_string(time), "spec", "template", "metadata", "annotations",
              "kubectl.kubernetes.io/restartedAt", NULL);
    change(action, deployment, document, "restarted");
}

static void set_paused(struct action *action, const struct deployment *deployment, bool paused)
{
    if (deployment->paused == paused) {
        refuse_state(action, deployment, paused ? "is already paused" : "is not paused");
        return;
    }
    struct value *document = action_print(action, &deployment->meta.object);
    value_put(&document, value_new_bool(paused), "spec", "paused", NULL);
    change(action, deployment, document, paused ? "paused" : "resumed");
}

static void pause_rollout(struct action *action, const struct deployment *deployment)
{
    set_paused(action, deployment, true);
}

static void resume_rollout(struct action *action, const struct deployment *deployment)
{
    set_paused(action, deployment, false);
}

static bool start_restart(struct action *action)
{
    return each_deployment(action, restart);
}

static bool start_pause(struct action *action)
{
    return each_deployment(action, pause_rollout);
}

static bool start_resume(struct action *action)
{
    return each_deployment(action, resume_rollout);
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
