/* `seatrial experiment` on any number of workers, and begun anew: the same bytes. The study stops by
 * precision, at another batch for each of its points. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tests/support/program.h"
#include "tools/files.h"

#define STUDY "tests/experiment/precise.yaml"

static const char *const files[] = { "results.json", "results.csv", "results.txt" };
enum { FILES = sizeof files / sizeof *files };

/* Play into a folder of this name; what it printed on standard error. The caller frees. */
static char *play(const char *folder, const char *name, const char *options, int status)
{
    char *arguments = mem_format("experiment %s --out %s/%s %s", STUDY, folder, name, options);
    struct program_run run = program_run(arguments);
    cr_expect_eq(run.status, status, "%s: %s", arguments, run.err.bytes);
    char *said = writer_take(&run.err);
    program_run_close(&run);
    free(arguments);
    return said;
}

static void expect_same(const char *folder, const char *name, const char *first)
{
    for (size_t i = 0; i < FILES; i++) {
        char *path = mem_format("%s/%s/%s", folder, name, files[i]);
        char *path_first = mem_format("%s/%s/%s", folder, first, files[i]);
        struct error error = { 0 };
        size_t length = 0, length_first = 0;
        char *bytes = file_read(path, &length, &error);
        char *bytes_first = file_read(path_first, &length_first, &error);
        cr_assert_null(error.text, "%s", error.text);
        cr_expect(length > 300 && length == length_first && memcmp(bytes, bytes_first, length) == 0,
                  "%s differs from %s", path, path_first);
        free(bytes), free(bytes_first), free(path), free(path_first);
    }
}

Test(experiment_workers, results_have_the_same_bytes_for_any_number_of_them)
{
    char *folder = folder_new();
    free(play(folder, "1", "--workers 1", 0));
    for (int workers = 2; workers <= 5; workers += workers == 2 ? 1 : 2) {
        char *name = mem_format("%d", workers), *options = mem_format("--workers %d", workers);
        free(play(folder, name, options, 0));
        expect_same(folder, name, "1");
        free(name), free(options);
    }
    folder_remove(folder);
}

Test(experiment_workers, parts_that_were_merged_are_judged_as_if_played_in_one_place)
{
    char *folder = folder_new();
    free(play(folder, "whole", "", 0));
    free(play(folder, "a", "--shard 0/2", 0));
    setenv("JOB_COMPLETION_INDEX", "1", 1); /* as in a pod of deploy/indexed_job.yaml */
    free(play(folder, "b", "--shard 2", 0));
    char *arguments =
        mem_format("merge %s/a %s/b --out %s/ab --output json", folder, folder, folder);
    struct program_run run = program_run(arguments);
    cr_expect_eq(run.status, 0, "%s", run.err.bytes);
    struct value *merged = program_run_json(&run);
    cr_expect_eq(value_int(value_get(merged, "replications"), 0), 160);
    cr_expect_eq(value_int(value_get(merged, "twice"), -1), 0);
    value_drop(merged);
    free(play(folder, "ab", "", 0));
    expect_same(folder, "ab", "whole");
    program_run_close(&run);
    free(arguments);
    folder_remove(folder);
}

Test(experiment_workers, another_seed_is_another_study)
{
    char *folder = folder_new();
    free(play(folder, "d", "--replications 2", 0));
    char *said = play(folder, "d", "--replications 2 --seed 5", 2);
    cr_expect(strstr(said, "/d/results.db: holds results of another study"), "%s", said);
    free(said);
    folder_remove(folder);
}

Test(experiment_workers, what_is_shipped_for_kubernetes_is_valid)
{
    static const char *const manifests[] = { "indexed_job", "merge_job", "mpijob" };
    for (size_t i = 0; i < sizeof manifests / sizeof *manifests; i++) {
        char *arguments = mem_format("validate --strict -f deploy/%s.yaml", manifests[i]);
        struct program_run run = program_run(arguments);
        cr_expect_eq(run.status, 0, "%s: %s", arguments, run.err.bytes);
        program_run_close(&run);
        free(arguments);
    }
}
