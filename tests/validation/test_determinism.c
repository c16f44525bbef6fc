/* The same scenario and seed give the same run: whatever keeps its events, whoever looks at it, and
 * in both halves of a fork. tests/determinism.sh compares builds. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tests/support/measured.h"
#include "tools/files.h"

static const char *const names[] = {
    "container_crash",
    "node_returns",
    "network_cut",
    "node_loss",
    "zone_outage",
    "two_causes",
    "bad_release",
    "drain",
    "rollout_during_node_loss",
    "short_jobs",
    "random_failures",
    "big_rollout",
    "lagging_caches",
    NULL,
};

/* A scenario of tests/scenarios, with the workload beside it if there is one. */
struct story {
    struct scenario scenario;
    struct workload workload;
    char *bytes, *path;
    bool has_workload;
};

static void read_workload(struct story *story, const char *name)
{
    struct error_list faults = { 0 };
    struct error error = { 0 };
    size_t length;
    char *path = mem_format("tests/scenarios/%s.csv", name);
    char *csv = file_read(path, &length, &error);
    story->has_workload = csv != NULL;
    if (csv != NULL)
        cr_assert(workload_load(&story->workload, csv, length, path, &faults));
    error_close(&error);
    free(csv);
    free(path);
}

static struct story story_open(const char *name)
{
    struct story story = { .path = mem_format("tests/scenarios/%s.yaml", name) };
    story.bytes = scenario_given_file(&story.scenario, story.path);
    read_workload(&story, name);
    return story;
}

static void story_close(struct story *story)
{
    scenario_close(&story->scenario);
    workload_close(&story->workload);
    free(story->bytes);
    free(story->path);
}

static struct simulation *begin(const struct story *story, struct simulation_options options)
{
    options.workload = story->has_workload ? &story->workload : NULL;
    return simulation_of(&story->scenario, options);
}

static uint64_t hash_at_end(const struct story *story, struct simulation *simulation)
{
    simulation_advance(simulation, story->scenario.duration);
    const uint64_t hash = simulation_run(simulation)->trace.hash;
    simulation_free(simulation);
    return hash;
}

static uint64_t hash_of(const struct story *story, struct simulation_options options)
{
    return hash_at_end(story, begin(story, options));
}

/* The hash of a run that is forked in its middle, in both halves. */
static void fork_halfway(const struct story *story, uint64_t hashes[2])
{
    struct simulation *simulation = begin(story, (struct simulation_options){ 0 });
    int ends[2], status = 0;
    simulation_advance(simulation, story->scenario.duration / 2);
    cr_assert_eq(pipe(ends), 0);
    const pid_t child = fork();
    cr_assert(child >= 0);
    hashes[0] = hash_at_end(story, simulation);
    if (child == 0)
        _exit(write(ends[1], &hashes[0], sizeof *hashes) != sizeof *hashes);
    cr_assert_eq(read(ends[0], &hashes[1], sizeof *hashes), (ssize_t)sizeof *hashes);
    waitpid(child, &status, 0);
    close(ends[0]);
    close(ends[1]);
}

static void count_lines(void *context, const struct trace_line *line)
{
    *(size_t *)context += strlen(line->text) > 0;
}

Test(determinism, does_not_depend_on_the_event_list)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        struct story story = story_open(names[i]);
        const uint64_t fast = hash_of(&story, (struct simulation_options){ 0 });
        const uint64_t plain =
            hash_of(&story, (struct simulation_options){ .queue = queue_new_list() });
        cr_expect_eq(fast, plain, "%s", names[i]);
        story_close(&story);
    }
}

Test(determinism, does_not_depend_on_what_the_scheduler_remembers)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        struct story story = story_open(names[i]);
        const uint64_t fast = hash_of(&story, (struct simulation_options){ 0 });
        story.scenario.settings.reference_scheduler = true;
        cr_expect_eq(fast, hash_of(&story, (struct simulation_options){ 0 }), "%s", names[i]);
        story_close(&story);
    }
}

Test(determinism, does_not_depend_on_who_watches)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        struct story story = story_open(names[i]);
        size_t lines = 0;
        const uint64_t hash = hash_of(&story, (struct simulation_options){ 0 });
        cr_expect_eq(hash, hash_of(&story, (struct simulation_options){ .without_metrics = true }),
                     "%s without metrics", names[i]);
        cr_expect_eq(
            hash,
            hash_of(&story, (struct simulation_options){ .sink = count_lines, .context = &lines }),
            "%s with its trace read", names[i]);
        cr_expect_gt(lines, 20);
        story_close(&story);
    }
}

Test(determinism, goes_on_to_the_same_end_in_both_halves_of_a_fork)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        struct story story = story_open(names[i]);
        uint64_t hashes[2];
        fork_halfway(&story, hashes);
        const uint64_t hash = hash_of(&story, (struct simulation_options){ 0 });
        cr_expect_eq(hash, hashes[0], "%s in the parent", names[i]);
        cr_expect_eq(hash, hashes[1], "%s in the child", names[i]);
        story_close(&story);
    }
}

/* The hash of a run of what scenario_print() says. */
static uint64_t hash_as_printed(const struct story *story)
{
    struct value *printed = scenario_print(&story->scenario);
    char *text = json_text(printed, (struct json_style){ .indent = 1 });
    struct story again = *story;
    scenario_given(&again.scenario, text, "printed");
    const uint64_t hash = hash_of(&again, (struct simulation_options){ 0 });
    scenario_close(&again.scenario);
    value_drop(printed);
    free(text);
    return hash;
}

Test(determinism, is_the_same_for_a_scenario_and_its_print)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        struct story story = story_open(names[i]);
        cr_expect_eq(hash_of(&story, (struct simulation_options){ 0 }), hash_as_printed(&story),
                     "%s", names[i]);
        story_close(&story);
    }
}

Test(determinism, is_a_matter_of_the_seed)
{
    struct story story = story_open("random_failures");
    const uint64_t hash = hash_of(&story, (struct simulation_options){ 0 });
    story.scenario.seed++;
    cr_expect_neq(hash, hash_of(&story, (struct simulation_options){ 0 }));
    story_close(&story);
}
