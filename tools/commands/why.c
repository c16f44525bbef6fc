/* seatrial why: the causal chain of an outage, from the folder that a run left behind. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"
#include "sim/base/time.h"
#include "tools/commands/commands.h"
#include "tools/files.h"
#include "tools/report/report.h"
#include "tools/report/table.h"

/* The lines of events.jsonl, by id: line i stands at index i - 1. */
struct story {
    struct value **lines;
    size_t count, capacity;
};

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

static char *read_from(const char *directory, const char *name, size_t *length, struct error *error)
{
    char *path = path_join(directory, name), *bytes = file_read(path, length, error);
    if (bytes == NULL) {
        error->at = (struct place){ 0 };
        error_wrap(error, "%s (is this the --out folder of a run?)", path);
    }
    free(path);
    return bytes;
}

static struct value *read_summary(const char *directory, struct error *error)
{
    size_t length;
    char *bytes = read_from(directory, "summary.json", &length, error);
    if (bytes == NULL)
        return NULL;
    struct value *summary =
        json_read(bytes, length, (struct place){ "summary.json", 1, 1 }, NULL, error);
    free(bytes);
    return summary;
}

static bool read_story(struct story *story, const char *directory, struct error *error)
{
    size_t length;
    char *bytes = read_from(directory, "events.jsonl", &length, error);
    const char *at = bytes;
    struct place place = { "events.jsonl", 1, 1 };
    while (at != NULL && length > 0) {
        struct value *line = json_read_next(&at, &length, &place, NULL, error);
        if (line == NULL)
            break;
        MEM_GROW(story->lines, story->count, story->capacity);
        story->lines[story->count++] = line;
    }
    free(bytes);
    return error->text == NULL;
}

static void story_close(struct story *story)
{
    for (size_t i = 0; i < story->count; i++)
        value_drop(story->lines[i]);
    free(story->lines);
}

/* ---- which outage ---- */

static bool is_named(const struct value *row, const char *name)
{
    char *full = mem_format("%s/%s", text_of(row, "kind"), text_of(row, "name"));
    bool same = strcmp(text_of(row, "name"), name) == 0 || strcasecmp(full, name) == 0;
    free(full);
    return same;
}

/* The row of this name: workloads first, then Services. Says what there is when there is none. */
static const struct value *find_row(const struct value *summary, const char *name)
{
    static const char *const lists[] = { "workloads", "services" };
    struct nearest near = nearest_to(name);
    for (size_t i = 0; i < 2; i++) {
        const struct value *rows = value_get(summary, lists[i]);
        for (size_t j = 0; rows != NULL && j < rows->count; j++) {
            if (is_named(rows->items[j], name))
                return rows->items[j];
            nearest_offer(&near, text_of(rows->items[j], "name"));
        }
    }
    fprintf(stderr, "seatrial why: no workload or Service is named %s%s%s%s\n", name,
            near.found ? " (did you mean " : "", near.found ? near.found : "",
            near.found ? "?)" : "");
    return NULL;
}

static double seconds_of(const struct value *outage, const char *key)
{
    return value_double(value_get(outage, key), 0);
}

/* The outage at a time, else the last one before it; without a time the longest. */
static const struct value *find_outage(const struct value *row, const sim_time *at)
{
    const struct value *outages = value_get(row, "outages"), *best = NULL;
    for (size_t i = 0; outages != NULL && i < outages->count; i++) {
        const struct value *outage = outages->items[i];
        bool better = at != NULL ? seconds_of(outage, "startSeconds") <= sim_time_to_seconds(*at)
                                 : best == NULL ||
                                       seconds_of(outage, "seconds") > seconds_of(best, "seconds");
        if (better)
            best = outage;
    }
    return best;
}

/* ---- the chain ---- */

/* Ids from the root to the line, at most `most`; returns how many. */
static size_t chain_of(const struct story *story, size_t line, size_t *ids, size_t most)
{
    size_t count = 0;
    while (line > 0 && line <= story->count && count < most) {
        ids[count++] = line;
        line = (size_t)value_int(value_get(story->lines[line - 1], "cause"), 0);
    }
    for (size_t i = 0; i < count / 2; i++) {
        size_t swapped = ids[i];
        ids[i] = ids[count - 1 - i];
        ids[count - 1 - i] = swapped;
    }
    return count;
}

