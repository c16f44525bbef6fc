/* What follows a decision, with two plugins of the test's own in the profile: who is asked when, and
 * what becomes of a pod that waits for Permit. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/cluster/cluster.h"
#include "models/scheduler/permits.h"
#include "models/scheduler/scheduler.h"
#include "tests/support/scheduler_objects.h"

/* --- two plugins ------------------------------------------------------------------------------- */

/* What a plugin says when it is asked about the pod "web"; it lets all others pass. */
struct answers {
    enum permit permit;
    sim_time timeout; /* with PERMIT_WAIT */
    bool reserve_fails, pre_bind_fails;
    int pre_bind_seconds; /* how long PreBind takes */
};

/* Who is asked, and what for, with the whole seconds since the pod came. */
struct story {
    struct cluster *cluster;
    struct writer log;
    struct permits *permits;
    struct uid pod;
};

struct gate {
    struct story *story;
    struct answers answers;
    const char *name;
};

static const struct gate *gate_of(const struct sched_call *call)
{
    return call->args;
}

static bool is_web(const struct pod *pod)
{
    return strcmp(name_of(pod), "web") == 0;
}

static const struct pod *find_pod(const struct cluster *cluster, const char *name)
{
    return pod_of(client_get(&cluster->admin, KIND_POD, text_find(cluster->run->texts, "default"),
                             text_find(cluster->run->texts, name)));
}

/* Since the pod came. */
static int whole_seconds(const struct story *story)
{
    return (int)((run_now(story->cluster->run) - SIM_SECOND) / SIM_SECOND);
}

static void note(const struct gate *gate, const char *what)
{
    struct story *story = gate->story;
    writer_format(&story->log, "%s%d %s %s", story->log.length > 0 ? ", " : "",
                  whole_seconds(story), gate->name, what);
}

static bool gate_reserve(const struct sched_call *call, const struct pod *pod,
                         const struct node_info *node, struct rejection *rejection)
{
    const struct gate *gate = gate_of(call);
    (void)node;
    if (!is_web(pod))
        return true;
    note(gate, "Reserve");
    return !gate->answers.reserve_fails || reject(rejection, UNSCHEDULABLE, "nothing to reserve");
}

static void gate_unreserve(const struct sched_call *call, const struct pod *pod,
                           const struct node_info *node)
{
    (void)node;
    if (is_web(pod))
        note(gate_of(call), "Unreserve");
}

static enum permit gate_permit(const struct sched_call *call, const struct pod *pod,
                               const struct node_info *node, sim_time *timeout,
                               struct rejection *rejection)
{
    const struct gate *gate = gate_of(call);
    (void)node;
    if (!is_web(pod))
        return PERMIT_GO;
    note(gate, "Permit");
    gate->story->permits = call->permits;
    gate->story->pod = pod->meta.uid;
    if (gate->answers.permit == PERMIT_WAIT)
        *timeout = gate->answers.timeout;
    if (gate->answers.permit == PERMIT_REJECTED)
        reject(rejection, UNSCHEDULABLE, "not today");
    return gate->answers.permit;
}

/* It says whether the API server has the binding yet: DefaultBinder binds between the two. */
static const char *with_binding(const struct gate *gate, const struct pod *pod, const char *unbound,
                                const char *bound)
{
    const struct object *stored =
        store_get(gate->story->cluster->store, object_key(&pod->meta.object));
    return stored != NULL && pod_of(stored)->node_name != NULL ? bound : unbound;
}

static enum pre_bind gate_pre_bind(const struct sched_call *call, struct client *client,
                                   const struct pod *pod, const struct node_info *node, bool again,
                                   struct error *error)
{
    const struct gate *gate = gate_of(call);
    (void)client;
    (void)node;
    (void)again;
    if (!is_web(pod))
        return PRE_BIND_DONE;
    if (gate->answers.pre_bind_seconds > 0)
        return whole_seconds(gate->story) < gate->answers.pre_bind_seconds ? PRE_BIND_WAIT
                                                                           : PRE_BIND_DONE;
    note(gate, with_binding(gate, pod, "PreBind", "PreBind after Bind"));
    if (!gate->answers.pre_bind_fails)
        return PRE_BIND_DONE;
    error_set(error, (struct place){ 0 }, "no disk");
    return PRE_BIND_FAILED;
}

static void gate_post_bind(const struct sched_call *call, const struct pod *pod,
                           const struct text *node)
{
    (void)node;
    if (is_web(pod))
        note(gate_of(call), with_binding(gate_of(call), pod, "PostBind before Bind", "PostBind"));
}

