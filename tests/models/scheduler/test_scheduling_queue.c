/* The queue over time, against the rules found in the recordings of the real one. */
#include "models/scheduler/queue/scheduling_queue.h"

#include <criterion/criterion.h>

#include "tests/support/scheduler_objects.h"

struct queue_world {
    struct run *run;
    struct codec codec;
    struct scheduler_configuration *configuration;
    struct scheduling_queue *queue;
};

static void nothing(void *subject)
{
    (void)subject;
}

static struct queue_world world_new(void)
{
    struct error_list errors = { 0 };
    struct queue_world world = { .run = run_new(1) };
    world.codec = codec_new(world.run);
    world.configuration = scheduler_configuration_load(world.run->texts, NULL, &errors);
    world.queue = scheduling_queue_new(world.run, world.configuration, nothing, NULL);
    return world;
}

static void world_close(struct queue_world *world)
{
    scheduling_queue_free(world->queue);
    scheduler_configuration_free(world->configuration);
    codec_close(&world->codec);
    run_free(world->run);
}

static void add(struct queue_world *world, const char *name, const char *spec)
{
    const struct pod *pod = pod_make(&world->codec, name, spec);
    scheduling_queue_add(world->queue, pod, world->configuration->profiles[0],
                         (struct cause){ 0, 0 });
    object_drop(&pod->meta.object);
}

static uint64_t plugin_bit(const struct queue_world *world, const char *name)
{
    const struct profile *profile = world->configuration->profiles[0];
    for (size_t i = 0; i < profile->plugin_count; i++)
        if (strcmp(profile->plugins[i].plugin->name, name) == 0)
            return (uint64_t)1 << i;
    cr_assert(false, "no plugin %s", name);
    return 0;
}

static void fail_by(struct queue_world *world, const char *plugin)
{
    struct waiting_pod *waiting = scheduling_queue_pop(world->queue);
    cr_assert_not_null(waiting);
    scheduling_queue_fail(world->queue, waiting,
                          (struct rejectors){ plugin ? plugin_bit(world, plugin) : 0, 0 });
}

static void expect_next(struct queue_world *world, const char *name)
{
    struct waiting_pod *waiting = scheduling_queue_pop(world->queue);
    cr_assert_not_null(waiting, "%s should be next", name);
    cr_expect_str_eq(name_of(waiting->pod), name);
    scheduling_queue_done(world->queue, waiting);
}

static size_t waiting_in(const struct queue_world *world, enum waiting_place place)
{
    return scheduling_queue_length(world->queue, place);
}

static void node_added(struct queue_world *world, int cpu)
{
    const struct node *node = node_make(&world->codec, "new", cpu, 64, NULL);
    const struct cluster_event event = {
        .kind = KIND_NODE, .action = EVENT_ADD, .label = "NodeAdd", .after = &node->meta.object
    };
    scheduling_queue_event(world->queue, &event, (struct cause){ 0, 0 });
    object_drop(&node->meta.object);
}

Test(scheduling_queue, gives_the_highest_priority_first_then_the_longest_waiting)
{
    struct queue_world world = world_new();
    add(&world, "low", "\"priority\":1,\"containers\":[]");
    add(&world, "high", "\"priority\":7,\"containers\":[]");
    add(&world, "low-later", "\"priority\":1,\"containers\":[]");
    expect_next(&world, "high");
    expect_next(&world, "low");
    expect_next(&world, "low-later");
    world_close(&world);
}

