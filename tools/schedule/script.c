/* Play a recorded case; see script.h. */
#include "tools/schedule/script.h"

#include <stdlib.h>
#include <string.h>

#include "tools/schedule/script_private.h"
#include "tools/schedule/step.h"

/* A script while it is played. */
struct play {
    struct trial *trial;
    struct step_style style;
    size_t step; /* counted from 0 */
    size_t doubtful;
    struct error_list *faults;
};

/* --- pods by "namespace/name" ----------------------------------------------------------------- */

/* NULL when there is none that the scheduler sees. */
static const struct pod *find_pod(const struct play *play, const char *key)
{
    const char *slash = strchr(key, '/');
    char *space = slash != NULL ? mem_text(key, (size_t)(slash - key)) : mem_format("default");
    const struct object *found =
        trial_find(play->trial, KIND_POD, space, slash != NULL ? slash + 1 : key);
    free(space);
    return found != NULL && !pod_is_terminal(pod_of(found)) ? pod_of(found) : NULL;
}

/* These are false when there is nothing of the name. */
static bool delete_pod(struct play *play, const char *key)
{
    const struct pod *pod = find_pod(play, key);
    return pod != NULL && trial_remove(play->trial, object_key(&pod->meta.object));
}

static bool ungate(struct play *play, const char *key)
{
    const struct pod *pod = find_pod(play, key);
    if (pod == NULL)
        return false;
    struct value *document = cluster_print(play->trial->cluster, &pod->meta.object);
    value_put(&document, value_new_list(), "spec", "schedulingGates", NULL);
    trial_put(play->trial, kind_infos[KIND_POD].load(&play->trial->cluster->codec, document));
    value_drop(document);
    return true;
}

static bool delete_node(struct play *play, const char *name)
{
    const struct object *node = trial_find(play->trial, KIND_NODE, "", name);
    if (node == NULL)
        return false;
    trial_remove_node(play->trial, node->name);
    return true;
}

/* --- steps -------------------------------------------------------------------------------------- */

static bool fault(struct play *play, const struct value *at, const char *text)
{
    return error_list_add(play->faults, at->at, "steps[%zu]: %s", play->step, text);
}

static void schedule(struct play *play, const char *key, struct value *told)
{
    const struct pod *pod = find_pod(play, key);
    const sim_time now = (FIRST_STEP_SECONDS + (sim_time)play->step) * SIM_SECOND;
    if (pod == NULL)
        step_tell_nothing(told, "absent");
    else if (pod->node_name != NULL)
        step_tell_nothing(told, "alreadyBound");
    else if (!step_attempt(play->trial, pod, play->style, now, told))
        play->doubtful++;
}

/* What the operation is about: a pod's key, a node's name, or a node. */
static bool carry_out(struct play *play, const struct value *step, struct value *told)
{
    const char *op = value_text(value_get(step, "op"), "");
    const char *pod = value_text(value_get(step, "pod"), NULL);
    const char *name = value_text(value_get(step, "name"), NULL);
    const struct value *node = value_get(step, "node");
    const bool about_pod =
        strcmp(op, "schedule") == 0 || strcmp(op, "deletePod") == 0 || strcmp(op, "ungate") == 0;
    const bool sets_node = strcmp(op, "addNode") == 0 || strcmp(op, "updateNode") == 0;
    if (!about_pod && !sets_node && strcmp(op, "deleteNode") != 0)
        return fault(play, step,
                     "no such op (try schedule, deletePod, ungate, addNode, updateNode or "
                     "deleteNode)");
    if (about_pod ? pod == NULL : sets_node ? node == NULL : name == NULL)
        return fault(play, step,
                     about_pod   ? "pod is missing"
                     : sets_node ? "node is missing"
                                 : "name is missing");
    if (strcmp(op, "schedule") == 0) {
        schedule(play, pod, told);
        return true;
    }
    const bool done = sets_node ? script_load_object(play->trial, "nodes", node, play->faults)
                      : strcmp(op, "deletePod") == 0 ? delete_pod(play, pod)
                      : about_pod                    ? ungate(play, pod)
                                                     : delete_node(play, name);
    step_tell_nothing(told, done ? "ok" : "absent");
    return done || !sets_node;
}

static bool play_step(struct play *play, const struct value *step, struct value *into)
{
    struct value *told = value_new_map();
    const struct value *pod = value_get(step, "pod");
    if (value_get(step, "op") != NULL)
        value_set(told, "op", value_hold(value_get(step, "op")));
    if (pod != NULL)
        value_set(told, "pod", value_hold(pod));
    value_add(into, told);
    return carry_out(play, step, told);
}

