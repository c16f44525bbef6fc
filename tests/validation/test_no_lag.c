/* A control plane in which nothing takes time: no write, no look, no attempt, and no rate limits. What
 * comes to rest with lags does so without. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/cluster/simulation.h"
#include "tests/support/soak_checks.h"
#include "tests/support/soak_story.h"

enum { STORIES = 150 };

static void take_all_time_away(struct settings *settings)
{
    static const char *const timings[] = { "apiWrite", "cacheLag", "schedulingCycle" };
    static const char *const limits[] = { "kube-controller-manager/kube-api-qps",
                                          "kube-scheduler/kube-api-qps", "kubelet/kube-api-qps" };
    struct value *none = value_new_number("0");
    for (size_t i = 0; i < sizeof timings / sizeof *timings; i++)
        cr_assert(settings_set_timing(settings, timings[i], none, NULL));
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        cr_assert(settings_set(settings, limits[i], "0", (struct place){ 0 }, NULL));
    value_drop(none);
}

static void play(const struct soak_story *story, struct writer *complaints)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    struct scenario scenario;
    char *yaml = soak_story_print(story);
    scenario_init(&scenario);
    cr_assert(
        scenario_load(&scenario, yaml, strlen(yaml), "story", NULL, true, &faults, &warnings));
    take_all_time_away(&scenario.settings);
    struct simulation *simulation =
        simulation_new(&scenario, (struct simulation_options){ 0 }, &faults, &warnings);
    cr_assert_not_null(simulation);
    simulation_advance(simulation, scenario.duration);
    soak_check_rest(simulation_cluster(simulation), complaints);
    simulation_free(simulation);
    scenario_close(&scenario);
    error_list_close(&faults);
    error_list_close(&warnings);
    free(yaml);
}

Test(no_lag, everything_still_converges)
{
    int played = 0;
    for (uint64_t seed = 1; seed <= STORIES; seed++) {
        struct soak_story story;
        struct writer complaints = { 0 };
        soak_story_init(&story, seed);
        if (story.mood != SOAK_WILD) { /* what fails until the end never rests */
            play(&story, &complaints);
            played++;
        }
        cr_expect_eq(complaints.length, 0, "seed %d: %s", (int)seed, complaints.bytes);
        writer_close(&complaints);
        soak_story_close(&story);
    }
    cr_expect_geq(played, STORIES / 4);
}
