/* Lines of the trace become marks once it is known who wrote; objects become lanes as they are seen to
 * change. A lane is a thread with a slice that is open, or none. */
#include "tools/export/trace_recorder.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/event.h"
#include "models/api/machine.h"
#include "models/api/node.h"
#include "models/api/pod.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"
#include "tools/export/chrome_trace.h"

/* In the order in which they are shown. */
enum order { ORDER_CAUSES, ORDER_CONTROL_PLANE, ORDER_WAITING, ORDER_WORKLOADS, ORDER_NODES };

/* Somebody who writes or says something, or a kind of cause. */
struct speaker {
    char *name; /* owned */
    uint32_t thread;
};
struct speakers {
    uint32_t process;
    struct speaker *items;
    size_t count, capacity;
};

/* A thread on which one state follows the other. */
struct lane {
    uint32_t thread, slice;
    char *state; /* owned; of the open slice; NULL: none is */
};

struct node_lane {
    struct table_node node; /* by name */
    const struct text *name;
    uint32_t process;
    struct lane lane;
    bool unready, powered_off, cut_off;
};

struct pod_lane {
    struct table_node node; /* by uid */
    struct uid uid;
    uint32_t slice; /* of the whole pod, on the lane's thread; 0: it has no node yet */
    struct lane lane, waits;
    struct lane *containers; /* owned */
    size_t container_count;
    size_t place; /* among those that wait */
};

/* What is known of a line of the trace. */
struct line {
    uint64_t cause;
    uint32_t slice; /* 0: it has none */
};

struct trace_recorder {
    struct simulation *simulation; /* NULL: not watched yet */
    struct cluster *cluster;
    struct chrome_trace *trace;
    struct line *lines; /* by number, from 1 */
    size_t line_count, line_capacity;
    struct pending {
        bool there;
        uint64_t id, cause;
        sim_time at;
        char *subject, *text; /* owned */
    } pending;                /* the line of which nobody has said yet who wrote it */
    struct speakers causes, control_plane;
    uint32_t waiting_process;
    struct table nodes, pods;
    struct node_lane **all_nodes;
    struct pod_lane **all_pods; /* owned, with those that are gone */
    size_t node_count, node_capacity, pod_count, pod_capacity;
    struct waiting_thread {
        uint32_t thread;
        bool taken;
    } * waiting_threads;
    size_t waiting_count, waiting_capacity;
    size_t pods_waiting;
};

struct trace_recorder *trace_recorder_new(size_t slices)
{
    struct trace_recorder *recorder = mem_new(sizeof *recorder);
    recorder->trace = chrome_trace_new(slices);
    recorder->causes.process = chrome_process(recorder->trace, "failures and users", ORDER_CAUSES);
    recorder->control_plane.process =
        chrome_process(recorder->trace, "control plane", ORDER_CONTROL_PLANE);
    recorder->waiting_process =
        chrome_process(recorder->trace, "pods without a node", ORDER_WAITING);
    table_init(&recorder->nodes);
    table_init(&recorder->pods);
    return recorder;
}

static void speakers_close(struct speakers *speakers)
{
    for (size_t i = 0; i < speakers->count; i++)
        free(speakers->items[i].name);
    free(speakers->items);
}

static void pod_lane_free(struct pod_lane *pod)
{
    for (size_t i = 0; i < pod->container_count; i++)
        free(pod->containers[i].state);
    free(pod->containers);
    free(pod->lane.state);
    free(pod->waits.state);
    free(pod);
}

void trace_recorder_free(struct trace_recorder *recorder)
{
    if (recorder == NULL)
        return;
    if (recorder->simulation != NULL) {
        store_unwatch(recorder->cluster->store, recorder);
        recorder->cluster->written = NULL;
    }
    for (size_t i = 0; i < recorder->node_count; i++) {
        text_drop(recorder->all_nodes[i]->name);
        free(recorder->all_nodes[i]->lane.state);
        free(recorder->all_nodes[i]);
    }
    for (size_t i = 0; i < recorder->pod_count; i++)
        pod_lane_free(recorder->all_pods[i]);
    free(recorder->all_nodes);
    free(recorder->all_pods);
    table_close(&recorder->nodes);
    table_close(&recorder->pods);
    speakers_close(&recorder->causes);
    speakers_close(&recorder->control_plane);
    free(recorder->waiting_threads);
    free(recorder->lines);
    free(recorder->pending.subject);
    free(recorder->pending.text);
    chrome_trace_free(recorder->trace);
    free(recorder);
}