static const struct sched_plugin first_plugin = {
    .name = "First",
    .reserve = gate_reserve,
    .unreserve = gate_unreserve,
    .permit = gate_permit,
    .pre_bind = gate_pre_bind,
    .post_bind = gate_post_bind,
}, second_plugin = {
    .name = "Second",
    .reserve = gate_reserve,
    .unreserve = gate_unreserve,
    .permit = gate_permit,
    .pre_bind = gate_pre_bind,
    .post_bind = gate_post_bind,
};

/* --- a cluster of one node with 4 CPUs --------------------------------------------------------- */

static void join(struct profile *profile, const struct sched_plugin *plugin, struct gate *gate)
{
    const uint8_t index = (uint8_t)profile->plugin_count++;
    profile->plugins[index] = (struct profile_plugin){ plugin, gate };
    for (int at = 0; at < EXTENSION_POINTS; at++) {
        struct point *point = &profile->points[at];
        if (sched_plugin_takes_part(plugin, (enum extension_point)at)) {
            point->items[point->count].weight = 1;
            point->items[point->count++].plugin = index;
        }
    }
}

static void create(struct cluster *cluster, const void *record)
{
    client_begin(&cluster->admin, (struct cause){ 0, 0 });
    cr_assert_eq(client_create(&cluster->admin, (struct object *)record, NULL, NULL),
                 REPLY_CREATED);
}

static struct cluster *cluster_with_gates(struct run *run, struct gate *first, struct gate *second)
{
    static const struct component *const only_scheduler[] = { &scheduler_component, NULL };
    struct settings settings;
    settings_init(&settings);
    settings.scheduling_cycle = distribution_new_constant(0.6e-3);
    struct cluster *cluster = cluster_new_with(run, "", settings, only_scheduler);
    struct scheduler *scheduler = cluster_component(cluster, scheduler_component.name);
    struct profile *profile = scheduler_view_of(scheduler)->configuration->profiles[0];
    join(profile, &first_plugin, first);
    join(profile, &second_plugin, second);
    create(cluster, node_make(&cluster->codec, "a", 4, 8, NULL));
    return cluster;
}

static void delete_web(struct cluster *cluster)
{
    const struct delete_options now = { .grace_seconds = 0 };
    client_begin(&cluster->admin, (struct cause){ 0, 0 });
    client_delete(&cluster->admin, object_key(&find_pod(cluster, "web")->meta.object), now, NULL);
}

/* --- the rules --------------------------------------------------------------------------------- */

enum act { NOTHING, ALLOW_FIRST, ALLOW_SECOND, REJECT_SECOND, REJECT_BY_ANOTHER, DELETE };

static void act(struct story *story, enum act what)
{
    switch (what) {
    case ALLOW_FIRST:
        permits_allow(story->permits, story->pod, &first_plugin);
        break;
    case ALLOW_SECOND:
        permits_allow(story->permits, story->pod, &second_plugin);
        break;
    case REJECT_SECOND:
        permits_reject(story->permits, story->pod, &second_plugin, "second thoughts");
        break;
    case REJECT_BY_ANOTHER:
        permits_reject(story->permits, story->pod, NULL, "in the way");
        break;
    case DELETE:
        delete_web(story->cluster);
        break;
    default:
        break;
    }
}

#define TAKEN          "0 First Reserve, 0 Second Reserve, 0 First Permit, 0 Second Permit"
#define GIVEN_BACK(at) ", " at " Second Unreserve, " at " First Unreserve"
#define BOUND(at)                                                                                  \
    ", " at " First PreBind, " at " Second PreBind, " at " First PostBind, " at " Second PostBind"
#define NO_NODE(reason) "0/1 nodes are available: 1 " reason "."

