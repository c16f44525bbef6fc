/* kubectl rollout history and status: what a workload was, and how far it is.
 *
 * Follows kubectl pkg/polymorphichelpers/{history,rollout_status}.go. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"
#include "models/actions/revisions.h"
#include "models/api/daemonset.h"
#include "models/api/statefulset.h"
#include "models/api/workloads.h"
#include "sim/base/memory.h"

/* --- history ------------------------------------------------------------------------------ */

static const struct flag_kind history_flags[] = { FLAG_FILENAME, FLAG_SELECTOR, FLAG_END };

static bool check_history(const struct command *command, struct place at, struct error *error)
{
    return targets_check(command, command->word_count, at, error);
}

static void print_history(struct action *action, const struct object *workload)
{
    struct revision revision = { 0 };
    char *name = printed_name(object_key(workload));
    action_say(action, "%s ", name);
    action_say(action, "REVISION  CHANGE-CAUSE");
    while ((revision = revision_next(action->client, workload, revision.number)).object != NULL) {
        const char *cause =
            labels_get(meta_of(revision.object)->annotations, "kubernetes.io/change-cause");
        action_say(action, "%-8" PRId64 "  %s", revision.number, cause != NULL ? cause : "<none>");
    }
    action_say(action, "%s", "");
    free(name);
}

static bool start_history(struct action *action)
{
    struct targets targets;
    targets_find(&targets, action, action->command.word_count);
    for (size_t i = 0; i < targets.count; i++) {
        const struct object_key key = targets.items[i];
        if (kind_has_revisions(key.kind))
            print_history(action, client_read(action->client, key));
        else
            action_fail(action, "no history viewer has been implemented for \"%s\"",
                        kind_infos[key.kind].name);
    }
    targets_close(&targets);
    return true;
}

/* --- status ------------------------------------------------------------------------------- */

static const struct flag_kind status_flags[] = {
    { "timeout", 0, false },
    { "watch", 'w', true },
    FLAG_END,
};

/* A rollout that is watched until it is done. */
struct status {
    struct action *action;
    struct object_key key; /* held */
    sim_time deadline;     /* SIM_FOREVER: none */
    event_id wake;
    char *said; /* the last line */
};

static bool check_status(const struct command *command, struct place at, struct error *error)
{
    return command_check_duration(command, "timeout", at, error) &&
           targets_check(command, command->word_count, at, error);
}

/* What is still to be done; NULL: nothing. The caller frees. */
static char *deployment_to_do(const struct deployment *deployment)
{
    const char *name = name_of(deployment);
    if (deployment->observed_generation < deployment->meta.generation)
        return mem_format("Waiting for deployment spec update to be observed...");
    if (deployment->updated_replicas < deployment->replicas)
        return mem_format("Waiting for deployment \"%s\" rollout to finish: %d out of %d new "
                          "replicas have been updated...",
                          name, deployment->updated_replicas, deployment->replicas);
    if (deployment->status_replicas > deployment->updated_replicas)
        return mem_format("Waiting for deployment \"%s\" rollout to finish: %d old replicas are "
                          "pending termination...",
                          name, deployment->status_replicas - deployment->updated_replicas);
    if (deployment->available_replicas < deployment->updated_replicas)
        return mem_format("Waiting for deployment \"%s\" rollout to finish: %d of %d updated "
                          "replicas are available...",
                          name, deployment->available_replicas, deployment->updated_replicas);
    return NULL;
}

static char *daemonset_to_do(const struct daemonset *set)
{
    const char *name = name_of(set);
    if (set->observed_generation < set->meta.generation)
        return mem_format("Waiting for daemon set spec update to be observed...");
    if (set->updated < set->desired)
        return mem_format("Waiting for daemon set \"%s\" rollout to finish: %d out of %d new pods "
                          "have been updated...",
                          name, set->updated, set->desired);
    if (set->available < set->desired)
        return mem_format("Waiting for daemon set \"%s\" rollout to finish: %d of %d updated pods "
                          "are available...",
                          name, set->available, set->desired);
    return NULL;
}

/* A partition leaves the pods below it as they are. */
static char *statefulset_to_do(const struct statefulset *set)
{
    const int32_t to_update = set->replicas - set->partition;
    if (set->observed_generation == 0 || set->observed_generation < set->meta.generation)
        return mem_format("Waiting for statefulset spec update to be observed...");
    if (set->ready < set->replicas)
        return mem_format("Waiting for %d pods to be ready...", set->replicas - set->ready);
    if (set->has_rolling_update)
        return set->updated < to_update
                   ? mem_format("Waiting for partitioned roll out to finish: %d out of %d new pods "
                                "have been updated...",
                                set->updated, to_update)
                   : NULL;
    if (set->update_revision != set->current_revision)
        return mem_format("waiting for statefulset rolling update to complete %d pods at revision "
                          "%s...",
                          set->updated, text_s(set->update_revision));
    return NULL;
}

