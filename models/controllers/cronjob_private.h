/* What the files of the CronJob controller share. */
#ifndef MODELS_CONTROLLERS_CRONJOB_PRIVATE_H
#define MODELS_CONTROLLERS_CRONJOB_PRIVATE_H

#include "models/api/cronjob.h"
#include "models/cluster/settings.h"
#include "models/api/cron_schedule.h"
#include "sim/base/table.h"

struct cluster;

#define CRONJOB_TIMESTAMP "batch.kubernetes.io/cronjob-scheduled-timestamp"

/* ---- cronjob_schedules.c: the schedules that were read, by CronJob ---- */

struct cronjob_schedule {
    struct table_node node;
    struct cronjob_schedule *next, **link; /* in the list of all: found again when closing */
    struct object_key key;
    const struct text *expression, *zone_name; /* what was read */
    struct cron_schedule *read;                /* owned; NULL: it cannot be read */
    struct zone *zone;                         /* owned; of timeZone, or UTC; NULL: unknown */
    char *fault;                               /* owned; why it cannot be read */

    /* Its last Job as the API server admitted it (cronjob_jobs.c). */
    struct cronjob_schedules *all;
    struct object *mould;   /* owned; NULL: none was made */
    struct value *template; /* held: what it was made of */
    uint64_t classes;       /* the schedules' then */
};

struct cronjob_schedules {
    struct table table; /* of struct cronjob_schedule, by the CronJob's key */
    struct cronjob_schedule *first;
    const struct settings *settings; /* borrowed: they know who reads zones */
    uint64_t classes;                /* how often a PriorityClass changed */
};

void cronjob_schedules_init(struct cronjob_schedules *schedules, const struct settings *settings);
void cronjob_schedules_close(struct cronjob_schedules *schedules);
/* That of a CronJob as it is now; borrowed until the next call. */
struct cronjob_schedule *cronjob_schedule_of(struct cronjob_schedules *schedules,
                                             const struct cronjob *cronjob);
void cronjob_schedule_forget(struct cronjob_schedules *schedules, struct object_key key);

/* ---- cronjob_jobs.c: the Job of a start ---- */

/* A new record for the start at this Unix time; NULL with the API server's fault. */
struct object *cronjob_new_job(struct cronjob_schedule *schedule, struct cluster *cluster,
                               const struct cronjob *cronjob, int64_t at, const struct text *name,
                               struct error *error);
void cronjob_mould_drop(struct cronjob_schedule *schedule);

/* ---- cronjob_times.c: which starts are due; all in Unix seconds ---- */

/* What decides: the schedule, since when starts count, and the present. */
struct cronjob_clock {
    const struct cron_schedule *schedule;
    int64_t since;    /* the last start, or the creation */
    int64_t deadline; /* startingDeadlineSeconds; -1: nil */
    int64_t now;
};

enum missed_schedules { NONE_MISSED, FEW_MISSED, MANY_MISSED };

/* The latest start that is due and was not made. `missed` estimates how many there were since the
 * one before, by the distance of the first two. */
struct cronjob_unmet {
    bool found;
    int64_t at;
    enum missed_schedules missed;
};

/* False: the schedule has no two times, so it is invalid. */
bool cronjob_unmet(const struct cronjob_clock *clock, struct cronjob_unmet *unmet);
/* The next start after those that are due; startingDeadlineSeconds does not matter. False: there is
 * none. */
bool cronjob_next(const struct cronjob_clock *clock, int64_t *next);

/* An instant on the clock of a zone, as Go prints RFC 3339. */
enum { ZONED_TIME_TEXT = 64 };
char *cronjob_print_time(int64_t at, const struct zone *zone, char text[ZONED_TIME_TEXT]);
/* "Mon, 02 Jan 2006 15:04:05 +0000", in UTC. */
char *cronjob_print_rfc1123(int64_t at, char text[ZONED_TIME_TEXT]);

#endif