/* ---- lines ---- */

static uint32_t thread_of(struct trace_recorder *recorder, struct speakers *speakers,
                          const char *name, size_t length)
{
    for (size_t i = 0; i < speakers->count; i++)
        if (strlen(speakers->items[i].name) == length &&
            strncmp(speakers->items[i].name, name, length) == 0)
            return speakers->items[i].thread;
    char *copy = mem_text(name, length);
    MEM_GROW(speakers->items, speakers->count, speakers->capacity);
    speakers->items[speakers->count++] =
        (struct speaker){ copy, chrome_thread(recorder->trace, speakers->process, copy) };
    return speakers->items[speakers->count - 1].thread;
}

/* The slice of a line, or of the next of its causes that has one. */
static uint32_t slice_before(const struct trace_recorder *recorder, uint64_t line)
{
    while (line != 0 && line <= recorder->line_count) {
        if (recorder->lines[line - 1].slice != 0)
            return recorder->lines[line - 1].slice;
        line = recorder->lines[line - 1].cause;
    }
    return 0;
}

static void arrow_from(struct trace_recorder *recorder, uint64_t line, uint32_t to)
{
    chrome_arrow(recorder->trace, slice_before(recorder, line), to);
}

static void pending_forget(struct trace_recorder *recorder)
{
    free(recorder->pending.subject);
    free(recorder->pending.text);
    recorder->pending = (struct pending){ 0 };
}

/* The pending line was written by somebody; NULL: by nobody, so that it is a cause, or nothing. */
static void settle(struct trace_recorder *recorder, const char *writer)
{
    const struct pending *line = &recorder->pending;
    uint32_t thread = 0;
    if (!line->there)
        return;
    if (writer != NULL)
        thread = thread_of(recorder, &recorder->control_plane, writer, strlen(writer));
    else if (line->cause == 0 && strcmp(line->text, "begins") == 0)
        thread = thread_of(recorder, &recorder->causes, line->subject, strcspn(line->subject, "/"));
    if (thread != 0) {
        char number[24];
        char *name = writer != NULL ? mem_format("%s %s", line->text, line->subject)
                                    : mem_format("%s", line->subject);
        const uint32_t mark = chrome_mark(recorder->trace, thread, line->at,
                                          writer != NULL ? "write" : "cause", name);
        snprintf(number, sizeof number, "%" PRIu64, line->id);
        chrome_note(recorder->trace, mark, "line", number);
        recorder->lines[line->id - 1].slice = mark;
        arrow_from(recorder, line->cause, mark);
        free(name);
    }
    pending_forget(recorder);
}

void trace_recorder_line(void *context, const struct trace_line *line)
{
    struct trace_recorder *recorder = context;
    settle(recorder, NULL);
    if (chrome_left_out(recorder->trace) > 0)
        return; /* there is no room for what follows */
    while (recorder->line_count < line->id) {
        MEM_GROW(recorder->lines, recorder->line_count, recorder->line_capacity);
        recorder->lines[recorder->line_count++] = (struct line){ 0 };
    }
    recorder->lines[line->id - 1].cause = line->cause;
    recorder->pending = (struct pending){ true,
                                          line->id,
                                          line->cause,
                                          line->at,
                                          mem_text(line->subject, strlen(line->subject)),
                                          mem_text(line->text, strlen(line->text)) };
}

/* Told of a write right after its line. */
static void hear_write(void *context, const struct write *write)
{
    settle(context, write->by->name);
}

/* ---- lanes ---- */

/* From now on it is in this state (NULL: in none). True when that is new. */
static bool lane_enter(struct trace_recorder *recorder, struct lane *lane, sim_time at,
                       const char *category, const char *state)
{
    if (state != NULL && lane->state != NULL && strcmp(state, lane->state) == 0)
        return false;
    if (lane->state != NULL)
        chrome_end(recorder->trace, lane->slice, at);
    free(lane->state);
    lane->state = NULL;
    if (state == NULL)
        return false;
    lane->state = mem_text(state, strlen(state));
    lane->slice = chrome_begin(recorder->trace, lane->thread, at, category, state);
    return true;
}