static char *to_do(const struct object *stored)
{
    if (stored->kind == KIND_DAEMONSET)
        return daemonset_to_do(daemonset_of(stored));
    if (stored->kind == KIND_STATEFULSET)
        return statefulset_to_do(statefulset_of(stored));
    return deployment_to_do((const struct deployment *)stored);
}

/* Why the rollout cannot end; NULL: it can. The caller frees. */
static char *obstacle(const struct object *stored)
{
    const bool by_hand = (stored->kind == KIND_DAEMONSET && daemonset_of(stored)->on_delete) ||
                         (stored->kind == KIND_STATEFULSET && statefulset_of(stored)->on_delete);
    if (by_hand)
        return mem_format("rollout status is only available for RollingUpdate strategy type");
    if (stored->kind != KIND_DEPLOYMENT)
        return NULL;
    const struct deployment *deployment = (const struct deployment *)stored;
    const struct condition *progressing = conditions_find(deployment->conditions, "Progressing");
    if (deployment->observed_generation < deployment->meta.generation || progressing == NULL ||
        strcmp(text_s(progressing->reason), "ProgressDeadlineExceeded") != 0)
        return NULL;
    return mem_format("deployment \"%s\" exceeded its progress deadline", name_of(stored));
}

static void say_done(struct action *action, const struct object *stored)
{
    const struct statefulset *set = statefulset_of(stored);
    if (stored->kind != KIND_STATEFULSET)
        action_say(action, "%s \"%s\" successfully rolled out",
                   stored->kind == KIND_DAEMONSET ? "daemon set" : "deployment", name_of(stored));
    else if (set->has_rolling_update)
        action_say(action, "partitioned roll out complete: %d new pods have been updated...",
                   set->updated);
    else
        action_say(action, "statefulset rolling update complete %d pods at revision %s...",
                   set->current, text_s(set->current_revision));
}

/* Say how far the rollout is; takes `line`. True when it is done. */
static bool say_progress(struct status *status, const struct object *stored, char *line)
{
    struct action *action = status->action;
    if (line == NULL)
        say_done(action, stored);
    else if (status->said == NULL || strcmp(line, status->said) != 0)
        action_say(action, "%s", line);
    free(status->said);
    status->said = line;
    return line == NULL;
}

/* False while the rollout goes on and is to be watched. */
static bool look(struct status *status)
{
    struct action *action = status->action;
    const struct object *stored = client_read(action->client, status->key);
    char *why = stored != NULL ? obstacle(stored) : mem_format("object has been deleted");
    if (why != NULL) {
        action_fail(action, "%s", why);
        free(why);
        return true;
    }
    return say_progress(status, stored, to_do(stored)) ||
           !command_switch(&action->command, "watch", true);
}

static void look_again(void *subject, sim_time now)
{
    struct status *status = subject;
    struct run *run = status->action->cluster->run;
    status->wake = 0;
    if (look(status)) {
        action_end(status->action);
    } else if (now >= status->deadline) {
        action_fail(status->action, "timed out waiting for the condition");
        action_end(status->action);
    } else {
        const sim_time next = sim_time_after(now, SIM_SECOND);
        status->wake = run_at(run, next < status->deadline ? next : status->deadline,
                              PRIORITY_WORLD, look_again, status);
    }
}

static void close_status(void *work)
{
    struct status *status = work;
    run_cancel(status->action->cluster->run, &status->wake);
    object_key_drop(status->key);
    free(status->said);
    free(status);
}

static bool start_status(struct action *action)
{
    struct targets targets;
    const sim_time timeout = command_duration(&action->command, "timeout");
    const sim_time now = run_now(action->cluster->run);
    targets_find(&targets, action, action->command.word_count);
    struct status *status = NULL;
    if (targets.count == 1 && kind_has_revisions(targets.items[0].kind)) {
        status = mem_new(sizeof *status);
        *status =
            (struct status){ .action = action,
                             .key = object_key_hold(targets.items[0]),
                             .deadline = timeout > 0 ? sim_time_after(now, timeout) : SIM_FOREVER };
        action->work = status;
        action->close_work = close_status;
    } else if (action->rc == 0) {
        action_fail(action, "rollout status is only supported on a single Deployment, DaemonSet or "
                            "StatefulSet");
    }
    targets_close(&targets);
    if (status == NULL || look(status))
        return true;
    status->wake = run_at(action->cluster->run, sim_time_after(now, SIM_SECOND), PRIORITY_WORLD,
                          look_again, status);
    return false;
}

const struct verb verb_rollout_history = {
    .name = "rollout history",
    .flags = history_flags,
    .check = check_history,
    .start = start_history,
};

const struct verb verb_rollout_status = {
    .name = "rollout status",
    .flags = status_flags,
    .check = check_status,
    .start = start_status,
};
