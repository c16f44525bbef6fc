/* Every reason of conditions and events that the catalogue of recordings has is one that our controllers
 * give, too, in the replays. Their messages are compared word by word by test_replay. The catalogue stays
 * outside of the repository, in $SEATRIAL_SHARED (../shared); where it is absent its lines are
 * NOT RUN. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tests/support/replay.h"
#include "tests/support/shared.h"

#define RECORDINGS "tests/oracle/controllers"

/* What is left out: repair loops that COMPARING.md leaves out; and claims that no class provisions,
 * since a class that nobody wrote is one that does (docs/fidelity.md). */
static const char *const left_out[] = {
    "MissingJob",
    "UnexpectedJob",
    "ClusterIPNotAllocated",
    "FailedBinding",
};

/* ---- what ours say ---- */

/* "Deployment | Available | True | MinimumReplicasAvailable\n", each line once or more. */
static void take_conditions(struct writer *said, const struct value *row)
{
    const struct value *list = value_path(row, "status", "conditions", NULL);
    for (size_t i = 0; list != NULL && list->type == VALUE_LIST && i < list->count; i++)
        writer_format(said, "\n%s | %s | %s | %s |", value_text(value_get(row, "kind"), ""),
                      value_text(value_get(list->items[i], "type"), ""),
                      value_text(value_get(list->items[i], "status"), ""),
                      value_text(value_get(list->items[i], "reason"), ""));
}

static void take_event(struct writer *said, const struct value *row)
{
    const char *object = value_text(value_get(row, "object"), "");
    writer_format(said, "\n%s | %.*s | %s | %s |", value_text(value_get(row, "source"), ""),
                  (int)strcspn(object, "/"), object, value_text(value_get(row, "type"), ""),
                  value_text(value_get(row, "reason"), ""));
}

static void take_rows(struct writer *said, const struct writer *rows,
                      void (*take)(struct writer *said, const struct value *row))
{
    const char *at = rows->bytes, *end = rows->bytes + rows->length;
    while (at != NULL && at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const size_t length = (size_t)((newline != NULL ? newline : end) - at);
        struct error error = { 0 };
        struct value *row = json_read(at, length, (struct place){ 0 }, NULL, &error);
        if (row != NULL)
            take(said, row);
        value_drop(row);
        error_close(&error);
        at += length + 1;
    }
}

static char *said_in_replays(void)
{
    struct writer said = { 0 };
    struct dirent **entries;
    const int count = scandir(RECORDINGS, &entries, NULL, alphasort);
    for (int i = 0; i < count; free(entries[i++])) {
        if (entries[i]->d_type != DT_DIR || entries[i]->d_name[0] == '.')
            continue;
        char *directory = mem_format("%s/%s", RECORDINGS, entries[i]->d_name);
        struct replay replay;
        struct error error = { 0 };
        cr_assert(replay_play(&replay, directory, &error), "%s", error.text);
        take_rows(&said, &replay.timeline, take_conditions);
        take_rows(&said, &replay.events, take_event);
        replay_close(&replay);
        free(directory);
    }
    free(entries);
    return writer_take(&said);
}

/* ---- the catalogue ---- */

/* "- a | b | c | d | message": the four columns, with a bar behind each. */
static char *columns_of(const char *line)
{
    const char *end = line;
    for (int bars = 0; *end != '\0' && bars < 4; end++)
        bars += *end == '|';
    return mem_format("\n%.*s", (int)(end - line), line);
}

static bool is_left_out(const char *columns)
{
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
        if (strstr(columns, left_out[i]) != NULL)
            return true;
    return false;
}

Test(catalog, every_reason_of_a_condition_or_event_is_given_in_the_replays)
{
    char *path = shared_path("oracle/controllers/CATALOG.md"), *line = NULL;
    FILE *file = fopen(path, "r");
    size_t size = 0;
    int lines = 0, given = 0;
    if (file == NULL) {
        printf("NOT RUN: 396 lines of the catalogue (not found)\n");
        free(path);
        return;
    }
    char *said = said_in_replays();
    while (getline(&line, &size, file) > 0) {
        if (strncmp(line, "- ", 2) != 0)
            continue;
        char *columns = columns_of(line + 2);
        const bool found = is_left_out(columns) || strstr(said, columns) != NULL;
        lines++;
        given += found;
        cr_expect(found, "nobody says%s", columns);
        free(columns);
    }
    printf("catalogue: %d of %d lines are given by replays\n", given, lines);
    cr_expect_gt(lines, 390);
    fclose(file);
    free(line);
    free(said);
    free(path);
}
