/* Importance splitting of scenarios by copies of the process. */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "models/api/yaml.h"
#include "sim/stat/interval.h"
#include "tests/support/measured.h"
#include "tests/support/parts.h"
#include "tests/support/pinned.h"
#include "tools/experiment/split.h"
#include "tools/experiment/split_process.h"

static struct value *parse(const char *text)
{
    struct error error = { 0 };
    const struct yaml_piece piece = { text,
                                      strlen(text),
                                      { .file = "e.yaml", .line = 1, .column = 1 } };
    struct value *value = yaml_read(piece, NULL, NULL, &error);
    cr_assert_not_null(value);
    return value;
}

/* ---- the document ---- */

static void expect_fault(const char *text, const char *fault)
{
    struct split_plan plan;
    struct error_list faults = { 0 };
    struct value *document = parse(text);
    cr_expect_not(split_plan_read(&plan, document, NULL, &faults), "%s", text);
    cr_assert_geq(faults.count, 1, "%s", text);
    char *line = error_print(&faults.items[0]);
    cr_expect_str_eq(line, fault);
    free(line);
    split_plan_close(&plan);
    error_list_close(&faults);
    value_drop(document);
}

Test(split, tells_what_is_wrong_with_a_document_and_where)
{
    expect_fault("{level: pods.created, thresholds: [1], copies: [2]}",
                 "e.yaml:1:9: splitting.level: \"pods.created\" is no level (try "
                 "workloads[deployment/NAME].missing or services[NAME].ready)");
    expect_fault("{level: 'workloads[web].missing', thresholds: [1], copies: [2]}",
                 "e.yaml:1:9: splitting.level: \"workloads[web].missing\" is no level (try "
                 "workloads[deployment/NAME].missing or services[NAME].ready)");
    expect_fault("{level: 'workloads[deployment/web].missing', thresholds: [1, 2], copies: [2]}",
                 "e.yaml:1:74: splitting.copies: one number for each threshold: 2, not 1");
    expect_fault("{level: 'workloads[deployment/web].missing', thresholds: [2, 1], copies: [2, 2]}",
                 "e.yaml:1:62: splitting.thresholds: they must ascend, as the level comes near an "
                 "outage");
    expect_fault("{level: 'services[web].ready', thresholds: [1, 2], copies: [2, 2]}",
                 "e.yaml:1:48: splitting.thresholds: they must descend, as the level comes near an "
                 "outage");
    expect_fault("{level: 'services[web].ready', thresholds: [], copies: []}",
                 "e.yaml:1:44: splitting.thresholds: 1 to 16 of them");
    expect_fault("{level: 'services[web].ready', thresholds: [1], copies: [0]}",
                 "e.yaml:1:58: splitting.copies[0]: 0 is not between 1 and 10000");
    expect_fault("[1]", "e.yaml:1:1: splitting is a map of level, thresholds, copies");
}

/* ---- a scenario ---- */

static const char *const levels = "{level: 'workloads[deployment/web].missing', thresholds: [1], "
                                  "copies: [6]}";

static struct split_result play_split(const struct scenario *scenario, const char *document)
{
    struct split_plan plan;
    struct split_result result = { 0 };
    struct error_list faults = { 0 };
    struct error error = { 0 };
    struct value *value = parse(document);
    cr_assert(split_plan_read(&plan, value, NULL, &faults));
    struct simulation *simulation = simulation_of(scenario, (struct simulation_options){ 0 });
    if (!split_play(simulation, scenario, &plan, &result, &error))
        cr_assert_fail("%s", error_print(&error));
    simulation_free(simulation);
    split_plan_close(&plan);
    value_drop(value);
    return result;
}

static void expect_no_children(void)
{
    cr_expect(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "every copy was reaped");
}