Test(scheduling_queue, keeps_an_error_for_its_back_off_and_the_second_that_follows)
{
    static const struct {
        const char *why;
        sim_time fails_ms, comes_back_ms;
    } rows[] = {
        { "failing at .999: expiry is cut to 1.000, the flush at 2.000 takes it", 999, 2000 },
        { "failing at .000: the flush at the very second of expiry does not", 1000, 3000 },
        { "in the middle of a second", 1500, 3000 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct queue_world world = world_new();
        run_until(world.run, rows[i].fails_ms * SIM_MILLISECOND);
        add(&world, "p", "\"containers\":[]");
        fail_by(&world, NULL);
        run_until(world.run, rows[i].comes_back_ms * SIM_MILLISECOND - 1);
        cr_expect_null(scheduling_queue_pop(world.queue), "%s", rows[i].why);
        run_until(world.run, rows[i].comes_back_ms * SIM_MILLISECOND);
        expect_next(&world, "p");
        world_close(&world);
    }
}

Test(scheduling_queue, doubles_the_back_off_of_errors_up_to_ten_seconds)
{
    static const sim_time back_off[] = { 1, 2, 4, 8, 10, 10 };
    struct queue_world world = world_new();
    sim_time at = 0;
    add(&world, "p", "\"containers\":[]");
    for (size_t i = 0; i < sizeof back_off / sizeof *back_off; i++) {
        fail_by(&world, NULL);
        at += (back_off[i] + 1) * SIM_SECOND;
        run_until(world.run, at - 1);
        cr_expect_eq(waiting_in(&world, WAITING_ACTIVE), 0, "failure %zu", i + 1);
        run_until(world.run, at);
        cr_expect_eq(waiting_in(&world, WAITING_ACTIVE), 1, "failure %zu", i + 1);
    }
    world_close(&world);
}

Test(scheduling_queue, looks_at_the_unschedulable_every_thirty_seconds_after_five_minutes)
{
    struct queue_world world = world_new();
    run_until(world.run, 10 * SIM_SECOND);
    add(&world, "p", "\"containers\":[]");
    fail_by(&world, "NodeResourcesFit");
    run_until(world.run, 330 * SIM_SECOND - 1);
    cr_expect_eq(waiting_in(&world, WAITING_POOL), 1);
    run_until(world.run, 330 * SIM_SECOND);
    cr_expect(scheduling_queue_find(world.queue, text_find(world.run->texts, "default"),
                                    text_find(world.run->texts, "p"))
                  ->flushed);
    expect_next(&world, "p");
    world_close(&world);
}

Test(scheduling_queue, wakes_a_pod_only_by_what_may_help_it)
{
    struct queue_world world = world_new();
    add(&world, "big", requests("8", "1Gi"));
    fail_by(&world, "NodeResourcesFit");
    node_added(&world, 4);
    cr_expect_eq(waiting_in(&world, WAITING_POOL), 1, "a node that is too small helps nobody");
    node_added(&world, 16);
    cr_expect_eq(waiting_in(&world, WAITING_BACKOFF), 1, "it was rejected just now");
    expect_next(&world, "big"); /* with nothing else to do, the back-off is not waited for */
    world_close(&world);
}

Test(scheduling_queue, remembers_what_happened_while_a_pod_was_being_tried)
{
    struct queue_world world = world_new();
    add(&world, "p", requests("2", "1Gi"));
    struct waiting_pod *waiting = scheduling_queue_pop(world.queue);
    node_added(&world, 16);
    scheduling_queue_fail(world.queue, waiting,
                          (struct rejectors){ plugin_bit(&world, "NodeResourcesFit"), 0 });
    cr_expect_eq(waiting_in(&world, WAITING_BACKOFF), 1);

    add(&world, "q", requests("2", "1Gi"));
    node_added(&world, 16); /* before q is popped: it does not count for q */
    waiting = scheduling_queue_pop(world.queue);
    cr_expect_str_eq(name_of(waiting->pod), "q");
    scheduling_queue_fail(world.queue, waiting,
                          (struct rejectors){ plugin_bit(&world, "NodeResourcesFit"), 0 });
    cr_expect_eq(waiting_in(&world, WAITING_POOL), 1);
    world_close(&world);
}

Test(scheduling_queue, keeps_gated_pods_out_until_the_last_gate_is_gone)
{
    struct queue_world world = world_new();
    const struct pod *gated = pod_make(
        &world.codec, "p", "\"containers\":[],\"schedulingGates\":[{\"name\":\"example.com/a\"}]");
    const struct pod *open = pod_make(&world.codec, "p", "\"containers\":[]");
    scheduling_queue_add(world.queue, gated, world.configuration->profiles[0],
                         (struct cause){ 0, 0 });
    node_added(&world, 16);
    cr_expect_null(scheduling_queue_pop(world.queue));
    scheduling_queue_update(world.queue, gated, open, world.configuration->profiles[0],
                            (struct cause){ 0, 0 });
    expect_next(&world, "p");
    object_drop(&gated->meta.object);
    object_drop(&open->meta.object);
    world_close(&world);
}

Test(scheduling_queue, forgets_a_pod_deleted_while_it_was_being_tried)
{
    struct queue_world world = world_new();
    const struct pod *pod = pod_make(&world.codec, "p", "\"containers\":[]");
    scheduling_queue_add(world.queue, pod, world.configuration->profiles[0],
                         (struct cause){ 0, 0 });
    struct waiting_pod *waiting = scheduling_queue_pop(world.queue);
    scheduling_queue_delete(world.queue, pod);
    scheduling_queue_add(world.queue, pod, world.configuration->profiles[0],
                         (struct cause){ 0, 0 });
    scheduling_queue_fail(world.queue, waiting, (struct rejectors){ 0, 0 });
    expect_next(&world, "p"); /* the new one of that name */
    cr_expect_null(scheduling_queue_pop(world.queue));
    object_drop(&pod->meta.object);
    world_close(&world);
}