static const struct {
    const char *why;
    struct answers first, second;
    struct {
        int at; /* seconds after the pod came */
        enum act what;
    } acts[2];
    int seconds; /* how long it is looked at */
    const char *log;
    const char *message; /* of the condition PodScheduled; NULL: bound; "": gone */
} rows[] = {
    { "each point asks its plugins in the order of the profile, and Bind comes before PostBind",
      { 0 },
      { 0 },
      { { 0, NOTHING } },
      1,
      TAKEN BOUND("0"),
      NULL },
    { "a plugin that cannot reserve has made an error; Permit is not asked; all unreserve, the "
      "last "
      "one first, as Unreserve must bear not having reserved",
      { .reserve_fails = true },
      { 0 },
      { { 0, NOTHING } },
      1,
      "0 First Reserve" GIVEN_BACK("0"),
      "running Reserve plugin \"First\": nothing to reserve" },
    { "who rejects is the last to be asked",
      { .permit = PERMIT_REJECTED },
      { 0 },
      { { 0, NOTHING } },
      20,
      "0 First Reserve, 0 Second Reserve, 0 First Permit" GIVEN_BACK("0"),
      NO_NODE("not today") },
    { "a later one may reject although an earlier one would wait",
      { .permit = PERMIT_WAIT, .timeout = 10 * SIM_SECOND },
      { .permit = PERMIT_REJECTED },
      { { 0, NOTHING } },
      20,
      TAKEN GIVEN_BACK("0"),
      NO_NODE("not today") },
    { "a pod that is let go is bound then",
      { .permit = PERMIT_WAIT, .timeout = 10 * SIM_SECOND },
      { 0 },
      { { 3, ALLOW_FIRST } },
      20,
      TAKEN BOUND("3"),
      NULL },
    { "who was not waited for has nothing to let go",
      { .permit = PERMIT_WAIT, .timeout = 10 * SIM_SECOND },
      { 0 },
      { { 3, ALLOW_SECOND } },
      20,
      TAKEN GIVEN_BACK("10"),
      NO_NODE("rejected due to timeout after waiting 10s at plugin First") },
    { "all of them have to let it go",
      { .permit = PERMIT_WAIT, .timeout = 10 * SIM_SECOND },
      { .permit = PERMIT_WAIT, .timeout = 10 * SIM_SECOND },
      { { 3, ALLOW_FIRST }, { 5, ALLOW_SECOND } },
      20,
      TAKEN BOUND("5"),
      NULL },
    { "the shortest time-out ends first, whoever it belongs to",
      { .permit = PERMIT_WAIT, .timeout = 10 * SIM_SECOND },
      { .permit = PERMIT_WAIT, .timeout = 4 * SIM_SECOND },
      { { 0, NOTHING } },
      20,
      TAKEN GIVEN_BACK("4"),
      NO_NODE("rejected due to timeout after waiting 4s at plugin Second") },
    { "whoever has let the pod go takes its time-out with it",
      { .permit = PERMIT_WAIT, .timeout = 4 * SIM_SECOND },
      { .permit = PERMIT_WAIT, .timeout = 60 * SIM_SECOND },
      { { 3, ALLOW_FIRST } },
      70,
      TAKEN GIVEN_BACK("60"),
      NO_NODE("rejected due to timeout after waiting 1m0s at plugin Second") },
    { "no plugin may let a pod wait for more than a quarter of an hour",
      { .permit = PERMIT_WAIT, .timeout = 2 * SIM_HOUR },
      { 0 },
      { { 0, NOTHING } },
      1000,
      TAKEN GIVEN_BACK("900"),
      NO_NODE("rejected due to timeout after waiting 15m0s at plugin First") },
    { "a rejection ends the wait for all",
      { .permit = PERMIT_WAIT, .timeout = 10 * SIM_SECOND },
      { .permit = PERMIT_WAIT, .timeout = 10 * SIM_SECOND },
      { { 2, REJECT_SECOND }, { 2, ALLOW_FIRST } },
      20,
      TAKEN GIVEN_BACK("2"),
      NO_NODE("second thoughts") },
    { "a plugin that the pod does not wait for may reject it, too",
      { .permit = PERMIT_WAIT, .timeout = 10 * SIM_SECOND },
      { 0 },
      { { 2, REJECT_SECOND } },
      20,
      TAKEN GIVEN_BACK("2"),
      NO_NODE("second thoughts") },
    { "so may somebody who is no plugin of the profile",
      { 0 },
      { .permit = PERMIT_WAIT, .timeout = 10 * SIM_SECOND },
      { { 2, REJECT_BY_ANOTHER } },
      20,
      TAKEN GIVEN_BACK("2"),
      NO_NODE("in the way") },
    { "a pod that is deleted does not wait any longer",
      { .permit = PERMIT_WAIT, .timeout = 10 * SIM_SECOND },
      { 0 },
      { { 2, DELETE } },
      20,
      TAKEN GIVEN_BACK("2"),
      "" },
    { "what fails before Bind gives back what it has, and is an error",
      { .pre_bind_fails = true },
      { 0 },
      { { 0, NOTHING } },
      1,
      TAKEN ", 0 First PreBind" GIVEN_BACK("0"),
      "running PreBind plugin \"First\": no disk" },
};

