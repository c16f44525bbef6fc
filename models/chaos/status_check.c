/* StatusChecks: is a Service answered for?
 *
 * Follows controllers/statuscheck of Chaos Mesh 2.7: the first execution one interval after the start, then
 * one every interval, until the duration is over, the failures in a row reach their threshold, or, with mode
 * Synchronous, the successes do. A request goes to one of the Service's ready endpoints, drawn from the
 * check's own stream; it is answered with 200 by a container that runs on a machine that is reached. What
 * is outside of the cluster always answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/machine.h"
#include "models/api/pod.h"
#include "models/api/service.h"
#include "models/chaos/chaos_private.h"

/* ---- one execution ---- */

/* Does whom an endpoint stands for answer? */
static bool endpoint_answers(const struct client *client, const struct text *space,
                             const struct endpoint *endpoint)
{
    const struct object *pod =
        endpoint->pod != NULL ? client_get(client, KIND_POD, space, endpoint->pod) : NULL;
    const struct object *machine =
        endpoint->node != NULL ? client_get(client, KIND_MACHINE, NULL, endpoint->node) : NULL;
    const struct machine *under = (const struct machine *)machine;
    if (pod == NULL || pod_of(pod)->containers == NULL)
        return false;
    const size_t first = pod_of(pod)->spec->init_container_count;
    if (pod_of(pod)->containers->items[first].state != CONTAINER_RUNNING)
        return false;
    if (under == NULL)
        return true;
    return under->powered && under->connected &&
           !ailments_strain(under->ailments, meta_of(pod)->uid, PEER_CLIENTS, NULL).cut;
}

static bool service_answers(struct client *client, const struct object *check,
                            const struct object *service, int64_t number)
{
    const struct endpoint **all = NULL;
    size_t count = 0, capacity = 0;
    for (struct cache_cursor slices = client_list_slices_of(client, service->space, service->name);
         cache_next(&slices);) {
        const struct endpoint_slice *slice = (const struct endpoint_slice *)slices.object;
        for (size_t i = 0; slice->service == service->name && slice->endpoints != NULL &&
                           i < slice->endpoints->count;
             i++)
            if (slice->endpoints->items[i].ready) {
                MEM_GROW(all, count, capacity);
                all[count++] = &slice->endpoints->items[i];
            }
    }
    char *entity = mem_format("%s/%s", namespace_of(check), name_of(check));
    const bool answers =
        count > 0 && endpoint_answers(client, service->space,
                                      all[run_choose(client->cluster->run, "status-check", entity,
                                                     (uint64_t)number, (uint32_t)count)]);
    free(entity);
    free(all);
    return answers;
}

/* Is 200 among the codes of "200" or "200-400"? */
static bool wants_ok(const struct value *code)
{
    int low = 200, high = 0;
    if (code != NULL && (code->type == VALUE_STRING || code->type == VALUE_NUMBER) &&
        sscanf(code->text, "%4d-%4d", &low, &high) < 2)
        high = low;
    return low <= 200 && 200 <= high;
}

/* The Service of a URL: http://NAME[.SPACE[.svc...]][:port]/path. NULL, with *outside, when its host is no
 * name of the cluster. */
static const struct object *service_of(const struct client *client, const struct object *check,
                                       const char *url, bool *outside)
{
    struct texts *texts = client->cluster->run->texts;
    const char *host = strstr(url, "://");
    host = host != NULL ? host + 3 : url;
    const size_t whole = strcspn(host, ":/?");
    const size_t name = strcspn(host, ".:/?");
    const char *space = namespace_of(check);
    char *own = NULL;
    if (name < whole) {
        own = mem_text(host + name + 1, strcspn(host + name + 1, ".:/?"));
        space = own;
    }
    const struct text *space_text = text_find(texts, space);
    char *name_text = mem_text(host, name);
    const struct text *service = text_find(texts, name_text);
    const struct object_key spaces = { KIND_NAMESPACE, NULL, space_text };
    *outside = space_text == NULL || client_read(client, spaces) == NULL;
    const struct object *found = service != NULL && space_text != NULL
                                     ? client_get(client, KIND_SERVICE, space_text, service)
                                     : NULL;
    free(own);
    free(name_text);
    return found;
}

static bool execute(struct client *client, const struct object *check, int64_t number)
{
    const struct value *http = value_get(spec_of(check), "http");
    bool outside;
    const struct object *service =
        service_of(client, check, value_text(value_get(http, "url"), ""), &outside);
    const bool answered =
        outside || (service != NULL && service_answers(client, check, service, number));
    return answered && wants_ok(value_path(http, "criteria", "statusCode", NULL));
}

/* ---- status ---- */

static bool in_a_row(const struct value *records, const char *outcome, int64_t threshold)
{
    int64_t count = 0;
    for (size_t i = value_count(records); i-- > 0 && count < threshold;) {
        if (!text_is(records->items[i], "outcome", outcome))
            return false;
        count++;
    }
    return count >= threshold;
}

