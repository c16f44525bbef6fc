/* Extenders as a configuration writes them, and the policies that have a name. */
#include "models/scheduler/extender.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/scheduler/policies.h"
#include "models/scheduler/profile.h"
#include "tests/support/rows.h"
#include "tests/support/scheduler_objects.h"

/* --- the configuration -------------------------------------------------------------------- */

static struct scheduler_configuration *load(struct run *run, const char *extenders,
                                            struct error_list *errors)
{
    char *text = mem_format("{\"extenders\":[%s]}", extenders);
    struct value *document = rows_parse(text);
    struct scheduler_configuration *configuration =
        scheduler_configuration_load(run->texts, document, errors);
    value_drop(document);
    free(text);
    return configuration;
}

Test(extender_configuration, reads_what_a_cluster_operator_writes)
{
    struct run *run = run_new(1);
    struct error_list errors = { 0 };
    struct scheduler_configuration *configuration = load(
        run,
        "{\"urlPrefix\":\"http://127.0.0.1:8888/scheduler\",\"filterVerb\":\"filter\","
        "\"prioritizeVerb\":\"prioritize\",\"weight\":3,\"httpTimeout\":\"1500ms\","
        "\"nodeCacheCapable\":true,\"managedResources\":[{\"name\":\"example.com/fpga\","
        "\"ignoredByScheduler\":true}]},{\"urlPrefix\":\"http://other\",\"bindVerb\":\"bind\"}",
        &errors);
    cr_assert_not_null(configuration);
    cr_assert_eq(configuration->extenders.count, 2);
    const struct extender_configuration *first = &configuration->extenders.items[0];
    cr_expect_str_eq(first->url_prefix, "http://127.0.0.1:8888/scheduler");
    cr_expect_str_eq(first->filter_verb, "filter");
    cr_expect_null(first->bind_verb);
    cr_expect_eq(first->weight, 3);
    cr_expect_eq(first->http_timeout, 1500 * SIM_MILLISECOND);
    cr_expect(first->node_cache_capable && !first->ignorable);
    cr_expect_str_eq(first->managed_resources[0], "example.com/fpga");
    cr_expect_eq(configuration->extenders.items[1].http_timeout, 5 * SIM_SECOND);
    scheduler_configuration_free(configuration);
    run_free(run);
}

Test(extender_configuration, refuses_what_the_real_one_refuses)
{
    static const struct {
        const char *extenders, *want;
    } rows[] = {
        { "{\"filterVerb\":\"filter\"}", "an extender has no urlPrefix" },
        { "{\"urlPrefix\":\"http://x\",\"prioritizeVerb\":\"p\"}",
          "an extender with a prioritizeVerb must have a positive weight" },
        { "{\"urlPrefix\":\"http://x\",\"prioritizeVerb\":\"p\",\"weight\":-2}",
          "an extender with a prioritizeVerb must have a positive weight" },
        { "{\"urlPrefix\":\"http://x\",\"bindVerb\":\"b\"},"
          "{\"urlPrefix\":\"http://y\",\"bindVerb\":\"b\"}",
          "more than one extender has a bindVerb" },
        { "{\"urlPrefix\":\"http://x\",\"managedResources\":[{\"name\":\"cpu\"}]}",
          "managedResources: \"cpu\" is not the name of an extended resource" },
        { "{\"urlPrefix\":\"http://x\",\"httpTimeout\":\"soon\"}",
          "httpTimeout: \"soon\" is not a duration (try 30d, 1h30m, 2.5s or 250ms)" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct run *run = run_new(1);
        struct error_list errors = { 0 };
        cr_expect_null(load(run, rows[i].extenders, &errors));
        cr_assert_eq(errors.count, 1, "%s", rows[i].extenders);
        cr_expect_str_eq(errors.items[0].text, rows[i].want);
        error_list_close(&errors);
        run_free(run);
    }
}

Test(extender_configuration, knows_which_pods_are_its_business)
{
    static const struct {
        const char *why, *spec;
        bool want;
    } rows[] = {
        { "a container that asks for it",
          "\"containers\":[{\"name\":\"c\",\"resources\":{\"requests\":{\"example.com/fpga\":1}}}]",
          true },
        { "a limit counts as well",
          "\"containers\":[{\"name\":\"c\",\"resources\":{\"limits\":{\"example.com/fpga\":1}}}]",
          true },
        { "an init container counts, too",
          "\"containers\":[{\"name\":\"c\"}],\"initContainers\":[{\"name\":\"i\",\"resources\":"
          "{\"requests\":{\"example.com/fpga\":2}}}]",
          true },
        { "another resource does not",
          "\"containers\":[{\"name\":\"c\",\"resources\":{\"requests\":{\"example.com/gpu\":1}}}]",
          false },
    };
    struct run *run = run_new(1);
    struct codec codec = codec_new(run);
    struct error_list errors = { 0 };
    struct scheduler_configuration *configuration = load(
        run, "{\"urlPrefix\":\"http://x\",\"managedResources\":[{\"name\":\"example.com/fpga\"}]}",
        &errors);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct pod *pod = pod_make(&codec, "p", rows[i].spec);
        cr_expect_eq(extender_configuration_wants(&configuration->extenders.items[0], pod),
                     rows[i].want, "%s", rows[i].why);
        object_drop(&pod->meta.object);
    }
    scheduler_configuration_free(configuration);
    codec_close(&codec);
    run_free(run);
}

/* --- policies ------------------------------------------------------------------------------- */

Test(policies, each_is_a_configuration_that_loads)
{
    struct run *run = run_new(1);
    for (const struct scheduling_policy *policy = scheduling_policies; policy->name != NULL;
         policy++) {
        struct error_list errors = { 0 };
        struct value *document = scheduling_policy_read(policy);
        struct scheduler_configuration *configuration =
            scheduler_configuration_load(run->texts, document, &errors);
        cr_expect_not_null(configuration, "%s: %s", policy->name,
                           errors.count > 0 ? errors.items[0].text : "");
        cr_expect_eq(scheduling_policy_find(policy->name), policy, "%s is there once",
                     policy->name);
        if (configuration != NULL)
            scheduler_configuration_free(configuration);
        error_list_close(&errors);
        value_drop(document);
    }
    cr_expect_null(scheduling_policy_find("no such policy"));
    run_free(run);
}
