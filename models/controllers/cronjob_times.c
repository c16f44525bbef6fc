/* Which starts of a CronJob are due.
 *
 * Follows mostRecentScheduleTime() and nextScheduleTimeDuration() of
 * pkg/controller/cronjob/utils.go of kube-controller-manager, in the release named in
 * docs/fidelity.md. Cron times are whole seconds, so the present may be rounded down. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "models/controllers/cronjob_private.h"
#include "sim/base/date.h"

enum { MANY = 100, A_DAY = 86400 };

static int64_t earliest(const struct cronjob_clock *clock)
{
    const int64_t limit = clock->now - clock->deadline;
    return clock->deadline >= 0 && limit > clock->since ? limit : clock->since;
}

/* Go there by the distance of the first two, and one back: exact for "@every", and near enough for
 * what is not regular, as the rest is stepped. */
static void step_to_latest(const struct cronjob_clock *clock, int64_t first, int64_t between,
                           struct cronjob_unmet *unmet)
{
    const int64_t count = (clock->now - first) / between + 1;
    int64_t at = first + (count - 2) * between;
    while (cron_schedule_next(clock->schedule, at, &at) && at <= clock->now) {
        unmet->found = true;
        unmet->at = at;
    }
    unmet->missed = count > MANY ? MANY_MISSED : FEW_MISSED;
}

bool cronjob_unmet(const struct cronjob_clock *clock, struct cronjob_unmet *unmet)
{
    int64_t first, second;
    *unmet = (struct cronjob_unmet){ .missed = NONE_MISSED };
    if (!cron_schedule_next(clock->schedule, earliest(clock), &first))
        return false;
    if (clock->now < first)
        return true;
    if (!cron_schedule_next(clock->schedule, first, &second))
        return false;
    if (clock->now < second) {
        unmet->found = true;
        unmet->at = first;
        return true;
    }
    step_to_latest(clock, first, second - first, unmet);
    return true;
}

bool cronjob_next(const struct cronjob_clock *clock, int64_t *next)
{
    struct cronjob_clock without = *clock;
    struct cronjob_unmet unmet;
    int64_t from = clock->now;
    without.deadline = -1;
    if (cronjob_unmet(&without, &unmet)) {
        if (unmet.found)
            from = unmet.at;
        else if (unmet.missed == NONE_MISSED)
            from = clock->since;
    }
    return cron_schedule_next(clock->schedule, from, next);
}

/* ---- printing ---- */

struct civil {
    int64_t year;
    int month, day, hour, minute, second, weekday; /* 0: Sunday */
};

static struct civil civil_of(int64_t seconds)
{
    struct civil civil;
    int64_t days = seconds / A_DAY, rest = seconds % A_DAY;
    if (rest < 0) {
        days--;
        rest += A_DAY;
    }
    date_of_days(days, &civil.year, &civil.month, &civil.day);
    civil.hour = (int)(rest / 3600);
    civil.minute = (int)(rest / 60 % 60);
    civil.second = (int)(rest % 60);
    civil.weekday = (int)(((days + 4) % 7 + 7) % 7);
    return civil;
}

char *cronjob_print_time(int64_t at, const struct zone *zone, char text[ZONED_TIME_TEXT])
{
    const struct civil civil = civil_of(zone_civil(zone, at));
    const int32_t offset = zone_offset(zone, at, NULL, NULL);
    const int32_t minutes = (offset < 0 ? -offset : offset) / 60;
    const int length =
        snprintf(text, ZONED_TIME_TEXT, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02d", civil.year,
                 civil.month, civil.day, civil.hour, civil.minute, civil.second);
    if (offset == 0)
        strcpy(text + length, "Z");
    else
        snprintf(text + length, (size_t)(ZONED_TIME_TEXT - length), "%c%02d:%02d",
                 offset < 0 ? '-' : '+', (int)(minutes / 60), (int)(minutes % 60));
    return text;
}

char *cronjob_print_rfc1123(int64_t at, char text[ZONED_TIME_TEXT])
{
    static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    const struct civil civil = civil_of(at);
    snprintf(text, ZONED_TIME_TEXT, "%s, %02d %s %04" PRId64 " %02d:%02d:%02d +0000",
             days[civil.weekday], civil.day, months[civil.month - 1], civil.year, civil.hour,
             civil.minute, civil.second);
    return text;
}
