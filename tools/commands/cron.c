/* seatrial cron: when a CronJob would start. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "models/api/meta.h"
#include "models/api/cron_schedule.h"
#include "sim/base/date.h"
#include "sim/base/time.h"
#include "tools/commands/commands.h"
#include "tools/tz_database.h"

enum { COUNT_LIMIT = 1000000 };

/* RFC 3339, or @ and Unix seconds; absent: now. */
static bool read_from(const char *text, int64_t *from)
{
    sim_time at;
    if (text == NULL) {
        *from = (int64_t)time(NULL);
        return true;
    }
    if (*text == '@') {
        char *end;
        *from = strtoll(text + 1, &end, 10);
        if (text[1] != '\0' && *end == '\0')
            return true;
    } else if (time_parse(text, 0, &at)) {
        *from = at / SIM_SECOND - (at % SIM_SECOND < 0);
        return true;
    }
    fprintf(stderr, "--from: \"%s\" is no time (try 2026-03-29T00:00:00Z or @1774742400)\n", text);
    return false;
}

static bool read_count(const char *text, int64_t *count)
{
    char *end;
    *count = text != NULL ? strtoll(text, &end, 10) : 5;
    if (text == NULL || (*text != '\0' && *end == '\0' && *count >= 1 && *count <= COUNT_LIMIT))
        return true;
    fprintf(stderr, "--count: \"%s\" is no number from 1 to %d\n", text, COUNT_LIMIT);
    return false;
}

/* "2026-03-29 03:30:00 +0200", and the Unix seconds beside it. */
static void print_line(const struct zone *zone, int64_t at)
{
    static const char *const weekdays[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
    const int32_t offset = zone_offset(zone, at, NULL, NULL);
    const int64_t civil = at + offset, rest = (civil % 86400 + 86400) % 86400;
    const int64_t days = (civil - rest) / 86400;
    const int minutes = abs(offset) / 60;
    int64_t year;
    int month, day;
    date_of_days(days, &year, &month, &day);
    printf("%s %04lld-%02d-%02d %02d:%02d:%02d %c%02d%02d  @%lld\n", weekdays[(days % 7 + 7) % 7],
           (long long)year, month, day, (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60),
           offset < 0 ? '-' : '+', minutes / 60, minutes % 60, (long long)at);
}

static void print_fires(const struct cron_schedule *schedule, int64_t at, int64_t count, bool json)
{
    int64_t printed = 0;
    if (json)
        printf("{\"next\":[");
    for (; printed < count && cron_schedule_next(schedule, at, &at); printed++) {
        if (json)
            printf("%s%lld", printed > 0 ? "," : "", (long long)at);
        else
            print_line(cron_schedule_zone(schedule), at);
    }
    if (json)
        printf("]}\n");
    else if (printed == 0)
        printf("never: no such time in the five years that follow\n");
}

static int cron(const struct command_line *line)
{
    size_t operands;
    const char *const *operand = command_line_operands(line, &operands);
    const char *zone = command_line_option(line, "tz");
    struct error error = { 0 };
    int64_t from, count;
    if (strcmp(operand[0], "next") != 0) {
        fprintf(stderr, "seatrial cron: unknown question \"%s\" (there is: next)\n", operand[0]);
        return EXIT_BAD_INPUT;
    }
    if (!read_from(command_line_option(line, "from"), &from) ||
        !read_count(command_line_option(line, "count"), &count))
        return EXIT_BAD_INPUT;
    struct cron_schedule *schedule =
        cron_schedule_new(operand[1], zone, tz_database_read, false, (struct place){ 0 }, &error);
    if (schedule == NULL) {
        fprintf(stderr, "\"%s\": %s\n", operand[1], error.text);
        error_close(&error);
        return EXIT_BAD_INPUT;
    }
    print_fires(schedule, from, count, command_line_wants_json(line));
    cron_schedule_free(schedule);
    return EXIT_OK;
}

const struct command cron_command = {
    .name = "cron",
    .operands = "next EXPRESSION",
    .summary = "say when a cron expression fires",
    .description =
        "Prints the next times at which a CronJob with this schedule would start, in the words of\n"
        "the zone's own clock. Around changes of clocks the times are those of Kubernetes.\n\n"
        "    seatrial cron next '30 2 * * *' --tz Europe/Berlin --from 2026-03-28T00:00:00Z\n\n"
        "The expression has five fields, or is @hourly, @daily, ..., or '@every 90s'.",
    .options =
        (const struct option_info[]){
            { "from", 0, "TIME",
              "times after this: RFC 3339, or @ and Unix seconds (default: now)" },
            { "tz", 0, "ZONE", "the zone, such as Europe/Berlin (default: UTC)" },
            { "count", 'n', "NUMBER", "how many times (default: 5)" },
            { 0 } },
    .operands_least = 2,
    .operands_most = 2,
    .run = cron,
};
