/* The correlator of Kubernetes Events, kept once for all sources of a cluster.
 *
 * client-go keeps one correlator per source, each with caches of 4096 entries; here the source is
 * part of the key and the caches are shared. Keys are 64-bit hashes of what the real keys spell
 * out. Event objects are written past the rate limit and cost no time, so that keeping events
 * does not change a run. */
#include "models/cluster/event_recorder.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/event.h"
#include "models/cluster/cluster.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"

enum {
    REMEMBERED = 4096,   /* entries of each cache; the least recently used goes first */
    SIMILAR = 10,        /* different messages from which on they are combined */
    BURST = 25,          /* events of one source about one object at once */
    REFILL_SECONDS = 300 /* ... and one more each */
};

static const sim_time similar_window = 10 * SIM_MINUTE;

/* One entry of a cache: what is remembered under a key. A cache uses one of the members. */
struct memory {
    struct table_node node;
    struct memory *newer, *older;
    union {
        struct {
            uint64_t messages[SIMILAR];
            uint32_t count;
            sim_time last;
        } similar; /* by source, object, type and reason */
        struct {
            struct object_key event; /* its texts are held */
            int32_t count;
        } written; /* by all of that and the message */
        struct {
            double tokens;
            sim_time refilled;
        } budget; /* by source and object */
    };
};

struct memories {
    struct table table;
    struct memory *newest, *oldest;
    size_t count;
    void (*close)(struct memory *memory); /* drop what an entry holds; NULL: nothing */
};

struct event_recorder {
    struct cluster *cluster;
    struct memories similar, written, budgets;
    uint64_t written_count; /* Event objects created so far */
};

static void close_written(struct memory *memory)
{
    object_key_drop(memory->written.event);
}

static void memories_init(struct memories *memories, void (*close)(struct memory *))
{
    *memories = (struct memories){ .close = close };
    table_init(&memories->table);
}

static void unlink_memory(struct memories *memories, struct memory *memory)
{
    *(memory->newer != NULL ? &memory->newer->older : &memories->newest) = memory->older;
    *(memory->older != NULL ? &memory->older->newer : &memories->oldest) = memory->newer;
}

static void link_newest(struct memories *memories, struct memory *memory)
{
    memory->newer = NULL;
    memory->older = memories->newest;
    *(memory->older != NULL ? &memory->older->newer : &memories->oldest) = memory;
    memories->newest = memory;
}

static void forget(struct memories *memories, struct memory *memory)
{
    unlink_memory(memories, memory);
    table_remove(&memories->table, &memory->node);
    memories->count--;
    if (memories->close != NULL)
        memories->close(memory);
    free(memory);
}

static void memories_close(struct memories *memories)
{
    while (memories->oldest != NULL)
        forget(memories, memories->oldest);
    table_close(&memories->table);
}

/* The entry of a key, now the most recently used; a zeroed one if there was none. */
static struct memory *recall(struct memories *memories, uint64_t key, bool *is_new)
{
    struct memory *memory = (struct memory *)table_first(&memories->table, key);
    *is_new = memory == NULL;
    if (memory != NULL) {
        unlink_memory(memories, memory);
        link_newest(memories, memory);
        return memory;
    }
    if (memories->count == REMEMBERED)
        forget(memories, memories->oldest);
    memory = mem_new(sizeof *memory);
    table_add(&memories->table, &memory->node, key);
    link_newest(memories, memory);
    memories->count++;
    return memory;
}

/* --- correlation ---------------------------------------------------------------------- */

/* What somebody said, and the hashes that tell it from what others said. */
struct saying {
    const char *source, *reason, *message;
    const struct object *about;
    bool warning;
    sim_time now;
    struct cause cause;
    uint64_t object_hash, similar_hash, full_hash;
};

static uint64_t hash_more(uint64_t hash, const char *text)
{
    return (hash ^ text_hash(text, strlen(text))) * 0x9E3779B97F4A7C15u + 1;
}

static void hash_saying(struct saying *saying)
{
    const struct meta *about = meta_of(saying->about);
    uint64_t hash = object_key_hash(object_key(saying->about)) ^ about->uid.low;
    hash = hash_more(hash, saying->source);
    saying->object_hash = hash;
    hash = hash_more(hash, saying->reason) + saying->warning;
    saying->similar_hash = hash;
    saying->full_hash = hash_more(hash, saying->message);
}

/* EventAggregator.EventAggregate: is this the tenth of its like, or later? */
static bool is_combined(struct event_recorder *recorder, const struct saying *saying)
{
    bool is_new;
    struct memory *memory = recall(&recorder->similar, saying->similar_hash, &is_new);
    if (saying->now - memory->similar.last > similar_window)
        memory->similar.count = 0;
    memory->similar.last = saying->now;
    const uint64_t message = text_hash(saying->message, strlen(saying->message));
    uint32_t i = 0;
    while (i < memory->similar.count && memory->similar.messages[i] != message)
        i++;
    if (i == memory->similar.count)
        memory->similar.messages[memory->similar.count++] = message;
    if (memory->similar.count < SIMILAR)
        return false;
    /* Room for the next one. The real set gives up any of its members; this one the oldest. */
    memory->similar.count--;
    memmove(memory->similar.messages, memory->similar.messages + 1,
            memory->similar.count * sizeof memory->similar.messages[0]);
    return true;
}