static struct node_lane *node_lane_of(struct trace_recorder *recorder, const struct text *name)
{
    struct table_node *found = table_first(&recorder->nodes, name->hash);
    for (; found != NULL; found = table_again(found))
        if (((struct node_lane *)found)->name == name)
            return (struct node_lane *)found;
    struct node_lane *node = mem_new(sizeof *node);
    char *process = mem_format("node %s", text_s(name));
    node->name = text_hold(name);
    node->process = chrome_process(recorder->trace, process, ORDER_NODES);
    node->lane.thread = chrome_thread(recorder->trace, node->process, "node");
    table_add(&recorder->nodes, &node->node, name->hash);
    MEM_GROW(recorder->all_nodes, recorder->node_count, recorder->node_capacity);
    recorder->all_nodes[recorder->node_count++] = node;
    free(process);
    return node;
}

static void node_state(struct trace_recorder *recorder, struct node_lane *node,
                       const struct watch_event *event)
{
    const char *state = node->powered_off ? "without power"
                        : node->cut_off   ? "without network"
                        : node->unready   ? "not ready"
                                          : NULL;
    if (lane_enter(recorder, &node->lane, event->at, "node", state))
        arrow_from(recorder, event->cause.id, node->lane.slice);
}

static void node_changed(struct trace_recorder *recorder, const struct watch_event *event)
{
    struct node_lane *node = node_lane_of(recorder, event->object->name);
    const bool was_ready = event->before != NULL && node_is_ready(node_of(event->before));
    const bool is_ready = event->type != WATCH_DELETED && node_is_ready(node_of(event->object));
    if (was_ready || is_ready || event->type == WATCH_DELETED)
        node->unready = !is_ready && event->type != WATCH_DELETED;
    node_state(recorder, node, event);
}

static void machine_changed(struct trace_recorder *recorder, const struct watch_event *event)
{
    const struct machine *machine = (const struct machine *)event->object;
    const struct object_key key = { KIND_NODE, NULL, event->object->name };
    if (store_get(recorder->cluster->store, key) == NULL)
        return; /* the API server has a machine, too */
    struct node_lane *node = node_lane_of(recorder, event->object->name);
    node->powered_off = event->type != WATCH_DELETED && !machine->powered;
    node->cut_off = event->type != WATCH_DELETED && !machine->connected;
    node_state(recorder, node, event);
}

/* ---- pods ---- */

static struct pod_lane *pod_lane_of(struct trace_recorder *recorder, const struct pod *pod)
{
    struct table_node *found = table_first(&recorder->pods, pod->meta.uid.low);
    for (; found != NULL; found = table_again(found))
        if (uid_equal(((struct pod_lane *)found)->uid, pod->meta.uid))
            return (struct pod_lane *)found;
    if (chrome_left_out(recorder->trace) > 0)
        return NULL;
    struct pod_lane *lane = mem_new(sizeof *lane);
    lane->uid = pod->meta.uid;
    lane->container_count = pod->spec->init_container_count + pod->spec->container_count;
    lane->containers = mem_new((lane->container_count + 1) * sizeof *lane->containers);
    table_add(&recorder->pods, &lane->node, lane->uid.low);
    MEM_GROW(recorder->all_pods, recorder->pod_count, recorder->pod_capacity);
    recorder->all_pods[recorder->pod_count++] = lane;
    return lane;
}

static void count_waiting(struct trace_recorder *recorder, sim_time at, int change)
{
    recorder->pods_waiting += (size_t)change;
    chrome_counter(recorder->trace, recorder->waiting_process, at, "pending pods",
                   (struct chrome_count){ "pods", (double)recorder->pods_waiting },
                   (struct chrome_count){ 0 });
}

/* The first thread on which nobody waits. */
static size_t waiting_place(struct trace_recorder *recorder)
{
    size_t place = 0;
    while (place < recorder->waiting_count && recorder->waiting_threads[place].taken)
        place++;
    if (place == recorder->waiting_count) {
        char *name = mem_format("place %zu", place + 1);
        MEM_GROW(recorder->waiting_threads, recorder->waiting_count, recorder->waiting_capacity);
        recorder->waiting_threads[recorder->waiting_count++] = (struct waiting_thread){
            chrome_thread(recorder->trace, recorder->waiting_process, name), false
        };
        free(name);
    }
    recorder->waiting_threads[place].taken = true;
    return place;
}