static void print_chain(const struct story *story, const size_t *ids, size_t count)
{
    struct text_table table = { .heads = { "WHEN", "WHAT", "HAPPENED" } };
    struct writer out = { 0 };
    for (size_t i = 0; i < count; i++) {
        const struct value *line = story->lines[ids[i] - 1];
        struct table_row *row = text_table_row(&table);
        row->cells[0] = mem_format("%s", text_of(line, "at"));
        row->cells[1] = mem_format("%s", text_of(line, "subject"));
        row->cells[2] = mem_format("%s", text_of(line, "text"));
    }
    text_table_print(&table, &out);
    fwrite(out.bytes, 1, out.length, stdout);
    writer_close(&out);
    text_table_close(&table);
}

static void print_text(const struct story *story, const struct value *row,
                       const struct value *outage, const size_t *ids, size_t count)
{
    char *start = print_duration(value_get(outage, "startSeconds"));
    char *length = print_duration(value_get(outage, "seconds"));
    bool over = !value_is_null(value_get(outage, "endSeconds"));
    printf("%s/%s had no ready replica from %s on, for %s%s: %s\n\n", text_of(row, "kind"),
           text_of(row, "name"), start, length, over ? "" : " until the end of the run",
           text_of(outage, "cause"));
    print_chain(story, ids, count);
    free(start);
    free(length);
}

static void print_json(const struct story *story, const struct value *row,
                       const struct value *outage, const size_t *ids, size_t count)
{
    struct value *answer = value_new_map(), *chain = value_new_list();
    for (size_t i = 0; i < count; i++)
        value_add(chain, value_hold(story->lines[ids[i] - 1]));
    value_set(answer, "kind", value_hold(value_get(row, "kind")));
    value_set(answer, "namespace", value_hold(value_get(row, "namespace")));
    value_set(answer, "name", value_hold(value_get(row, "name")));
    value_set(answer, "outage", value_hold(outage));
    value_set(answer, "chain", chain);
    char *text = json_text(answer, (struct json_style){ .indent = 2 });
    puts(text);
    free(text);
    value_drop(answer);
}

static void explain(const struct command_line *line, const struct story *story,
                    const struct value *row, const struct value *outage)
{
    enum { LONGEST = 10000 };
    size_t *ids = mem_new(LONGEST * sizeof *ids);
    size_t count = chain_of(story, (size_t)value_int(value_get(outage, "line"), 0), ids, LONGEST);
    (command_line_wants_json(line) ? print_json : print_text)(story, row, outage, ids, count);
    free(ids);
}

static bool time_from(const struct command_line *line, sim_time *at, struct error *error)
{
    const char *text = command_line_option(line, "at");
    return text == NULL || sim_time_parse(text, (struct place){ .file = "--at" }, at, error);
}

static int why(const struct command_line *line)
{
    size_t count;
    const char *const *operands = command_line_operands(line, &count);
    struct error error = { 0 };
    struct story story = { 0 };
    sim_time at = 0;
    int status = EXIT_BAD_INPUT;
    struct value *summary = read_summary(operands[0], &error);
    const struct value *row = summary ? find_row(summary, operands[1]) : NULL;
    if (row != NULL && time_from(line, &at, &error) && read_story(&story, operands[0], &error)) {
        const struct value *outage = find_outage(row, command_line_option(line, "at") ? &at : NULL);
        if (outage != NULL)
            explain(line, &story, row, outage);
        else
            printf("%s/%s was never without a ready replica%s\n", text_of(row, "kind"),
                   text_of(row, "name"), at > 0 ? " up to then" : "");
        status = EXIT_OK;
    }
    if (error.text != NULL) {
        char *text = error_print(&error);
        fprintf(stderr, "seatrial why: %s\n", text);
        free(text);
    }
    error_close(&error);
    value_drop(summary);
    story_close(&story);
    return status;
}

const struct command why_command = {
    .name = "why",
    .operands = "OUT NAME",
    .summary = "tell the causal chain of an outage, to its root",
    .description =
        "Reads the folder that `seatrial run --out OUT` left and tells why a workload or Service "
        "had\n"
        "no ready replica: what happened because of what, from the root to the loss of the last\n"
        "replica. Without --at it explains the longest outage.\n\n"
        "    seatrial why out/shop cart --at 3d4h12m",
    .options =
        (const struct option_info[]){
            { "at", 0, "TIME", "explain the outage at this virtual time, or the last one before" },
            { 0 },
        },
    .operands_least = 2,
    .operands_most = 2,
    .run = why,
};
