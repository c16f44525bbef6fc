/* The cron language of CronJob: which instants an expression means.
 *
 * Five fields (minute, hour, day of month, month, day of week), the descriptors @hourly, @daily, ...,
 * "@every 90s", and a leading "TZ=Europe/Berlin ". Follows robfig/cron v3.0.1, which the release
 * named in docs/fidelity.md uses: its parser.go and spec.go, with their behaviour around the changes
 * of clocks. */
#ifndef MODELS_API_CRON_SCHEDULE_H
#define MODELS_API_CRON_SCHEDULE_H

#include "sim/base/error.h"
#include "sim/base/zone.h"

struct cron_schedule;

/* Read an expression. `zone` is the name of the zone in which it is meant unless it names one itself;
 * NULL: UTC. Zones come from `reader`. With `seconds`, a field of seconds stands first and the day of the week may be left out
 * (no CronJob has that; other tools do). NULL with the error. Release with cron_schedule_free(). */
struct cron_schedule *cron_schedule_new(const char *expression, const char *zone,
                                        zone_reader *reader, bool seconds, struct place at,
                                        struct error *error);
void cron_schedule_free(struct cron_schedule *schedule);

/* The zone in which it is meant; borrowed. */
const struct zone *cron_schedule_zone(const struct cron_schedule *schedule);

/* The first instant after another one, in Unix seconds. False when there is none in the five years
 * that follow. O(months), and O(hours of a day) near a change of clocks. */
bool cron_schedule_next(const struct cron_schedule *schedule, int64_t after, int64_t *next);

/* The same by stepping as the original does: the reference in tests. */
bool cron_schedule_next_plainly(const struct cron_schedule *schedule, int64_t after, int64_t *next);

#endif