/* EventSourceObjectSpamFilter.Filter. */
static bool is_spam(struct event_recorder *recorder, const struct saying *saying)
{
    bool is_new;
    struct memory *memory = recall(&recorder->budgets, saying->object_hash, &is_new);
    double tokens =
        is_new ? BURST
               : memory->budget.tokens +
                     sim_time_to_seconds(saying->now - memory->budget.refilled) / REFILL_SECONDS;
    if (tokens > BURST)
        tokens = BURST;
    memory->budget.refilled = saying->now;
    memory->budget.tokens = tokens >= 1 ? tokens - 1 : tokens;
    return tokens < 1;
}

/* --- Event objects --------------------------------------------------------------------- */

static void fill_about(struct object_reference *into, const struct object *about,
                       struct texts *texts)
{
    const struct kind_info *info = &kind_infos[about->kind];
    *into = (struct object_reference){
        .api_version = text_intern(texts, info->api_version),
        .kind = text_intern(texts, info->name),
        .space = text_hold(about->space),
        .name = text_hold(about->name),
        .uid = meta_of(about)->uid,
        .version = about->version,
    };
}

/* Events about what has no namespace go to "default". The name is the object's and a number that
 * is the time of the event in the real thing. */
static struct event_record *event_new(struct event_recorder *recorder, const struct saying *saying,
                                      const struct text *message)
{
    struct texts *texts = recorder->cluster->run->texts;
    struct event_record *event = (struct event_record *)object_new(object_kinds, KIND_EVENT);
    const struct text *space = saying->about->space;
    event->meta.object.space = space != NULL ? text_hold(space) : text_intern(texts, "default");
    event->meta.object.name = text_format(texts, "%s.%llx", text_s(saying->about->name),
                                          (unsigned long long)++recorder->written_count);
    fill_about(&event->about, saying->about, texts);
    event->warning = saying->warning;
    event->count = 1;
    event->reason = text_intern(texts, saying->reason);
    event->message = text_hold(message);
    event->component = text_intern(texts, saying->source);
    event->first = event->last = saying->now;
    return event;
}

/* The client through which a source's Events are written: in its name, at its time, for free. */
static void event_client_init(struct client *client, struct event_recorder *recorder,
                              const struct saying *saying)
{
    client_init(client, recorder->cluster, saying->source, 0, 0, NULL);
    client->free_of_charge = true;
    client->now = saying->now;
    client->cause = saying->cause;
}

static void write_new(struct event_recorder *recorder, const struct saying *saying,
                      struct memory *memory, const struct text *message)
{
    struct client client;
    const struct object *stored;
    struct object *event = &event_new(recorder, saying, message)->meta.object;
    event_client_init(&client, recorder, saying);
    const enum reply reply = client_create(&client, event, &stored, NULL);
    client_close(&client);
    if (reply != REPLY_CREATED)
        return; /* its namespace is going, or gone */
    object_key_drop(memory->written.event);
    memory->written.event = object_key_hold(object_key(stored));
    memory->written.count = 1;
}

struct repeat {
    int32_t count;
    const struct text *message;
    sim_time now;
};

static bool repeat_event(struct object *object, void *context)
{
    struct event_record *event = (struct event_record *)object;
    const struct repeat *repeat = context;
    event->count = repeat->count;
    event->last = repeat->now;
    text_assign(&event->message, text_hold(repeat->message));
    return true;
}

static void write_again(struct event_recorder *recorder, const struct saying *saying,
                        struct memory *memory, const struct text *message)
{
    struct client client;
    struct repeat repeat = { ++memory->written.count, message, saying->now };
    event_client_init(&client, recorder, saying);
    const enum reply reply =
        client_patch(&client, memory->written.event, repeat_event, &repeat, NULL);
    client_close(&client);
    if (reply == REPLY_NOT_FOUND)
        write_new(recorder, saying, memory, message);
}

void event_recorder_note(struct event_recorder *recorder, const char *source,
                         const struct object *about, bool warning, const char *reason,
                         const char *message, sim_time now, struct cause cause)
{
    struct saying saying = { source, reason, message, about, warning, now, cause, 0, 0, 0 };
    hash_saying(&saying);
    const bool combined = is_combined(recorder, &saying);
    bool is_new;
    struct memory *written =
        recall(&recorder->written, combined ? saying.similar_hash : saying.full_hash, &is_new);
    if (is_spam(recorder, &saying)) {
        written->written.count++; /* observed all the same */
        return;
    }
    struct texts *texts = recorder->cluster->run->texts;
    const struct text *text =
        text_format(texts, "%s%s", combined ? "(combined from similar events): " : "", message);
    if (written->written.event.name == NULL)
        write_new(recorder, &saying, written, text);
    else
        write_again(recorder, &saying, written, text);
    text_drop(text);
}

struct event_recorder *event_recorder_new(struct cluster *cluster)
{
    struct event_recorder *recorder = mem_new(sizeof *recorder);
    recorder->cluster = cluster;
    memories_init(&recorder->similar, NULL);
    memories_init(&recorder->written, close_written);
    memories_init(&recorder->budgets, NULL);
    return recorder;
}

void event_recorder_free(struct event_recorder *recorder)
{
    if (recorder == NULL)
        return;
    memories_close(&recorder->similar);
    memories_close(&recorder->written);
    memories_close(&recorder->budgets);
    free(recorder);
}