static void pod_waits(struct trace_recorder *recorder, struct pod_lane *lane,
                      const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object);
    const bool waits = event->type != WATCH_DELETED && pod->node_name == NULL;
    if (waits && lane->waits.thread == 0) {
        lane->place = waiting_place(recorder);
        lane->waits.thread = recorder->waiting_threads[lane->place].thread;
        count_waiting(recorder, event->at, 1);
        if (lane_enter(recorder, &lane->waits, event->at, "pod", name_of(pod)))
            arrow_from(recorder, event->cause.id, lane->waits.slice);
    } else if (!waits && lane->waits.state != NULL) {
        lane_enter(recorder, &lane->waits, event->at, "pod", NULL);
        recorder->waiting_threads[lane->place].taken = false;
        count_waiting(recorder, event->at, -1);
    }
}

/* As kubectl get would say it. */
static const char *pod_state(const struct pod *pod)
{
    if (pod->meta.deleting && !pod_is_terminal(pod))
        return "Terminating";
    if (pod->phase == POD_RUNNING)
        return pod_is_ready(pod) ? "Running, ready" : "Running, not ready";
    return pod_phase_name((enum pod_phase)pod->phase);
}

static const struct container *container_at(const struct pod_spec *spec, size_t place)
{
    return place < spec->init_container_count
               ? &spec->init_containers[place]
               : &spec->containers[place - spec->init_container_count];
}

static void container_enters(struct trace_recorder *recorder, struct pod_lane *lane,
                             const struct pod *pod, size_t place, sim_time at)
{
    static const char *const states[] = { "waiting", "running", "ended" };
    const struct container_status *status = &pod->containers->items[place];
    struct lane *container = &lane->containers[place];
    const bool says_why = status->reason != NULL && status->state != CONTAINER_RUNNING;
    char *state = says_why ? mem_format("%s: %s", states[status->state], text_s(status->reason))
                           : mem_format("%s", states[status->state]);
    if (container->thread == 0) {
        const struct node_lane *node = node_lane_of(recorder, pod->node_name);
        char *name =
            mem_format("%s %s", name_of(pod), text_s(container_at(pod->spec, place)->name));
        container->thread = chrome_thread(recorder->trace, node->process, name);
        free(name);
    }
    lane_enter(recorder, container, at, "container", state);
    free(state);
}

static void pod_on_node(struct trace_recorder *recorder, struct pod_lane *lane,
                        const struct watch_event *event)
{
    static const char *const classes[] = { "Guaranteed", "Burstable", "BestEffort" };
    const struct pod *pod = pod_of(event->object);
    if (lane->slice == 0) {
        const struct node_lane *node = node_lane_of(recorder, pod->node_name);
        lane->lane.thread = chrome_thread(recorder->trace, node->process, name_of(pod));
        lane->slice =
            chrome_begin(recorder->trace, lane->lane.thread, event->at, "pod", name_of(pod));
        chrome_note(recorder->trace, lane->slice, "namespace", namespace_of(pod));
        chrome_note(recorder->trace, lane->slice, "qos", classes[pod->spec->qos]);
        arrow_from(recorder, event->cause.id, lane->slice);
    }
    const char *state = event->type == WATCH_DELETED ? NULL : pod_state(pod);
    if (lane_enter(recorder, &lane->lane, event->at, "phase", state) && event->before != NULL)
        arrow_from(recorder, event->cause.id, lane->lane.slice);
    for (size_t i = 0; i < lane->container_count; i++) {
        if (event->type == WATCH_DELETED)
            lane_enter(recorder, &lane->containers[i], event->at, "container", NULL);
        else if (pod->containers != NULL && i < pod->containers->count)
            container_enters(recorder, lane, pod, i, event->at);
    }
    if (event->type == WATCH_DELETED)
        chrome_end(recorder->trace, lane->slice, event->at);
}

static void pod_changed(struct trace_recorder *recorder, const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object);
    struct pod_lane *lane = pod_lane_of(recorder, pod);
    if (lane == NULL)
        return;
    pod_waits(recorder, lane, event);
    if (pod->node_name != NULL && (lane->slice != 0 || event->type != WATCH_DELETED))
        pod_on_node(recorder, lane, event);
}

/* ---- Events ---- */

static void event_said(struct trace_recorder *recorder, const struct watch_event *event)
{
    const struct event_record *said = (const struct event_record *)event->object;
    if (event->type == WATCH_DELETED)
        return;
    const char *component = text_s(said->component);
    char *name = mem_format("%s %s", text_s(said->reason), text_s(said->about.name));
    chrome_instant(recorder->trace,
                   thread_of(recorder, &recorder->control_plane, component, strlen(component)),
                   event->at, said->warning ? "Warning" : "Normal", name, text_s(said->message));
    free(name);
}

