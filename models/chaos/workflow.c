/* Workflows: a tree of WorkflowNodes, made from templates while it is walked.
 *
 * Follows pkg/workflow/controllers of Chaos Mesh 2.7: the entry, Serial and Parallel nodes, Tasks with their
 * conditional branches, experiments, Schedules and StatusChecks, deadlines and aborts. A node is over when
 * it is accomplished, its deadline has passed, or it was aborted; what it made is then deleted. Deadlines are
 * whole seconds, as the API keeps them. */
#include "models/chaos/workflow_private.h"

#include <stdlib.h>

#include "models/api/pod.h"

static const char abort_annotation[] = "workflow.chaos-mesh.org/abort";

/* ---- what there is ---- */

bool workflow_node_is_over(const struct object *node)
{
    return condition_holds(node, "Accomplished") || condition_holds(node, "DeadlineExceed") ||
           condition_holds(node, "Aborted");
}

struct made made_of(const struct client *client, const struct object *owner, enum kind kind)
{
    struct made made = { 0 };
    for (struct cache_cursor all = client_list(client, kind); cache_next(&all);) {
        const struct owner *controller = meta_controller(meta_of(all.object));
        if (controller == NULL || !uid_equal(controller->uid, meta_of(owner)->uid))
            continue;
        MEM_GROW(made.items, made.count, made.capacity);
        made.items[made.count++] = all.object;
    }
    return made;
}

static const struct value *template_of(const struct object *workflow, const char *name)
{
    const struct value *templates = value_get(spec_of(workflow), "templates");
    for (size_t i = 0; i < value_count(templates); i++)
        if (text_is(templates->items[i], "name", name))
            return templates->items[i];
    return NULL;
}

const struct object *workflow_of_node(const struct client *client, const struct object *node)
{
    const char *name = value_text(value_get(spec_of(node), "workflowName"), "");
    const struct text *text = text_find(client->cluster->run->texts, name);
    return text != NULL ? client_get(client, KIND_WORKFLOW, node->space, text) : NULL;
}

/* ---- nodes from templates ---- */

static struct value *node_spec(const struct client *client, const struct object *workflow,
                               const struct value *template)
{
    static const char *const copied[] = {
        "children", "conditionalBranches", "task", "schedule", "statusCheck", "abortWithStatusCheck"
    };
    const char *type = value_text(value_get(template, "templateType"), "");
    const char *block = chaos_block(type);
    struct value *spec = value_new_map();
    sim_time deadline;
    value_set(spec, "templateName", value_hold(value_get(template, "name")));
    value_set(spec, "workflowName", value_new_string(name_of(workflow)));
    value_set(spec, "type", value_new_string(type));
    value_set(spec, "startTime", chaos_time(client, client->now));
    if (chaos_duration(value_get(template, "deadline"), &deadline))
        value_set(spec, "deadline",
                  chaos_time(client, sim_time_after(client->now, deadline > 0 ? deadline : 0)));
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        if (value_get(template, copied[i]) != NULL)
            value_set(spec, copied[i], value_hold(value_get(template, copied[i])));
    if (block != NULL && value_get(template, block) != NULL)
        value_set(spec, block, value_hold(value_get(template, block)));
    return spec;
}

struct value *workflow_labels(const struct object *owner, const char *workflow)
{
    struct value *labels = value_new_map();
    value_set(labels, "chaos-mesh.org/controlled-by", value_new_string(name_of(owner)));
    value_set(labels, "chaos-mesh.org/workflow", value_new_string(workflow));
    return labels;
}

const struct object *workflow_node_create(struct client *client, const struct object *workflow,
                                          const struct object *owner, const char *name)
{
    const struct value *template = template_of(workflow, name);
    struct error error = { 0 };
    if (template == NULL)
        return NULL;
    struct value *spec = node_spec(client, workflow, template);
    char *prefix = mem_format("%s-", name);
    const struct object *node =
        chaos_create(client, owner, "WorkflowNode", prefix,
                     workflow_labels(owner, name_of(workflow)), spec, false, &error);
    error_close(&error);
    free(prefix);
    value_drop(spec);
    return node;
}

/* ---- Workflows ---- */

static void set_times(struct client *client, const struct object *workflow,
                      const struct object *entry, struct value **status)
{
    const bool over = entry != NULL && workflow_node_is_over(entry);
    const struct value *present = value_get(*status, "conditions");
    struct value *conditions = present != NULL ? value_hold(present) : NULL;
    condition_put(&conditions, "Scheduled", entry != NULL, "");
    condition_put(&conditions, "Accomplished", over, "");
    value_set(value_own(status), "conditions", conditions);
    if (entry != NULL)
        value_set(*status, "entryNode", value_new_string(name_of(entry)));
    if (value_is_null(value_get(*status, "startTime")))
        value_set(*status, "startTime", chaos_time(client, client->now));
    if (over && value_is_null(value_get(*status, "endTime"))) {
        value_set(*status, "endTime", chaos_time(client, client->now));
        client_event(client, workflow, false, "WorkflowAccomplished", "Workflow accomplished");
    }
}

