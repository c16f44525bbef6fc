/* The nodes of Workflows, by the type of their template. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/pod.h"
#include "models/chaos/workflow_private.h"

/* One look at a node: what its status will be. */
struct look {
    struct client *client;
    const struct object *node, *workflow;
    struct value *conditions; /* owned */
    struct value *status;     /* owned */
    bool over;                /* as it was when the look began, or by now */
};

static bool is_set(const struct look *look, const char *type)
{
    for (size_t i = 0; i < value_count(look->conditions); i++)
        if (text_is(look->conditions->items[i], "type", type))
            return text_is(look->conditions->items[i], "status", "True");
    return false;
}

static void set(struct look *look, const char *type, bool status, const char *reason)
{
    condition_put(&look->conditions, type, status, reason);
}

/* ---- deadlines and aborts ---- */

static void pass_deadline_on(struct look *look)
{
    struct made children = made_of(look->client, look->node, KIND_WORKFLOWNODE);
    for (size_t i = 0; i < children.count; i++) {
        const struct object *child = children.items[i];
        if (workflow_node_is_over(child))
            continue;
        const struct value *present = status_of(child);
        struct value *status = present != NULL ? value_hold(present) : value_new_map();
        const struct value *list = value_get(status, "conditions");
        struct value *conditions = list != NULL ? value_hold(list) : NULL;
        condition_put(&conditions, "DeadlineExceed", true, "ParentNodeDeadlineExceed");
        value_set(value_own(&status), "conditions", conditions);
        workflow_status_put(look->client, object_key(child), status);
    }
    free(children.items);
}

static void look_at_deadline(struct look *look)
{
    sim_time deadline;
    if (!chaos_read_time(look->client, value_get(spec_of(look->node), "deadline"), &deadline) ||
        is_set(look, "DeadlineExceed"))
        return;
    if (look->client->now < deadline) {
        set(look, "DeadlineExceed", false, "NodeDeadlineNotExceed");
        controller_requeue_after(look->client, object_key(look->node),
                                 deadline - look->client->now);
        return;
    }
    const bool omitted = is_set(look, "Accomplished");
    if (!omitted)
        client_event(look->client, look->node, false, "NodeDeadlineExceed", "deadline exceed");
    set(look, "DeadlineExceed", true, omitted ? "NodeDeadlineOmitted" : "NodeDeadlineExceed");
}

static void look_at_abort(struct look *look)
{
    if (look->workflow != NULL && workflow_is_aborted(look->workflow) && !look->over)
        set(look, "Aborted", true, "WorkflowAborted");
}

/* ---- Serial, Parallel, and the branches of Tasks ---- */

static struct value *references(const struct made *children, bool over)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < children->count; i++) {
        if (workflow_node_is_over(children->items[i]) != over)
            continue;
        struct value *reference = value_new_map();
        value_set(reference, "name", value_new_string(name_of(children->items[i])));
        value_add(list, reference);
    }
    return list;
}

static void put_list(struct look *look, const char *key, struct value *list)
{
    if (list->count > 0) {
        value_set(value_own(&look->status), key, list);
        return;
    }
    value_remove(value_own(&look->status), key);
    value_drop(list);
}

static size_t over_of(const struct made *children)
{
    size_t count = 0;
    for (size_t i = 0; i < children->count; i++)
        count += workflow_node_is_over(children->items[i]);
    return count;
}

/* Have the children of these names; one after the other, or all at once. */
static void look_at_children(struct look *look, const struct value *names, bool serial)
{
    struct made children = made_of(look->client, look->node, KIND_WORKFLOWNODE);
    const size_t wanted = value_count(names), over = over_of(&children);
    const size_t until = serial && children.count < wanted ? children.count + 1 : wanted;
    if (!look->over && look->workflow != NULL && (!serial || over == children.count))
        for (size_t i = children.count; i < until; i++)
            workflow_node_create(look->client, look->workflow, look->node,
                                 value_text(names->items[i], ""));
    put_list(look, "finishedChildren", references(&children, true));
    put_list(look, "activeChildren", references(&children, false));
    const bool accomplished = over == wanted;
    if (accomplished && wanted > 0 && !is_set(look, "Accomplished"))
        client_event(look->client, look->node, false, "NodeAccomplished", "Node accomplished");
    set(look, "Accomplished", accomplished, "");
    free(children.items);
}

