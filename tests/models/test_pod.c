#include "models/api/pod.h"

#include <criterion/criterion.h>
#include <malloc.h>

#include "models/api/kinds.h"
#include "tests/support/rows.h"

static struct codec codec;
static struct pod *pod;

static void make_pod(void)
{
    codec.texts = texts_new();
    codec.specs = pod_specs_new(codec.texts);
    struct value *tree = rows_parse("{\"metadata\":{\"name\":\"web-7984c657f-x2x4b\"},\"spec\":"
                                    "{\"containers\":[{\"name\":\"c\"}]}}");
    pod = (struct pod *)kind_infos[KIND_POD].load(&codec, tree);
    value_drop(tree);
}

static void drop_pod(void)
{
    object_drop(&pod->meta.object);
    pod_specs_free(codec.specs);
    texts_free(codec.texts);
}

TestSuite(pod, .init = make_pod, .fini = drop_pod);

static bool set_ready(bool ready, const char *reason, int seconds)
{
    return pod_set_condition(pod, codec.texts, POD_READY, ready, reason, NULL,
                             seconds * SIM_SECOND);
}

Test(pod, moves_the_transition_with_the_status_only)
{
    cr_expect(set_ready(false, "ContainersNotReady", 3), "a new condition");
    cr_expect_not(set_ready(false, "ContainersNotReady", 4), "nothing new");
    cr_expect(set_ready(false, "PodFailed", 5), "another reason");
    cr_expect_eq(pod->transitions[POD_READY], 3 * SIM_SECOND);
    cr_expect_str_eq(pod_condition_reason(pod, POD_READY), "PodFailed");
    cr_expect(set_ready(true, NULL, 6));
    cr_expect_eq(pod->transitions[POD_READY], 6 * SIM_SECOND);
    cr_expect_str_eq(pod_condition_reason(pod, POD_READY), "");
    cr_expect_null(pod->reasons, "no reasons, no memory");
}

Test(pod, leaves_earlier_versions_alone)
{
    set_ready(false, "ContainersNotReady", 3);
    pod_own_containers(pod, codec.texts)->items[0].restart_count = 1;
    struct object *before = object_copy(&pod->meta.object);
    set_ready(false, "PodFailed", 4);
    pod_own_containers(pod, codec.texts)->items[0].restart_count = 2;
    cr_expect_str_eq(pod_condition_reason(pod_of(before), POD_READY), "ContainersNotReady");
    cr_expect_eq(pod_of(before)->containers->items[0].restart_count, 1);
    object_drop(before);
}

static const struct {
    const char *why;
    int64_t ready_at, min_ready_seconds, now;
    bool want;
} rows[] = {
    { "ready is available when no time is asked for", 2500, 0, 2500, true },
    { "the transition counts in whole seconds: 2 + 3 = 5.000", 2500, 3, 5000, true },
    { "a millisecond sooner it is not over yet", 2500, 3, 4999, false },
    { "long after", 2500, 3, 90000, true },
};

Test(pod, is_available_after_its_minimal_time)
{
    cr_expect_not(pod_is_available(pod, 0, 9 * SIM_SECOND), "not ready");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set_ready(false, NULL, 0);
        pod_set_condition(pod, codec.texts, POD_READY, true, NULL, NULL,
                          rows[i].ready_at * SIM_MILLISECOND);
        cr_expect_eq(
            pod_is_available(pod, rows[i].min_ready_seconds, rows[i].now * SIM_MILLISECOND),
            rows[i].want, "%s", rows[i].why);
    }
}

/* Bar: a live pod takes at most 1 KiB with everything that keeps track of it. */
Test(pod, is_small)
{
    pod_own_containers(pod, codec.texts);
    const struct text *name = pod->meta.object.name; /* of a pool */
    const size_t bytes = malloc_usable_size(pod) + malloc_usable_size(pod->containers) +
                         sizeof *name + name->length + 1;
    cr_expect_leq(bytes, 450, "%zu bytes", bytes);
}
