/* The cluster of a recording, and its run. */
#include "tests/support/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tests/support/replay_private.h"
#include "tools/tz_database.h"

enum { FIRST_NODES = 10 };
#define SETTLED (60 * SIM_SECOND) /* when a scenario begins in our cluster */
#define RUN_ON  (300 * SIM_MILLISECOND)

/* --- settings ------------------------------------------------------------------------------- */

/* The flags in README.md, and the gate of which the notes of "...-gated" speak. The clock is the
 * recording's where something depends on it. */
static struct settings recorded_settings(bool gated, int64_t began)
{
    static const char *const flags[][2] = {
        { "kube-controller-manager/kube-api-qps", "300" },
        { "kube-controller-manager/kube-api-burst", "600" },
        { "node-monitor-period", "1s" },
        { "node-monitor-grace-period", "10s" },
        { "kube-scheduler/kube-api-qps", "300" },
        { "horizontal-pod-autoscaler-sync-period", "5s" },
        { "horizontal-pod-autoscaler-downscale-stabilization", "20s" },
        { "horizontal-pod-autoscaler-cpu-initialization-period", "5s" },
        { "horizontal-pod-autoscaler-initial-readiness-delay", "2s" },
        { "metric-resolution", "0s" }, /* the fake metrics-server answers at once */
    };
    struct settings settings;
    struct error error = { 0 };
    settings_init(&settings);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (!settings_set(&settings, flags[i][0], flags[i][1], (struct place){ 0 }, &error)) {
            fprintf(stderr, "%s\n", error.text);
            abort();
        }
    settings.epoch_seconds = began >= 0 ? began - SETTLED / SIM_SECOND : 1767225600;
    settings.zones = tz_database_read;
    settings.keep_events = true;
    settings.max_unavailable_stateful_set = gated;
    settings.stage_kubelet = true;
    return settings;
}

/* --- objects -------------------------------------------------------------------------------- */

void player_create(struct player *player, const struct value *document)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    struct cluster *cluster = player->cluster;
    struct object *object = cluster_admit(cluster, document, "default", &faults, &warnings);
    if (object == NULL) {
        fprintf(stderr, "%s\n", faults.items[0].text);
        abort();
    }
    client_begin(&cluster->admin, (struct cause){ 0, 0 });
    client_create(&cluster->admin, object, NULL, NULL);
    error_list_close(&faults);
    error_list_close(&warnings);
}

static void create_json(struct player *player, char *json)
{
    struct error error = { 0 };
    struct value *document = json_read(json, strlen(json), (struct place){ 0 }, NULL, &error);
    player_create(player, document);
    value_drop(document);
    free(json);
}

/* The nodes that are always there, and the namespace. */
static void bring_up(struct player *player)
{
    static const char amounts[] =
        "{\"cpu\":\"8\",\"memory\":\"32Gi\",\"ephemeral-storage\":\"100Gi\",\"pods\":\"250\"}";
    for (int i = 0; i < FIRST_NODES; i++)
        create_json(player, mem_format("{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{"
                                       "\"name\":\"n%d\",\"labels\":{\"oracle-managed\":\"yes\","
                                       "\"topology.kubernetes.io/zone\":\"%c\"}},\"status\":{"
                                       "\"capacity\":%s,\"allocatable\":%s}}",
                                       i, 'a' + i % 3, amounts, amounts));
    create_json(player, mem_format("{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{"
                                   "\"name\":\"%s\"}}",
                                   player->recorded.space));
    player_make_volumes(player);
    for (size_t i = 0; i < player->recorded.nodes->count; i++)
        if (value_int(value_get(player->recorded.nodes->items[i], "at_ms"), 0) < 0)
            player_create(player, value_get(player->recorded.nodes->items[i], "document"));
}

/* A Node made in the scenario, at its recorded time. */
struct joining {
    struct player *player;
    const struct value *document;
};

static void join(void *subject, sim_time now)
{
    struct joining *joining = subject;
    (void)now;
    player_create(joining->player, joining->document);
    free(joining);
}

static void plan_nodes(struct player *player)
{
    const struct value *nodes = player->recorded.nodes;
    for (size_t i = 0; i < nodes->count; i++) {
        const int64_t at_ms = value_int(value_get(nodes->items[i], "at_ms"), 0);
        if (at_ms < 0)
            continue;
        struct joining *joining = mem_new(sizeof *joining);
        *joining = (struct joining){ player, value_get(nodes->items[i], "document") };
        run_at(player->run, player->emitted.begin + at_ms * SIM_MILLISECOND, PRIORITY_WORLD, join,
               joining);
    }
}

/* --- what was left to chance ------------------------------------------------------------------ */

/* The number of the next random name of this kind and prefix, as the object is made. */
static size_t next_number(struct player *player, enum kind kind, const char *prefix)
{
    for (size_t i = 0; i < player->prefix_count; i++)
        if (player->prefixes[i].kind == kind && strcmp(player->prefixes[i].text, prefix) == 0)
            return ++player->prefixes[i].made;
    MEM_GROW(player->prefixes, player->prefix_count, player->prefix_capacity);
    player->prefixes[player->prefix_count++] =
        (struct prefix){ kind, mem_text(prefix, strlen(prefix)), 1 };
    return 1;
}