/* ---- experiments, Schedules, StatusChecks ---- */

/* Have one object of this kind while the node is not over, and none afterwards; NULL: there is none. */
static const struct object *have_one(struct look *look, const char *type, const struct value *spec)
{
    const enum kind kind = kind_find(CHAOS_API, type);
    struct made made = made_of(look->client, look->node, kind);
    const struct object *one = made.count > 0 ? made.items[0] : NULL;
    struct error error = { 0 };
    if (look->over && one != NULL && !meta_of(one)->deleting) {
        client_event(look->client, look->node, false, "ChaosCRDeleted", "Chaos CR %s deleted",
                     name_of(one));
        client_delete(look->client, object_key(one), delete_options_default(), NULL);
        one = NULL;
    } else if (!look->over && one == NULL && spec != NULL) {
        char *prefix = mem_format("%s-", name_of(look->node));
        const char *workflow = value_text(value_get(spec_of(look->node), "workflowName"), "");
        one = chaos_create(look->client, look->node, type, prefix,
                           workflow_labels(look->node, workflow), spec, false, &error);
        client_event(look->client, look->node, one == NULL,
                     one != NULL ? "ChaosCRCreated" : "ChaosCRCreateFailed", "Chaos CR %s %s",
                     one != NULL ? name_of(one) : "",
                     one != NULL ? "created" : (error.text != NULL ? error.text : "refused"));
        free(prefix);
    }
    error_close(&error);
    free(made.items);
    return look->over ? NULL : one;
}

static void look_at_experiment(struct look *look, const char *type)
{
    const struct object *one =
        have_one(look, type, value_get(spec_of(look->node), chaos_block(type)));
    value_remove(value_own(&look->status), "chaosResource");
    if (one != NULL) {
        struct value *reference = value_new_map();
        value_set(reference, "apiGroup", value_new_string("chaos-mesh.org"));
        value_set(reference, "kind", value_new_string(type));
        value_set(reference, "name", value_new_string(name_of(one)));
        value_set(look->status, "chaosResource", reference);
    }
    set(look, "ChaosInjected", one != NULL, one != NULL ? "ChaosCRCreated" : "ChaosCRNotExists");
}

static void look_at_check(struct look *look)
{
    const struct value *spec = value_get(spec_of(look->node), "statusCheck");
    const struct object *check = have_one(look, "StatusCheck", spec);
    if (check == NULL)
        return;
    const bool completed = condition_holds(check, "Completed");
    const bool aborts = completed && !condition_holds(check, "SuccessThresholdExceed") &&
                        value_truth(value_get(spec_of(look->node), "abortWithStatusCheck"), false);
    set(look, "Accomplished", completed, completed ? "StatusCheckCompleted" : "");
    set(look, "Aborted", aborts, aborts ? "StatusCheckNotExceedSuccessThreshold" : "");
    if (aborts && look->workflow != NULL)
        workflow_abort(look->client, look->workflow);
}

/* ---- Tasks ---- */

static const struct object *task_pod(struct look *look)
{
    const struct value *task = value_get(spec_of(look->node), "task");
    struct made pods = made_of(look->client, look->node, KIND_POD);
    const struct object *pod = pods.count > 0 ? pods.items[0] : NULL;
    free(pods.items);
    if (pod != NULL || look->over)
        return pod;
    struct error error = { 0 };
    struct value *spec = value_new_map(), *containers = value_new_list();
    char *prefix = mem_format("%s-", name_of(look->node));
    value_add(containers, value_hold(value_get(task, "container")));
    value_set(spec, "restartPolicy", value_new_string("Never"));
    value_set(spec, "containers", containers);
    if (value_get(task, "volumes") != NULL)
        value_set(spec, "volumes", value_hold(value_get(task, "volumes")));
    const struct object *made = chaos_create(
        look->client, look->node, "Pod", prefix,
        workflow_labels(look->node, value_text(value_get(spec_of(look->node), "workflowName"), "")),
        spec, false, &error);
    client_event(look->client, look->node, made == NULL,
                 made != NULL ? "TaskPodSpawned" : "TaskPodSpawnFailed", "%s",
                 made != NULL ? name_of(made) : (error.text != NULL ? error.text : ""));
    error_close(&error);
    free(prefix);
    value_drop(spec);
    return NULL; /* it has only just been made */
}