/* Two pods that are both unready for 0.2 % of the time. */
Test(split, of_a_cluster_agrees_with_theory)
{
    enum { REPLICATIONS = 8 };
    const struct pinned pinned = { .pods = 2, .life = 36000, .repair = 1800, .days = 12 };
    struct scenario scenario;
    double shares[REPLICATIONS], outages = 0;
    pinned_given(&scenario, &pinned);
    for (int i = 0; i < REPLICATIONS; i++) {
        scenario.seed = (uint64_t)i + 1;
        const struct split_result result = play_split(&scenario, levels);
        shares[i] = result.unavailability;
        outages += result.outages;
    }
    const struct interval found = interval_of(shares, REPLICATIONS, 0.95);
    const double theory = pinned_share(&pinned, 2);
    cr_expect_leq(fabs(found.mean - theory), 3 * found.error, "%g, theory %g, error %g", found.mean,
                  theory, found.error);
    cr_expect_lt(found.error, 0.3 * theory, "%g of %g", found.error, theory);
    /* An outage lasts half a repair in the mean. */
    const double measured = REPLICATIONS * 12 * 86400.0;
    cr_expect_float_eq(found.mean * measured / outages, 900, 200);
    expect_no_children();
    scenario_close(&scenario);
}

Test(split, comes_to_the_same_from_the_same_seed)
{
    const struct pinned pinned = { .pods = 2, .life = 36000, .repair = 3600, .days = 4 };
    struct scenario scenario;
    pinned_given(&scenario, &pinned);
    scenario.seed = 5;
    const struct split_result one = play_split(&scenario, levels);
    const struct split_result again = play_split(&scenario, levels);
    const struct split_result by_ready = play_split(
        &scenario, "{level: 'workloads[deployment/web].ready', thresholds: [1], copies: [6]}");
    cr_expect_eq(memcmp(&one, &again, sizeof one), 0);
    cr_expect_eq(one.unavailability, by_ready.unavailability);
    cr_expect_gt(one.tally.copies, 0);
    scenario.mirrored = true;
    const struct split_result mirrored = play_split(&scenario, levels);
    cr_expect_neq(one.events, mirrored.events);
    scenario_close(&scenario);
}

Test(split, of_a_workload_that_is_not_there_is_refused)
{
    const struct pinned pinned = { .pods = 1, .life = 36000, .repair = 3600, .days = 1 };
    struct scenario scenario;
    struct split_plan plan;
    struct split_result result;
    struct error_list faults = { 0 };
    struct error error = { 0 };
    struct value *value =
        parse("{level: 'workloads[deployment/none].missing', thresholds: [1], copies: [2]}");
    pinned_given(&scenario, &pinned);
    cr_assert(split_plan_read(&plan, value, NULL, &faults));
    struct simulation *simulation = simulation_of(&scenario, (struct simulation_options){ 0 });
    cr_expect_not(split_play(simulation, &scenario, &plan, &result, &error));
    char *line = error_print(&error);
    cr_expect_not_null(strstr(line, "there is no none in workloads when measuring begins"), "%s",
                       line);
    free(line);
    error_close(&error);
    simulation_free(simulation);
    split_plan_close(&plan);
    scenario_close(&scenario);
    value_drop(value);
}

/* ---- copies that end badly ---- */

static pid_t first_process;

static struct run *run_of(void *state)
{
    return ((struct parts *)state)->run;
}

static double count_failed(void *state)
{
    if (getpid() != first_process)
        raise(SIGKILL);
    return ((struct parts *)state)->failed;
}

static double no_reward(void *state)
{
    (void)state;
    return 0;
}

static bool branch(void *state, uint64_t salt, const struct splitting_trial *trial,
                   struct splitting_tally *tally, struct error *error)
{
    return split_by_fork(run_of(state), state, salt, trial, tally, error);
}

Test(split, says_that_a_copy_was_killed)
{
    const struct splitting_model model = { run_of, count_failed, no_reward, branch };
    const struct splitting splitting = {
        .levels = 1, .thresholds = { 1 }, .copies = { 2 }, .until = SIM_HOUR
    };
    struct distribution *life = distribution_new_exponential(9);
    struct splitting_tally tally = { 0 };
    struct error error = { 0 };
    struct parts *parts = parts_new(run_new(1), (struct parts_plan){ 2, 2, 1, life, life });
    first_process = getpid();
    cr_expect_not(splitting_play(&splitting, &model, parts, &tally, &error));
    char *line = error_print(&error);
    cr_expect_not_null(strstr(line, "a copy of the run was ended by signal 9"), "%s", line);
    expect_no_children();
    free(line);
    error_close(&error);
    parts_free(parts);
    distribution_free(life);
}