static void workflow_step(struct client *client, const struct object *workflow)
{
    struct made nodes = made_of(client, workflow, KIND_WORKFLOWNODE);
    const struct object *entry = nodes.count > 0 ? nodes.items[0] : NULL;
    const struct value *present = status_of(workflow);
    struct value *status = present != NULL ? value_hold(present) : value_new_map();
    if (entry == NULL) {
        const char *name = value_text(value_get(spec_of(workflow), "entry"), "");
        entry = workflow_node_create(client, workflow, workflow, name);
        if (entry != NULL)
            client_event(client, workflow, false, "EntryCreated",
                         "Entry node created, entry node %s", name_of(entry));
        else
            client_event(client, workflow, true, "InvalidEntry",
                         "Failed to spawn entry node, template %s", name);
    }
    set_times(client, workflow, entry, &status);
    workflow_status_put(client, object_key(workflow), status);
    free(nodes.items);
}

static bool put_status(struct object *object, void *context)
{
    struct value **document = &((struct meta *)object)->document;
    if (value_equal(value_get(*document, "status"), context))
        return false;
    value_put(document, value_hold(context), "status", NULL);
    return true;
}

void workflow_status_put(struct client *client, struct object_key key, struct value *status)
{
    client_patch(client, key, put_status, status, NULL);
    value_drop(status);
}

/* ---- aborts ---- */

static bool annotate_abort(struct object *object, void *context)
{
    struct meta *meta = (struct meta *)object;
    const struct labels *before = meta->annotations;
    const struct client *client = context;
    if (workflow_is_aborted(object))
        return false;
    meta->annotations = labels_with(client->cluster->run->texts, before, abort_annotation, "true");
    labels_drop(before);
    return true;
}

bool workflow_is_aborted(const struct object *workflow)
{
    const char *abort = labels_get(meta_of(workflow)->annotations, abort_annotation);
    return abort != NULL && strcmp(abort, "true") == 0;
}

void workflow_abort(struct client *client, const struct object *workflow)
{
    client_patch(client, object_key(workflow), annotate_abort, client, NULL);
}

/* ---- the controller ---- */

static enum outcome workflow_reconcile(struct client *client, struct object_key key)
{
    const struct object *object = client_read(client, key);
    if (object == NULL || meta_of(object)->deleting)
        return RECONCILED;
    object = object_hold(object);
    if (key.kind == KIND_WORKFLOW)
        workflow_step(client, object);
    else
        workflow_node_step(client, object);
    object_drop(object);
    return RECONCILED;
}

/* What made this object: a node or a Workflow. */
static void wake_maker(struct controller_run *controller, const struct watch_event *event)
{
    const struct owner *owner = meta_controller(meta_of(event->object));
    if (owner == NULL || strcmp(text_s(owner->api_version), CHAOS_API) != 0)
        return;
    const enum kind kind = kind_find(CHAOS_API, text_s(owner->kind));
    if (kind == KIND_WORKFLOW || kind == KIND_WORKFLOWNODE)
        controller_wake(controller,
                        (struct object_key){ (uint16_t)kind, event->object->space, owner->name },
                        event->cause);
}

static void wake_node(struct controller_run *controller, const struct watch_event *event)
{
    wake_self(controller, event);
    wake_maker(controller, event);
}

/* A Workflow is aborted as a whole. */
static void wake_workflow(struct controller_run *controller, const struct watch_event *event)
{
    const struct client *client = controller_client(controller);
    wake_self(controller, event);
    if (event->type == WATCH_DELETED || !workflow_is_aborted(event->object))
        return;
    for (struct cache_cursor all = client_list(client, KIND_WORKFLOWNODE); cache_next(&all);)
        if (all.object->space == event->object->space &&
            text_is(spec_of(all.object), "workflowName", name_of(event->object)))
            controller_wake(controller, object_key(all.object), event->cause);
}

const struct controller chaos_workflow_controller = {
    .name = "chaos-workflow",
    .source = "workflow-controller",
    .qps = 30,
    .burst = 50,
    .reconciles = KIND_OTHER,
    .wakes_on = { { KIND_WORKFLOW, wake_workflow },
                  { KIND_WORKFLOWNODE, wake_node },
                  { KIND_STATUSCHECK, wake_maker },
                  { KIND_POD, wake_maker } },
    .reconcile = workflow_reconcile,
    .awaits_own_writes = true,
};
