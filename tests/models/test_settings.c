/* Settings by their flags: what is accepted, what is refused with which words, and that what is
 * printed reads back. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/api/json.h"
#include "models/cluster/settings.h"

Test(settings, start_with_the_defaults_of_kubernetes)
{
    struct settings settings;
    settings_init(&settings);
    cr_expect_eq(settings.kube_api_qps, 20);
    cr_expect_eq(settings.kube_api_burst, 30);
    cr_expect_eq(settings.scheduler_qps, 50);
    cr_expect_eq(settings.node_monitor_grace_period, 50 * SIM_SECOND);
    cr_expect_eq(settings.unhealthy_zone_threshold, 0.55);
    cr_expect(settings.serialize_image_pulls);
    cr_expect_null(settings.cache_lag);
    cr_expect_eq(distribution_mean(settings.api_write), 0.005);
    settings_close(&settings);
}

Test(settings, are_set_by_flag_or_refused_with_a_reason)
{
    static const struct {
        const char *flag, *value, *fault; /* NULL: accepted */
    } rows[] = {
        { "node-monitor-grace-period", "10s", NULL },
        { "kube-controller-manager/node-monitor-grace-period", "1m40s", NULL },
        { "kubelet/kube-api-qps", "0.5", NULL },
        { "percentage-of-nodes-to-score", "100", NULL },
        { "keep-events", "true", NULL },
        { "node-monitor-grace-perod", "10s",
          "there is no setting \"node-monitor-grace-perod\" (did you mean "
          "\"node-monitor-grace-period\"?)" },
        { "kubelet/node-monitor-period", "10s",
          "there is no setting \"kubelet/node-monitor-period\"" },
        { "percentage-of-nodes-to-score", "101",
          "percentage-of-nodes-to-score: \"101\" is not between 0 and 100" },
        { "kube-api-burst", "2.5", "kube-api-burst: \"2.5\" is not a whole number" },
        { "kube-api-qps", "many", "kube-api-qps: \"many\" is not a number" },
        { "node-monitor-period", "0s",
          "node-monitor-period: \"0s\" is not between 0.001s and 86400s" },
        { "keep-events", "yes", "keep-events: \"yes\" is neither true nor false" },
    };
    struct settings settings;
    settings_init(&settings);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error = { 0 };
        const bool set =
            settings_set(&settings, rows[i].flag, rows[i].value, (struct place){ 0 }, &error);
        cr_expect_eq(set, rows[i].fault == NULL, "%s=%s: %s", rows[i].flag, rows[i].value,
                     error.text);
        if (rows[i].fault != NULL)
            cr_expect(strstr(error.text, rows[i].fault) == error.text, "%s", error.text);
        error_close(&error);
    }
    cr_expect_eq(settings.node_monitor_grace_period, 100 * SIM_SECOND);
    cr_expect_eq(settings.kubelet_qps, 0.5);
    cr_expect_eq(settings.kube_api_qps, 20, "the kubelet's flag is not the manager's");
    cr_expect(settings.keep_events);
    settings_close(&settings);
}

/* Every flag and every timing model that is printed sets the same again. */
Test(settings, that_are_printed_read_back)
{
    struct settings first, second;
    settings_init(&first);
    settings_init(&second);
    struct value *exponential = value_new_map();
    value_put(&exponential, value_new_number("3"), "exponential", "mean", NULL);
    settings_set(&first, "unhealthy-zone-threshold", "0.1", (struct place){ 0 }, NULL);
    settings_set(&first, "pod-max-backoff", "1m0.25s", (struct place){ 0 }, NULL);
    cr_assert(settings_set_timing(&first, "containerStart", exponential, NULL));
    struct value *printed = settings_print(&first);
    const struct value *flags = value_get(printed, "settings");
    const struct value *models = value_get(printed, "timing");
    for (size_t i = 0; settings_flag(i) != NULL; i++) {
        char *value = json_text(value_get(flags, settings_flag(i)), (struct json_style){ 0 });
        char *bare = value[0] == '"' ? value + 1 : value;
        bare[strcspn(bare, "\"")] = '\0';
        cr_expect(settings_set(&second, settings_flag(i), bare, (struct place){ 0 }, NULL), "%s=%s",
                  settings_flag(i), bare);
        free(value);
    }
    for (size_t i = 0; settings_timing(i) != NULL; i++)
        if (value_get(models, settings_timing(i)) != NULL)
            cr_expect(settings_set_timing(&second, settings_timing(i),
                                          value_get(models, settings_timing(i)), NULL));
    struct value *again = settings_print(&second);
    cr_expect(value_equal(printed, again));
    cr_expect_eq(second.pod_max_backoff, 60250 * SIM_MILLISECOND);
    value_drop(exponential);
    value_drop(printed);
    value_drop(again);
    settings_close(&first);
    settings_close(&second);
}
