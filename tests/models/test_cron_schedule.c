/* The cron language: rows of the real library's answers, and two ways to one answer. */
#include "models/api/cron_schedule.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/chance/stream.h"
#include "tests/support/shared.h"
#include "tools/tz_database.h"

enum { COLUMNS = 13 };

/* Cut a line of CSV into its columns, in place; quotes are doubled within quotes. */
static size_t cut_line(char *line, char *columns[COLUMNS])
{
    size_t count = 0;
    for (char *from = line; count < COLUMNS; count++) {
        char *to = from;
        bool quoted = false;
        columns[count] = from;
        for (; *from != '\0' && (quoted || (*from != ',' && *from != '\n')); from++) {
            if (*from != '"')
                *to++ = *from;
            else if (quoted && from[1] == '"')
                *to++ = *from++;
            else
                quoted = !quoted;
        }
        const bool more = *from == ',';
        *to = '\0';
        if (!more)
            return count + 1;
        from++;
    }
    return count;
}

static void check_fires(const struct cron_schedule *schedule, char *columns[COLUMNS])
{
    int64_t after = strtoll(columns[5], NULL, 10), plain = after;
    for (size_t i = 8; i <= 10 && columns[i][0] != '\0'; i++) {
        cr_assert(cron_schedule_next(schedule, after, &after), "row %s", columns[0]);
        cr_assert(cron_schedule_next_plainly(schedule, plain, &plain), "row %s", columns[0]);
        cr_expect_eq(after, strtoll(columns[i], NULL, 10), "row %s: fire %zu of \"%s\" at %lld",
                     columns[0], i - 7, columns[3], (long long)after);
        cr_expect_eq(plain, strtoll(columns[i], NULL, 10), "row %s, plainly", columns[0]);
    }
}

static void check_row(char *columns[COLUMNS])
{
    struct error error = { 0 };
    int64_t next;
    struct cron_schedule *schedule =
        cron_schedule_new(columns[3], columns[4], tz_database_read,
                          strcmp(columns[2], "seconds") == 0, (struct place){ 0 }, &error);
    cr_assert_eq(schedule != NULL, strcmp(columns[7], "error") != 0, "row %s: \"%s\" %s",
                 columns[0], columns[3], error.text);
    if (strcmp(columns[7], "never") == 0)
        cr_expect(!cron_schedule_next(schedule, strtoll(columns[5], NULL, 10), &next), "row %s",
                  columns[0]);
    else if (schedule != NULL)
        check_fires(schedule, columns);
    cron_schedule_free(schedule);
    error_close(&error);
}

Test(cron_schedule, agrees_with_every_recorded_row)
{
    char *path = shared_path("data/cron/visible.csv");
    FILE *file = fopen(path, "r");
    char line[4096], *columns[COLUMNS];
    size_t rows = 0;
    cr_assert_not_null(file, "%s", path);
    while (fgets(line, sizeof line, file) != NULL) {
        const size_t count = cut_line(line, columns);
        if (strcmp(columns[0], "id") == 0)
            continue;
        cr_assert_eq(count, COLUMNS, "row %s", columns[0]);
        check_row(columns);
        rows++;
    }
    cr_expect_eq(rows, 2130);
    fclose(file);
    free(path);
}

/* --- two ways ------------------------------------------------------------------------------------ */

static const char *const zones[] = {
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Africa/Casablanca",
    "Asia/Tehran",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
};

static void write_field(struct stream *stream, char *into, size_t size, int low, int high)
{
    const int a = low + (int)stream_below(stream, (uint64_t)(high - low + 1));
    const int b = a + (int)stream_below(stream, (uint64_t)(high - a + 1));
    switch (stream_below(stream, 5)) {
    case 0:
    case 1:
        snprintf(into, size, "*");
        break;
    case 2:
        snprintf(into, size, "%d", a);
        break;
    case 3:
        snprintf(into, size, "%d-%d", a, b);
        break;
    default:
        snprintf(into, size, "*/%d,%d", 1 + (int)stream_below(stream, (uint64_t)high), b);
    }
}

Test(cron_schedule, by_the_calendar_as_by_stepping)
{
    static const int low[] = { 0, 0, 1, 1, 0 }, high[] = { 59, 23, 31, 12, 6 };
    struct stream stream = stream_of(1, "", "cron", "expressions", 0);
    for (size_t i = 0; i < 20000; i++) {
        char fields[5][32], text[256];
        for (size_t j = 0; j < 5; j++)
            write_field(&stream, fields[j], sizeof fields[j], low[j], high[j]);
        snprintf(text, sizeof text, "%s %s %s %s %s", fields[0], fields[1], fields[2], fields[3],
                 fields[4]);
        const char *zone = zones[stream_below(&stream, sizeof zones / sizeof *zones)];
        struct error error = { 0 };
        struct cron_schedule *schedule =
            cron_schedule_new(text, zone, tz_database_read, false, (struct place){ 0 }, &error);
        cr_assert_not_null(schedule, "%s: %s", text, error.text);
        int64_t after = (int64_t)stream_below(&stream, 4000000000u), next, plain;
        for (size_t fire = 0; fire < 5; fire++) {
            const bool found = cron_schedule_next(schedule, after, &next);
            cr_assert_eq(found, cron_schedule_next_plainly(schedule, after, &plain), "%s in %s",
                         text, zone);
            if (!found)
                break;
            cr_assert_eq(next, plain, "%s in %s after %lld: %lld, plainly %lld", text, zone,
                         (long long)after, (long long)next, (long long)plain);
            after = next;
        }
        cron_schedule_free(schedule);
    }
}