static struct value *play_steps(struct play *play, const struct value *steps)
{
    struct value *told = value_new_list();
    for (; play->step < steps->count; play->step++)
        if (!play_step(play, steps->items[play->step], told))
            break;
    return told;
}

/* --- what is told of the whole case -------------------------------------------------------------- */

static struct value *node_order(const struct trial *trial)
{
    struct value *list = value_new_list();
    snapshot_refresh(trial->snapshot);
    for (size_t i = 0; i < trial->snapshot->node_count; i++)
        value_add(list,
                  value_new_string(trial->snapshot->nodes[trial->snapshot->order[i]]->name->s));
    return list;
}

static struct value *queue_order(const struct trial *trial)
{
    struct value *list = value_new_list();
    size_t count;
    const struct pod **pods = trial_queue(trial, &count);
    for (size_t i = 0; i < count; i++) {
        char *key = mem_format("%s/%s", namespace_of(pods[i]), name_of(pods[i]));
        value_add(list, value_new_string(key));
        free(key);
    }
    free(pods);
    return list;
}

static struct value *score_weights(const struct trial *trial)
{
    const struct profile *profile = trial->configuration->profiles[0];
    const struct point *scores = &profile->points[POINT_SCORE];
    struct value *map = value_new_map();
    for (size_t i = 0; i < scores->count; i++)
        value_set(map, profile->plugins[scores->items[i].plugin].plugin->name,
                  value_new_int(scores->items[i].weight));
    return map;
}

static struct value *final_assignments(const struct trial *trial)
{
    struct value *map = value_new_map();
    for (struct cache_cursor c = cache_list(trial->cluster->cache, KIND_POD); cache_next(&c);) {
        const struct pod *pod = pod_of(c.object);
        if (pod->node_name == NULL || pod_is_terminal(pod))
            continue;
        char *key = mem_format("%s/%s", namespace_of(pod), name_of(pod));
        value_set(map, key, value_new_string(pod->node_name->s));
        free(key);
    }
    return map;
}

static struct value *count_results(const struct value *steps)
{
    struct value *map = value_new_map();
    for (size_t i = 0; i < steps->count; i++) {
        const char *result = value_text(value_get(steps->items[i], "result"), "");
        value_set(map, result, value_new_int(value_int(value_get(map, result), 0) + 1));
    }
    return map;
}

static struct value *play_all(struct play *play, const struct value *input)
{
    struct value *answer = value_new_map();
    value_set(answer, "nodeOrder", node_order(play->trial));
    value_set(answer, "queueOrder", queue_order(play->trial));
    value_set(answer, "scoreWeights", score_weights(play->trial));
    struct value *steps = play_steps(play, value_get(input, "steps"));
    value_set(answer, "summary", count_results(steps));
    value_set(answer, "finalAssignments", final_assignments(play->trial));
    value_set(answer, "steps", steps);
    return answer;
}

/* --- reading --------------------------------------------------------------------------------------- */

static bool is_case(const struct value *document, struct error_list *faults)
{
    const struct value *input = value_get(document, "input"), *steps = value_get(input, "steps");
    const struct value *detail = value_get(input, "detail");
    if (document->type != VALUE_MAP || input == NULL || input->type != VALUE_MAP)
        return error_list_add(faults, document->at, "no recorded case: it has no input");
    if (steps == NULL || steps->type != VALUE_LIST)
        return error_list_add(faults, input->at, "no recorded case: input.steps is no list");
    if (value_int(value_get(document, "format"), 1) != 1)
        return error_list_add(faults, value_get(document, "format")->at,
                              "format is not 1, the only one there is");
    if (detail != NULL && strcmp(value_text(detail, ""), "hash") != 0)
        return error_list_add(faults, detail->at, "input.detail: only \"hash\" is known");
    return true;
}

struct value *script_run(const struct value *document, size_t *doubtful, struct error_list *faults)
{
    const size_t before = faults->count;
    const struct value *input = value_get(document, "input");
    if (!is_case(document, faults))
        return NULL;
    struct play play = { .trial = trial_new(value_get(document, "config"), faults),
                         .faults = faults };
    struct value *answer = NULL;
    play.style.hashes = value_get(input, "detail") != NULL;
    if (play.trial != NULL)
        play.trial->nominator->names_only = true; /* the recordings have no queue */
    play.style.terminate = value_get(input, "victimMode") != NULL;
    play.style.visited = strcmp(value_text(value_get(document, "family"), ""), "sampling") == 0;
    if (play.trial != NULL && script_load_objects(play.trial, input, faults))
        answer = play_all(&play, input);
    trial_free(play.trial);
    if (doubtful != NULL)
        *doubtful = play.doubtful;
    if (faults->count == before)
        return answer;
    value_drop(answer);
    return NULL;
}