static void put_condition(struct client *client, struct value **list, const char *type, bool status,
                          const char *reason)
{
    if (*list == NULL)
        *list = value_new_list();
    struct value *condition = value_new_map(), *changed = chaos_time(client, client->now);
    size_t at = 0;
    for (; at < (*list)->count; at++) {
        const struct value *before = (*list)->items[at];
        if (!text_is(before, "type", type))
            continue;
        if (text_is(before, "status", status ? "True" : "False")) {
            value_drop(changed);
            changed = value_hold(value_get(before, "lastTransitionTime"));
        }
        break;
    }
    value_set(condition, "type", value_new_string(type));
    value_set(condition, "status", value_new_string(status ? "True" : "False"));
    value_set(condition, "reason", value_new_string(reason));
    value_set(condition, "lastProbeTime", chaos_time(client, client->now));
    value_set(condition, "lastTransitionTime", changed);
    if (at == (*list)->count) {
        value_add(value_own(list), condition);
        return;
    }
    struct value **slot = &value_own(list)->items[at];
    value_drop(*slot);
    *slot = condition;
}

/* Whether it is completed by now. */
static bool put_conditions(struct client *client, const struct object *check, struct value **status,
                           bool duration_over)
{
    const struct value *spec = spec_of(check), *records = value_get(*status, "records");
    const struct value *present = value_get(*status, "conditions");
    struct value *list = present != NULL ? value_hold(present) : NULL;
    const bool failed =
        in_a_row(records, "Failure", value_int(value_get(spec, "failureThreshold"), 3));
    const bool passed =
        in_a_row(records, "Success", value_int(value_get(spec, "successThreshold"), 1));
    const char *reason = duration_over ? "StatusCheckDurationExceed"
                         : failed      ? "StatusCheckFailureThresholdExceed"
                         : passed && text_is(spec, "mode", "Synchronous")
                             ? "StatusCheckSuccessThresholdExceed"
                             : "";
    put_condition(client, &list, "DurationExceed", duration_over, "");
    put_condition(client, &list, "FailureThresholdExceed", failed, "");
    put_condition(client, &list, "SuccessThresholdExceed", passed, "");
    put_condition(client, &list, "Completed", *reason != '\0', reason);
    value_set(value_own(status), "conditions", list);
    if (*reason != '\0')
        value_set(*status, "completionTime", chaos_time(client, client->now));
    return *reason != '\0';
}

static void add_record(struct client *client, const struct object *check, struct value **status,
                       bool success)
{
    const int64_t limit = value_int(value_get(spec_of(check), "recordsHistoryLimit"), 100);
    struct value *record = value_new_map();
    const struct value *present = value_get(*status, "records");
    struct value *records = present != NULL ? value_hold(present) : value_new_list();
    value_set(record, "startTime", chaos_time(client, client->now));
    value_set(record, "outcome", value_new_string(success ? "Success" : "Failure"));
    value_add(value_own(&records), record);
    while ((int64_t)records->count > limit)
        value_cut(records, 0);
    value_set(value_own(status), "records", records);
    value_set(*status, "count", value_new_int(value_int(value_get(*status, "count"), 0) + 1));
    client_event(client, check, !success,
                 success ? "StatusCheckExecutionSucceed" : "StatusCheckExecutionFailed",
                 success ? "http execution of status check succeed"
                         : "http execution of status check failed");
}

/* ---- the controller ---- */

static bool put_status(struct object *object, void *context)
{
    value_put(&((struct meta *)object)->document, value_hold(context), "status", NULL);
    return true;
}

static sim_time start_of(const struct client *client, const struct object *check)
{
    sim_time start = client->now;
    chaos_read_time(client, value_get(status_of(check), "startTime"), &start);
    return start;
}

static sim_time stop_of(const struct object *check, sim_time start)
{
    sim_time duration;
    return chaos_duration(value_get(spec_of(check), "duration"), &duration)
               ? sim_time_after(start, duration > 0 ? duration : 0)
               : SIM_FOREVER;
}

static enum outcome status_check_reconcile(struct client *client, struct object_key key)
{
    const struct object *check = client_read(client, key);
    if (check == NULL || meta_of(check)->deleting || condition_holds(check, "Completed"))
        return RECONCILED;
    check = object_hold(check);
    const sim_time interval =
        value_int(value_get(spec_of(check), "intervalSeconds"), 10) * SIM_SECOND;
    const sim_time start = start_of(client, check), stop = stop_of(check, start);
    const int64_t count = value_int(value_get(status_of(check), "count"), 0);
    struct value *status =
        status_of(check) != NULL ? value_hold(status_of(check)) : value_new_map();
    const bool is_new = value_is_null(value_get(status, "startTime"));
    sim_time next = start + (count + 1) * interval;
    const bool ticks = next <= client->now && next < stop;
    if (is_new)
        value_set(value_own(&status), "startTime", chaos_time(client, client->now));
    if (ticks) {
        add_record(client, check, &status, execute(client, check, count));
        next += interval;
    }
    bool completed = false;
    if (is_new || ticks || stop <= client->now) {
        completed = put_conditions(client, check, &status, stop <= client->now);
        client_patch(client, key, put_status, status, NULL);
    }
    next = next < stop ? next : stop;
    if (!completed && next != SIM_FOREVER)
        controller_requeue_after(client, key, next > client->now ? next - client->now : 0);
    value_drop(status);
    object_drop(check);
    return RECONCILED;
}

static void wake(struct controller_run *controller, const struct watch_event *event)
{
    if (event->type == WATCH_ADDED)
        wake_self(controller, event);
}

const struct controller chaos_status_check_controller = {
    .name = "chaos-status-check",
    .source = "statuscheck",
    .qps = 30,
    .burst = 50,
    .reconciles = KIND_STATUSCHECK,
    .wakes_on = { { KIND_STATUSCHECK, wake } },
    .reconcile = status_check_reconcile,
};
