/* kubectl rollout history and status: what a Deployment was, and how far it is.
 *
 * Follows kubectl pkg/polymorphichelpers/{history,rollout_status}.go. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"
#include "models/actions/revisions.h"
#include "sim/base/memory.h"

/* --- revisions ---------------------------------------------------------------------------- */

int64_t revision_of(const struct meta *meta)
{
    const char *text = labels_get(meta->annotations, "deployment.kubernetes.io/revision");
    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

const struct replicaset *revision_next(const struct client *client,
                                       const struct deployment *deployment, int64_t after)
{
    const struct replicaset *found = NULL;
    for (struct cache_cursor c = client_list_owned(client, KIND_REPLICASET, deployment->meta.uid);
         cache_next(&c);) {
        const struct replicaset *set = (const struct replicaset *)c.object;
        const int64_t revision = revision_of(&set->meta);
        if (revision > after && (found == NULL || revision < revision_of(&found->meta)))
            found = set;
    }
    return found;
}

const struct replicaset *revision_find(const struct client *client,
                                       const struct deployment *deployment, int64_t revision)
{
    const struct replicaset *newest = NULL, *before = NULL, *next;
    for (int64_t at = 0; (next = revision_next(client, deployment, at)) != NULL;
         at = revision_of(&next->meta)) {
        if (revision_of(&next->meta) == revision)
            return next;
        before = newest;
        newest = next;
    }
    return revision == 0 ? before : NULL;
}

/* --- history ------------------------------------------------------------------------------ */

static const struct flag_kind history_flags[] = { FLAG_FILENAME, FLAG_SELECTOR, FLAG_END };

static bool check_history(const struct command *command, struct place at, struct error *error)
{
    return targets_check(command, command->word_count, at, error);
}

static void print_history(struct action *action, const struct deployment *deployment)
{
    const struct replicaset *set;
    char *name = printed_name(object_key(&deployment->meta.object));
    action_say(action, "%s ", name);
    action_say(action, "REVISION  CHANGE-CAUSE");
    for (int64_t at = 0; (set = revision_next(action->client, deployment, at)) != NULL;
         at = revision_of(&set->meta)) {
        const char *cause = labels_get(set->meta.annotations, "kubernetes.io/change-cause");
        action_say(action, "%-8" PRId64 "  %s", revision_of(&set->meta),
                   cause != NULL ? cause : "<none>");
    }
    action_say(action, "%s", "");
    free(name);
}

static bool start_history(struct action *action)
{
    struct targets targets;
    targets_find(&targets, action, action->command.word_count);
    for (size_t i = 0; i < targets.count; i++)
        if (targets.items[i].kind == KIND_DEPLOYMENT)
            print_history(action,
                          (const struct deployment *)client_read(action->client, targets.items[i]));
        else
            action_fail(action, "no history viewer has been implemented for this kind");
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
static char *still_to_do(const struct deployment *deployment)
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

static bool timed_out(const struct deployment *deployment)
{
    const struct condition *progressing = conditions_find(deployment->conditions, "Progressing");
    return deployment->observed_generation >= deployment->meta.generation && progressing != NULL &&
           strcmp(text_s(progressing->reason), "ProgressDeadlineExceeded") == 0;
}

/* Say where the rollout is. False while it goes on. */
static bool look(struct status *status)
{
    struct action *action = status->action;
    const struct object *stored = client_read(action->client, status->key);
    if (stored == NULL) {
        action_fail(action, "object has been deleted");
        return true;
    }
    if (timed_out((const struct deployment *)stored)) {
        action_fail(action, "deployment \"%s\" exceeded its progress deadline", name_of(stored));
        return true;
    }
    char *line = still_to_do((const struct deployment *)stored);
    if (line == NULL)
        action_say(action, "deployment \"%s\" successfully rolled out", name_of(stored));
    else if (status->said == NULL || strcmp(line, status->said) != 0)
        action_say(action, "%s", line);
    free(status->said);
    status->said = line;
    return line == NULL || !command_switch(&action->command, "watch", true);
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
    if (targets.count == 1 && targets.items[0].kind == KIND_DEPLOYMENT) {
        status = mem_new(sizeof *status);
        *status =
            (struct status){ .action = action,
                             .key = object_key_hold(targets.items[0]),
                             .deadline = timeout > 0 ? sim_time_after(now, timeout) : SIM_FOREVER };
        action->work = status;
        action->close_work = close_status;
    } else if (action->rc == 0) {
        action_fail(action, "rollout status is only supported on a single Deployment");
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
