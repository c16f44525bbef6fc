/* Schedules are read once, not at each look at a CronJob: a zone is a file.
 *
 * Follows formatSchedule() of pkg/controller/cronjob/cronjob_controllerv2.go of
 * kube-controller-manager, in the release named in docs/fidelity.md. The controller manager's own zone
 * is UTC. */
#include <stdlib.h>
#include <string.h>

#include "models/controllers/cronjob_private.h"
#include "sim/base/memory.h"

static struct cronjob_schedule *find(const struct cronjob_schedules *schedules,
                                     struct object_key key)
{
    struct table_node *node = table_first(&schedules->table, object_key_hash(key));
    for (; node != NULL; node = table_again(node)) {
        struct cronjob_schedule *found = (struct cronjob_schedule *)node;
        if (object_key_equal(found->key, key))
            return found;
    }
    return NULL;
}

static void unread(struct cronjob_schedule *schedule)
{
    text_assign(&schedule->expression, NULL);
    text_assign(&schedule->zone_name, NULL);
    cron_schedule_free(schedule->read);
    zone_free(schedule->zone);
    free(schedule->fault);
    schedule->read = NULL;
    schedule->zone = NULL;
    schedule->fault = NULL;
}

static void drop(struct cronjob_schedules *schedules, struct cronjob_schedule *schedule)
{
    table_remove(&schedules->table, &schedule->node);
    *schedule->link = schedule->next;
    if (schedule->next != NULL)
        schedule->next->link = schedule->link;
    object_key_drop(schedule->key);
    cronjob_mould_drop(schedule);
    unread(schedule);
    free(schedule);
}

void cronjob_schedules_init(struct cronjob_schedules *schedules, const struct settings *settings)
{
    table_init(&schedules->table);
    schedules->first = NULL;
    schedules->settings = settings;
}

void cronjob_schedules_close(struct cronjob_schedules *schedules)
{
    while (schedules->first != NULL)
        drop(schedules, schedules->first);
    table_close(&schedules->table);
}

static struct cronjob_schedule *add(struct cronjob_schedules *schedules, struct object_key key)
{
    struct cronjob_schedule *schedule = mem_new(sizeof *schedule);
    schedule->key = object_key_hold(key);
    schedule->all = schedules;
    schedule->next = schedules->first;
    schedule->link = &schedules->first;
    if (schedule->next != NULL)
        schedule->next->link = &schedule->next;
    schedules->first = schedule;
    table_add(&schedules->table, &schedule->node, object_key_hash(key));
    return schedule;
}

/* A zone within the expression goes before timeZone; one that is unknown leaves UTC. */
static void read_schedule(struct cronjob_schedule *schedule, const struct cronjob *cronjob,
                          zone_reader *reader)
{
    const char *expression = text_s(cronjob->schedule);
    const bool has_its_own = strstr(expression, "TZ") != NULL;
    struct error error = { 0 };
    schedule->expression = text_hold(cronjob->schedule);
    schedule->zone_name = text_hold(cronjob->time_zone);
    schedule->zone = zone_new(text_s(cronjob->time_zone), reader);
    const bool in_zone = !has_its_own && schedule->zone != NULL && cronjob->time_zone != NULL;
    schedule->read = cron_schedule_new(expression, in_zone ? cronjob->time_zone->s : NULL, reader,
                                       false, (struct place){ 0 }, &error);
    if (schedule->read == NULL)
        schedule->fault = mem_text(error.text, strlen(error.text));
    error_close(&error);
}

struct cronjob_schedule *cronjob_schedule_of(struct cronjob_schedules *schedules,
                                             const struct cronjob *cronjob)
{
    const struct object_key key = object_key(&cronjob->meta.object);
    struct cronjob_schedule *schedule = find(schedules, key);
    if (schedule != NULL && schedule->expression == cronjob->schedule &&
        schedule->zone_name == cronjob->time_zone)
        return schedule;
    if (schedule == NULL)
        schedule = add(schedules, key);
    else
        unread(schedule);
    read_schedule(schedule, cronjob, schedules->settings->zones);
    return schedule;
}

void cronjob_schedule_forget(struct cronjob_schedules *schedules, struct object_key key)
{
    struct cronjob_schedule *schedule = find(schedules, key);
    if (schedule != NULL)
        drop(schedules, schedule);
}
