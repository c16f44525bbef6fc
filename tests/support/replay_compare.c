/* Play, write, read again, compare. */
#include "tests/support/replay_compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "tests/support/compare.h"
#include "tests/support/replay.h"

static char *base_name(const char *path)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    size_t begin = length;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    return mem_text(path + begin, length - begin);
}

static void remove_files(const char *directory)
{
    static const char *const names[] = { "timeline.jsonl", "events.jsonl" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = mem_format("%s/%s", directory, names[i]);
        unlink(path);
        free(path);
    }
    rmdir(directory);
}

/* Scenarios that are calls without pauses. */
static bool is_of_calls(const char *name)
{
    static const char *const names[] = { "ssa-conflicts", "validation-errors", "api-defaults",
                                         "admission-misc" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool compare(struct verdict *verdict, const char *recorded, const char *ours,
                    struct error *error)
{
    struct texts *texts = texts_new();
    struct timeline left, right;
    const bool read = timeline_load(&left, texts, recorded) && timeline_load(&right, texts, ours);
    if (read) {
        struct comparison comparison = is_of_calls(verdict->name)
                                           ? compare_calls_of(&left, &right)
                                           : compare_timelines(&left, &right);
        verdict->differences = comparison.differences;
        verdict->report = comparison.report;
    } else {
        error_set(error, (struct place){ .file = recorded }, "no timeline.jsonl");
    }
    timeline_close(&left);
    timeline_close(&right);
    texts_free(texts);
    return read;
}

bool replay_compare(struct verdict *verdict, const char *directory, const char *emit,
                    struct error *error)
{
    struct replay replay = { .commands = 0 };
    char temporary[] = "/tmp/replay-XXXXXX";
    *verdict = (struct verdict){ .name = base_name(directory) };
    if (emit != NULL)
        mkdir(emit, 0777);
    char *into = emit != NULL ? mem_format("%s/%s", emit, verdict->name)
                              : mem_format("%s", mkdtemp(temporary));
    const bool good = replay_play(&replay, directory, error) &&
                      replay_write(&replay, into, error) &&
                      compare(verdict, directory, into, error);
    verdict->replies = replay.commands;
    verdict->replies_agreed = replay.agreed;
    verdict->reply_report = replay.replies;
    replay.replies = (struct writer){ 0 };
    replay_close(&replay);
    if (emit == NULL)
        remove_files(into);
    free(into);
    if (!good)
        verdict_close(verdict);
    return good;
}

void verdict_close(struct verdict *verdict)
{
    writer_close(&verdict->report);
    writer_close(&verdict->reply_report);
    free(verdict->name);
}
