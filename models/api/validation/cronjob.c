/* CronJobs: schedule and zone, and the Job they make.
 *
 * Follows validateCronJobSpec(), ValidateCronJobCreate() and ValidateCronJobUpdate() of
 * pkg/apis/batch/validation. */
#include <string.h>

#include "models/api/cron_schedule.h"
#include "models/api/validation/validation_private.h"

enum { NAME_BYTES = 52 }; /* a Job's name is 11 characters longer, and 63 at most */

static void check_schedule(struct field_errors *errors, const struct value *spec,
                           const struct value *was, const struct field_path *path)
{
    const struct value *schedule = value_get(spec, "schedule");
    const char *text = value_text(schedule, "");
    const struct field_path *at = CHILD(path, "schedule");
    const bool zone_allowed = strstr(text_at(was, "schedule"), "TZ") != NULL;
    struct error error = { 0 };
    if (*text == '\0') {
        field_required(errors, at, spec, "%s", "");
        return;
    }
    struct cron_schedule *read =
        cron_schedule_new(text, NULL, errors->zones, false, schedule->at, &error);
    if (read == NULL)
        field_invalid(errors, at, schedule, "%s", error.text);
    if (strstr(text, "TZ") != NULL && zone_allowed && has(spec, "timeZone"))
        field_invalid(errors, at, schedule,
                      "cannot use both timeZone field and TZ or CRON_TZ in schedule");
    else if (strstr(text, "TZ") != NULL && !zone_allowed)
        field_invalid(errors, at, schedule,
                      "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
    cron_schedule_free(read);
    error_close(&error);
}

/* Parts of 1 to 14 letters, digits and a few signs, that cannot lead out of the database. */
static bool looks_like_a_zone(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-_"
                                  "0123456789+";
    for (;; name++) {
        const size_t length = strspn(name, allowed);
        if (length < 1 || length > 14 || (name[length] != '\0' && name[length] != '/') ||
            *name == '-' || (length == 1 && *name == '.') ||
            (length == 2 && strncmp(name, "..", 2) == 0))
            return false;
        name += length;
        if (*name == '\0')
            return true;
    }
}

static void check_zone(struct field_errors *errors, const struct value *zone,
                       const struct field_path *path)
{
    const char *name = value_text(zone, "");
    if (value_is_null(zone))
        return;
    if (*name == '\0') {
        field_invalid(errors, path, zone, "timeZone must be nil or non-empty string");
        return;
    }
    const bool looks = looks_like_a_zone(name);
    struct zone *found = looks ? zone_new(name, errors->zones) : NULL;
    if (strcasecmp(name, "Local") == 0)
        field_invalid(errors, path, zone,
                      "timeZone must be an explicit time zone as defined in "
                      "https://www.iana.org/time-zones");
    if (found == NULL && strcmp(name, "Local") != 0 && !(looks && errors->zones == NULL))
        field_invalid(errors, path, zone, "unknown time zone %s", name);
    zone_free(found);
}

static void check_spec(struct field_errors *errors, const struct value *spec,
                       const struct value *was)
{
    static const char *const policies[] = { "Allow", "Forbid", "Replace", NULL };
    const struct field_path *path = CHILD(NULL, "spec");
    check_schedule(errors, spec, was, path);
    check_not_negative(errors, spec, "startingDeadlineSeconds", path);
    if (was == NULL || !value_equal(value_get(was, "timeZone"), value_get(spec, "timeZone")))
        check_zone(errors, value_get(spec, "timeZone"), CHILD(path, "timeZone"));
    check_choice(errors, spec, "concurrencyPolicy", path, policies, REQUIRED);
    check_job_template(errors, value_get(spec, "jobTemplate"), CHILD(path, "jobTemplate"));
    check_not_negative(errors, spec, "successfulJobsHistoryLimit", path);
    check_not_negative(errors, spec, "failedJobsHistoryLimit", path);
}

void check_cronjob(struct field_errors *errors, const struct value *cronjob)
{
    const struct value *name = value_path(cronjob, "metadata", "name", NULL);
    check_spec(errors, value_get(cronjob, "spec"), NULL);
    if (strlen(value_text(name, "")) > NAME_BYTES)
        field_invalid(errors, CHILD(CHILD(NULL, "metadata"), "name"), name,
                      "must be no more than %d characters", NAME_BYTES);
}

void check_cronjob_update(struct field_errors *errors, const struct value *now,
                          const struct value *before)
{
    check_spec(errors, value_get(now, "spec"), value_get(before, "spec"));
}