/* The uid that the recording has for the object of this (numbered) name. */
static void identify(void *context, struct meta *object)
{
    struct player *player = context;
    const struct text *prefix = object->generate_name;
    const enum kind kind = object->object.kind;
    char *name = prefix != NULL && object->object.name == NULL
                     ? mem_format("%s<%zu>", prefix->s, next_number(player, kind, prefix->s))
                     : mem_text(name_of(object), strlen(name_of(object)));
    const char *uid = recorded_take_uid(&player->recorded, kind_infos[kind].name, name);
    if (uid != NULL)
        uid_parse(uid, &object->uid);
    free(name);
}

/* The option of this name; `options` when there is none. */
static uint32_t option_named(const struct question *question, const char *name)
{
    uint32_t option = 0;
    while (option < question->options && name != NULL &&
           strcmp(question->name(question->context, option), name) != 0)
        option++;
    return name != NULL ? option : question->options;
}

/* Of equal pods, the one whose recorded namesake was deleted first. */
static uint32_t option_deleted(const struct player *player, const struct question *question)
{
    uint32_t first = question->options;
    size_t earliest = SIZE_MAX;
    for (uint32_t option = 0; option < question->options; option++) {
        char *pod = emitted_numbered(&player->emitted, question->name(question->context, option));
        const size_t deletion = recorded_deletion(&player->recorded, pod);
        free(pod);
        if (deletion >= earliest)
            continue;
        earliest = deletion;
        first = option;
    }
    return first;
}

/* Where the recorded control plane made a choice that Kubernetes leaves open, ours makes it, too. */
static uint32_t decide(void *context, const struct question *question)
{
    struct player *player = context;
    char *pod = emitted_numbered(&player->emitted, question->entity);
    uint32_t taken = question->options;
    if (strcmp(question->purpose, "budget-of-pod") == 0)
        taken = option_named(question, recorded_budget(&player->recorded, pod));
    else if (strcmp(question->purpose, "node") == 0)
        taken = option_named(question, recorded_node(&player->recorded, pod));
    else if (strcmp(question->purpose, "pod-to-delete") == 0)
        taken = option_deleted(player, question);
    free(pod);
    return taken;
}

/* --- the run ---------------------------------------------------------------------------------- */

void player_advance(struct player *player, sim_time recorded)
{
    const sim_time at = player->emitted.begin + player->late + recorded;
    if (at > run_now(player->run)) /* recorded steps may overlap by some milliseconds */
        run_until(player->run, at);
}

void player_replied(struct player *player, const char *what, const char *differs)
{
    player->replay->commands++;
    if (differs == NULL)
        player->replay->agreed++;
    else
        writer_format(&player->replay->replies, "%s: %s\n", what, differs);
}

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static void begin(struct player *player, const char *directory)
{
    player->run = run_new(1);
    player->cluster = cluster_new(
        player->run, "", recorded_settings(ends_with(directory, "-gated"), player->recorded.began));
    emitted_init(&player->emitted, player->cluster, player->recorded.space);
    player->cluster->identify = identify;
    player->cluster->identify_context = player;
    player->run->decide = decide;
    player->run->decide_context = player;
    player->actions = actions_new(player->cluster);
    bring_up(player);
    run_until(player->run, SETTLED + player->recorded.fraction);
    emitted_begin(&player->emitted);
    plan_nodes(player);
}

static void end(struct player *player)
{
    actions_free(player->actions);
    cluster_free(player->cluster);
    emitted_close(&player->emitted);
    run_free(player->run);
    for (size_t i = 0; i < player->prefix_count; i++)
        free(player->prefixes[i].text);
    free(player->prefixes);
    recorded_close(&player->recorded);
}

bool replay_play(struct replay *replay, const char *directory, struct error *error)
{
    struct player player = { .replay = replay };
    *replay = (struct replay){ .commands = 0 };
    if (!recorded_load(&player.recorded, directory, error)) {
        recorded_close(&player.recorded);
        return false;
    }
    begin(&player, directory);
    for (size_t i = 0; i < player.recorded.steps->count; i++)
        player_step(&player, player.recorded.steps->items[i]);
    run_until(player.run, run_now(player.run) + RUN_ON);
    replay->timeline = player.emitted.timeline;
    replay->events = player.emitted.events;
    player.emitted.timeline = player.emitted.events = (struct writer){ 0 };
    end(&player);
    return true;
}

void replay_close(struct replay *replay)
{
    writer_close(&replay->timeline);
    writer_close(&replay->events);
    writer_close(&replay->replies);
}

static bool write_file(const char *directory, const char *name, const struct writer *lines,
                       struct error *error)
{
    char *path = mem_format("%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    const bool opened = file != NULL;
    if (opened) {
        if (lines->length > 0)
            fwrite(lines->bytes, 1, lines->length, file);
        fclose(file);
    } else {
        error_set(error, (struct place){ .file = directory }, "%s cannot be written", name);
    }
    free(path);
    return opened;
}

bool replay_write(const struct replay *replay, const char *directory, struct error *error)
{
    mkdir(directory, 0777);
    return write_file(directory, "timeline.jsonl", &replay->timeline, error) &&
           write_file(directory, "events.jsonl", &replay->events, error);
}
