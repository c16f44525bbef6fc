/* The fixture of stories about nodes. */
#include "tests/support/kubelet_stories.h"

#include <criterion/criterion.h>

#include "models/api/yaml.h"
#include "models/failures/failures.h"
#include "models/kubelet/kubelet.h"

void set_time(struct distribution **model, double seconds)
{
    distribution_free(*model);
    *model = distribution_new_constant(seconds);
}

void set_plain_times(struct world *world, double stop)
{
    struct settings *settings = &world->cluster->settings;
    set_time(&settings->api_write, 0);
    set_time(&settings->image_size, 0);
    set_time(&settings->scheduling_cycle, 0);
    set_time(&settings->container_start, 1);
    set_time(&settings->container_ready, 0);
    set_time(&settings->container_stop, stop);
}

struct world *given_nodes(const char *manifests, const char *flags)
{
    static const struct component *const parts[] = { &kubelets, &failure_planner, NULL };
    struct world *world = given_with("", parts, flags);
    struct settings *settings = &world->cluster->settings;
    set_time(&settings->api_write, 0);
    set_time(&settings->image_size, 0);
    set_time(&settings->container_start, 1);
    set_time(&settings->container_ready, 2);
    set_time(&settings->container_stop, 3);
    set_time(&settings->pre_stop, 5);
    create(world, manifests);
    until(world, 0);
    return world;
}

void fail(struct world *world, const char *kind, const char *target)
{
    struct error error = { 0 };
    cr_expect(failures_strike(world->cluster, kind, target, &error), "%s", error.text);
    error_close(&error);
}

void restore(struct world *world, const char *kind, const char *target)
{
    struct error error = { 0 };
    cr_expect(failures_mend(world->cluster, kind, target, &error), "%s", error.text);
    error_close(&error);
}

bool plan_entry(struct world *world, const char *entry, struct error_list *faults)
{
    struct documents documents = { 0 };
    documents_read(&documents, entry, strlen(entry), "test", faults);
    const bool good =
        documents.count == 1 && failures_plan(world->cluster, documents.items[0], faults);
    documents_close(&documents);
    return good;
}

void plan(struct world *world, const char *entry)
{
    struct error_list faults = { 0 };
    cr_expect(plan_entry(world, entry, &faults), "%s", faults.count ? faults.items[0].text : "");
    error_list_close(&faults);
}