static int exit_code_of(const struct pod *pod)
{
    const size_t at = pod->spec->init_container_count;
    return pod->containers != NULL && pod->containers->count > at
               ? pod->containers->items[at].exit_code
               : pod->phase == POD_FAILED;
}

/* "exitCode == 0", compared with a number in one of the six ways; an empty one holds. What a task prints
 * is not simulated: everything else does not hold. */
static bool branch_holds(const char *expression, int exit_code)
{
    char operator[3] = "", rest;
    int number;
    if (expression[strspn(expression, " ")] == '\0')
        return true;
    if (sscanf(expression, " exitCode %2[=!<>] %9d %c", operator, & number, &rest) != 2)
        return false;
    const int order = (exit_code > number) - (exit_code < number);
    return (strcmp(operator, "==") == 0 && order == 0) ||
           (strcmp(operator, "!=") == 0 && order != 0) ||
           (strcmp(operator, "<") == 0 && order < 0) || (strcmp(operator, ">") == 0 && order > 0) ||
           (strcmp(operator, "<=") == 0 && order <= 0) ||
           (strcmp(operator, ">=") == 0 && order >= 0);
}

static void look_at_task(struct look *look)
{
    const struct value *branches = value_get(spec_of(look->node), "conditionalBranches");
    const struct object *pod = task_pod(look);
    const bool ended = pod != NULL && pod_is_terminal(pod_of(pod));
    struct value *names = value_new_list(), *told = value_new_list();
    for (size_t i = 0; i < value_count(branches); i++) {
        const struct value *branch = branches->items[i];
        struct value *status = value_new_map();
        const char *expression = value_text(value_get(branch, "expression"), "");
        const bool holds = ended && branch_holds(expression, exit_code_of(pod_of(pod)));
        value_set(status, "target", value_hold(value_get(branch, "target")));
        value_set(status, "evaluationResult",
                  value_new_string(!ended  ? "Unknown"
                                   : holds ? "True"
                                           : "False"));
        value_add(told, status);
        if (holds)
            value_add(names, value_hold(value_get(branch, "target")));
    }
    value_put(&look->status, told, "conditionalBranchesStatus", "branches", NULL);
    if (ended)
        look_at_children(look, names, false);
    else
        set(look, "Accomplished", false, "");
    value_drop(names);
}

/* ---- the whole ---- */

static void look_at_type(struct look *look, const char *type)
{
    const struct value *children = value_get(spec_of(look->node), "children");
    if (strcmp(type, "Serial") == 0 || strcmp(type, "Parallel") == 0)
        look_at_children(look, children, strcmp(type, "Serial") == 0);
    else if (strcmp(type, "Task") == 0)
        look_at_task(look);
    else if (strcmp(type, "StatusCheck") == 0)
        look_at_check(look);
    else if (strcmp(type, "Suspend") != 0)
        look_at_experiment(look, type);
}

void workflow_node_step(struct client *client, const struct object *node)
{
    const struct value *present = status_of(node);
    const struct value *conditions = value_get(present, "conditions");
    struct look look = { .client = client, .node = node };
    look.workflow = workflow_of_node(client, node);
    look.status = present != NULL ? value_hold(present) : value_new_map();
    look.conditions = conditions != NULL ? value_hold(conditions) : value_new_list();
    look.over = workflow_node_is_over(node);
    const bool was_over = look.over;
    look_at_abort(&look);
    look_at_deadline(&look);
    look.over = is_set(&look, "Accomplished") || is_set(&look, "DeadlineExceed") ||
                is_set(&look, "Aborted");
    look_at_type(&look, value_text(value_get(spec_of(node), "type"), ""));
    value_set(value_own(&look.status), "conditions", look.conditions);
    workflow_status_put(client, object_key(node), look.status);
    if (look.over && !was_over && is_set(&look, "DeadlineExceed"))
        pass_deadline_on(&look);
}
