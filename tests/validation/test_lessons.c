/* The lessons of scenarios/reconciliation: what each of them expects holds, with any of twenty seeds; and
 * expectations of a lesson that also held in its "what if" would teach nothing, so there at least one of
 * them must not.
 *
 * A lesson is a folder with scenario.yaml and at least one what_if_*.yaml. They are read as the
 * program reads them. */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tests/support/measured.h"
#include "tools/command.h"
#include "tools/inputs.h"
#include "tools/report/expectations.h"

enum { SEEDS = 20, FEWEST_LESSONS = 10 };

/* ---- lessons ---- */

static void lesson_read(struct inputs *inputs, const char *path)
{
    char verb[] = "run", *copy = mem_text(path, strlen(path)), *argv[] = { verb, copy, NULL };
    struct command_line *line = command_line_read(command_find(verb), 2, argv);
    cr_assert(line != NULL && inputs_read(inputs, line), "%s cannot be read", path);
    command_line_free(line);
    free(copy);
}

/* The summary of a scenario played with this seed; a new reference. */
static struct value *play_seed(struct scenario *scenario, uint64_t seed)
{
    struct error_list faults = { 0 };
    scenario->seed = seed;
    struct simulation *simulation = simulation_of(scenario, (struct simulation_options){ 0 });
    cr_expect(simulation_check(simulation, &faults), "%s: %s", scenario->name,
              faults.count > 0 ? faults.items[0].text : "");
    error_list_close(&faults);
    simulation_advance(simulation, scenario->duration);
    struct value *summary = simulation_summary(simulation);
    simulation_free(simulation);
    return summary;
}

static void tell_not_held(const struct value *summary, const char *path, int seed)
{
    const struct value *verdicts = value_get(summary, "expectations");
    for (size_t i = 0; verdicts != NULL && i < verdicts->count; i++) {
        char *found = expectation_found(verdicts->items[i]);
        cr_expect(value_truth(value_get(verdicts->items[i], "held"), false),
                  "%s, seed %d: %s\n      %s", path, seed,
                  value_text(value_get(verdicts->items[i], "that"), ""), found);
        free(found);
    }
}

static void expect_to_hold(const char *path)
{
    struct inputs inputs;
    lesson_read(&inputs, path);
    cr_expect(inputs.scenario.expectation_count > 0, "%s expects nothing", path);
    cr_expect(inputs.scenario.question != NULL, "%s asks nothing", path);
    for (int seed = 1; seed <= SEEDS; seed++) {
        struct value *summary = play_seed(&inputs.scenario, (uint64_t)seed);
        tell_not_held(summary, path, seed);
        value_drop(summary);
    }
    inputs_close(&inputs);
}

/* ---- what if ---- */

static void expect_of(struct scenario *what_if, struct scenario *lesson)
{
    struct scenario_expectation *items = what_if->expectations;
    const size_t count = what_if->expectation_count, capacity = what_if->expectation_capacity;
    what_if->expectations = lesson->expectations;
    what_if->expectation_count = lesson->expectation_count;
    what_if->expectation_capacity = lesson->expectation_capacity;
    lesson->expectations = items;
    lesson->expectation_count = count;
    lesson->expectation_capacity = capacity;
}

/* What the lesson expects is judged in another run, where rows it names may be missing. */
static void expect_not_to_hold(const char *lesson_path, const char *path)
{
    struct inputs lesson, what_if;
    lesson_read(&lesson, lesson_path);
    lesson_read(&what_if, path);
    expect_of(&what_if.scenario, &lesson.scenario);
    for (int seed = 1; seed <= SEEDS; seed++) {
        what_if.scenario.seed = (uint64_t)seed;
        struct simulation *simulation =
            simulation_of(&what_if.scenario, (struct simulation_options){ 0 });
        simulation_advance(simulation, what_if.scenario.duration);
        struct value *summary = simulation_summary(simulation);
        cr_expect_neq(expectations_not_held(summary), 0,
                      "%s, seed %d: all holds that %s expects, which so says nothing", path, seed,
                      lesson_path);
        value_drop(summary);
        simulation_free(simulation);
    }
    inputs_close(&lesson);
    inputs_close(&what_if);
}

/* ---- all of them ---- */

static void each(const char *pattern, void act(const char *path))
{
    glob_t found;
    cr_assert_eq(glob(pattern, 0, NULL, &found), 0, "nothing is found at %s", pattern);
    for (size_t i = 0; i < found.gl_pathc; i++)
        act(found.gl_pathv[i]);
    globfree(&found);
}

static void count_lesson(const char *path)
{
    char *index = mem_format("%.*s", (int)(strrchr(path, '/') - path), path);
    FILE *readme = fopen("scenarios/reconciliation/README.md", "r");
    const char *name = strrchr(index, '/') + 1;
    char line[1024];
    bool listed = false;
    cr_assert_not_null(readme);
    while (fgets(line, sizeof line, readme) != NULL)
        listed = listed || strstr(line, name) != NULL;
    cr_expect(listed, "scenarios/reconciliation/README.md does not list %s", name);
    fclose(readme);
    free(index);
}

Test(lessons, are_listed_and_enough)
{
    glob_t found;
    cr_assert_eq(glob("scenarios/reconciliation/*/scenario.yaml", 0, NULL, &found), 0);
    cr_expect_geq(found.gl_pathc, FEWEST_LESSONS);
    globfree(&found);
    each("scenarios/reconciliation/*/scenario.yaml", count_lesson);
}

Test(lessons, hold_what_they_expect_with_any_of_twenty_seeds, .timeout = 900)
{
    each("scenarios/reconciliation/*/scenario.yaml", expect_to_hold);
}

Test(lessons, hold_what_they_expect_of_what_if, .timeout = 900)
{
    each("scenarios/reconciliation/*/what_if_*.yaml", expect_to_hold);
}

static void try_what_ifs(const char *lesson)
{
    glob_t found;
    char *pattern = mem_format("%.*s/what_if_*.yaml", (int)(strrchr(lesson, '/') - lesson), lesson);
    cr_expect_eq(glob(pattern, 0, NULL, &found), 0, "%s has no what_if_*.yaml beside it", lesson);
    for (size_t i = 0; i < found.gl_pathc; i++)
        expect_not_to_hold(lesson, found.gl_pathv[i]);
    globfree(&found);
    free(pattern);
}

Test(lessons, expect_something_that_is_otherwise_in_what_if, .timeout = 900)
{
    each("scenarios/reconciliation/*/scenario.yaml", try_what_ifs);
}