static void notice(void *self, const struct watch_event *event)
{
    switch (event->object->kind) {
    case KIND_POD:
        pod_changed(self, event);
        break;
    case KIND_NODE:
        node_changed(self, event);
        break;
    case KIND_MACHINE:
        machine_changed(self, event);
        break;
    case KIND_EVENT:
        event_said(self, event);
        break;
    }
}

void trace_recorder_watch(struct trace_recorder *recorder, struct simulation *simulation)
{
    recorder->simulation = simulation;
    recorder->cluster = simulation_cluster(simulation);
    recorder->cluster->written = hear_write;
    recorder->cluster->written_context = recorder;
    store_watch_kinds(recorder->cluster->store,
                      (struct watcher){ .self = recorder, .deliver = notice },
                      UINT64_C(1) << KIND_POD | UINT64_C(1) << KIND_NODE |
                          UINT64_C(1) << KIND_MACHINE | UINT64_C(1) << KIND_EVENT);
}

/* ---- what the summary knows ---- */

static sim_time seconds_of(const struct value *row, const char *key)
{
    const struct value *value = value_get(row, key);
    return value_is_null(value) ? SIM_FOREVER : sim_time_from_seconds(value_double(value, 0));
}

static void add_outages(struct trace_recorder *recorder, const struct value *row, uint32_t process)
{
    const struct value *outages = value_get(row, "outages");
    uint32_t thread = 0;
    for (size_t i = 0; outages != NULL && i < outages->count; i++) {
        const struct value *outage = value_at(outages, i);
        char *name = mem_format("outage: %s", value_text(value_get(outage, "cause"), ""));
        if (thread == 0)
            thread = chrome_thread(recorder->trace, process, "outages");
        const uint32_t slice = chrome_begin(recorder->trace, thread,
                                            seconds_of(outage, "startSeconds"), "outage", name);
        chrome_end(recorder->trace, slice, seconds_of(outage, "endSeconds"));
        arrow_from(recorder, (uint64_t)value_int(value_get(outage, "line"), 0), slice);
        free(name);
    }
}

static void add_rollouts(struct trace_recorder *recorder, const struct value *row, uint32_t process)
{
    const struct value *rollouts = value_get(row, "rollouts");
    uint32_t thread = 0;
    for (size_t i = 0; rollouts != NULL && i < rollouts->count; i++) {
        const struct value *rollout = value_at(rollouts, i);
        if (thread == 0)
            thread = chrome_thread(recorder->trace, process, "rollouts");
        const uint32_t slice =
            chrome_begin(recorder->trace, thread, seconds_of(rollout, "startSeconds"), "rollout",
                         value_text(value_get(rollout, "cause"), ""));
        chrome_note(recorder->trace, slice, "outcome",
                    value_text(value_get(rollout, "outcome"), ""));
        chrome_end(recorder->trace, slice, seconds_of(rollout, "endSeconds"));
    }
}

static void add_workload(struct trace_recorder *recorder, const struct value *row)
{
    const struct value *curve = value_get(row, "curve");
    char *name = mem_format("%s %s/%s", value_text(value_get(row, "kind"), ""),
                            value_text(value_get(row, "namespace"), ""),
                            value_text(value_get(row, "name"), ""));
    const uint32_t process = chrome_process(recorder->trace, name, ORDER_WORKLOADS);
    add_outages(recorder, row, process);
    add_rollouts(recorder, row, process);
    for (size_t i = 0; curve != NULL && i < curve->count; i++) {
        const struct value *step = value_at(curve, i);
        chrome_counter(recorder->trace, process,
                       sim_time_from_seconds(value_double(value_at(step, 0), 0)), "replicas",
                       (struct chrome_count){ "wanted", value_double(value_at(step, 1), 0) },
                       (struct chrome_count){ "ready", value_double(value_at(step, 2), 0) });
    }
    free(name);
}

void trace_recorder_write(struct trace_recorder *recorder, const struct value *summary, FILE *out)
{
    const struct value *workloads = value_get(summary, "workloads");
    settle(recorder, NULL);
    for (size_t i = 0; workloads != NULL && i < workloads->count; i++)
        add_workload(recorder, value_at(workloads, i));
    chrome_write(recorder->trace, run_now(recorder->cluster->run), out);
}

size_t trace_recorder_left_out(const struct trace_recorder *recorder)
{
    return chrome_left_out(recorder->trace);
}