static void play(struct story *story, size_t row)
{
    struct run *run = story->cluster->run;
    run_until(run, SIM_SECOND);
    create(story->cluster, pod_make(&story->cluster->codec, "web", requests("3", "1Gi")));
    for (size_t i = 0; i < 2 && rows[row].acts[i].what != NOTHING; i++) {
        run_until(run, SIM_SECOND + rows[row].acts[i].at * SIM_SECOND);
        act(story, rows[row].acts[i].what);
    }
    run_until(run, SIM_SECOND + rows[row].seconds * SIM_SECOND);
}

static void expect_end(const struct cluster *cluster, const char *message, const char *why)
{
    const struct pod *pod = find_pod(cluster, "web");
    cr_expect_eq(pod == NULL, message != NULL && *message == '\0', "%s", why);
    if (pod == NULL)
        return;
    cr_expect_eq(pod->node_name == NULL, message != NULL, "%s", why);
    if (message != NULL)
        cr_expect_str_eq(pod_condition_message(pod, POD_SCHEDULED), message, "%s", why);
}

Test(binding_cycle, asks_in_order_waits_and_gives_back)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct run *run = run_new(1);
        struct story story = { 0 };
        struct gate first = { &story, rows[i].first, "First" };
        struct gate second = { &story, rows[i].second, "Second" };
        story.cluster = cluster_with_gates(run, &first, &second);
        play(&story, i);
        char *log = writer_take(&story.log);
        cr_expect_str_eq(log, rows[i].log, "%s: %s", rows[i].why, log);
        expect_end(story.cluster, rows[i].message, rows[i].why);
        free(log);
        cluster_free(story.cluster);
        run_free(run);
    }
}

/* --- beside other pods ------------------------------------------------------------------------- */

/* A pod that waits has its room, and others are tried meanwhile; when it is rejected or deleted, the
 * room is theirs at once. The binding ends within the minute after. */
static void expect_room_at(struct answers answers, enum act what, int gone_at)
{
    struct run *run = run_new(1);
    struct story story = { 0 };
    struct gate first = { &story, answers, "First" };
    struct gate second = { &story, { 0 }, "Second" };
    story.cluster = cluster_with_gates(run, &first, &second);
    run_until(run, SIM_SECOND);
    create(story.cluster, pod_make(&story.cluster->codec, "web", requests("3", "1Gi")));
    run_until(run, 2 * SIM_SECOND);
    create(story.cluster, pod_make(&story.cluster->codec, "small", requests("1", "1Gi")));
    create(story.cluster, pod_make(&story.cluster->codec, "large", requests("2", "1Gi")));
    run_until(run, 20 * SIM_SECOND);
    cr_expect_not_null(find_pod(story.cluster, "small")->node_name);
    cr_expect_null(find_pod(story.cluster, "large")->node_name);
    act(&story, what);
    run_until(run, (gone_at + 1) * SIM_SECOND);
    cr_expect_null(find_pod(story.cluster, "large")->node_name);
    run_until(run, (gone_at + 2) * SIM_SECOND);
    cr_expect_not_null(find_pod(story.cluster, "large")->node_name);
    run_until(run, (gone_at + 60) * SIM_SECOND);
    cr_expect_null(story.permits->first);
    cr_expect_not_null(strstr(story.log.bytes, "Second Unreserve, "));
    writer_close(&story.log);
    cluster_free(story.cluster);
    run_free(run);
}

Test(binding_cycle, keeps_the_room_of_a_pod_that_waits)
{
    expect_room_at((struct answers){ .permit = PERMIT_WAIT, .timeout = SIM_MINUTE }, NOTHING, 60);
}

Test(binding_cycle, gives_the_room_of_a_deleted_pod_to_others_at_once)
{
    expect_room_at((struct answers){ .permit = PERMIT_WAIT, .timeout = SIM_MINUTE }, DELETE, 19);
    expect_room_at((struct answers){ .pre_bind_seconds = 30 }, DELETE, 19);
}

Test(binding_cycle, knows_only_pods_that_wait)
{
    struct permits nobody = { 0 };
    cr_expect_not(permits_allow(&nobody, (struct uid){ 0, 1 }, &first_plugin));
    cr_expect_not(permits_reject(&nobody, (struct uid){ 0, 1 }, &first_plugin, "never"));
}
