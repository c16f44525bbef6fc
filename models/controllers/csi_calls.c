/* Calls under way; see csi_calls.h. */
#include "models/controllers/csi_calls.h"

#include <stdlib.h>

#include "sim/base/hash.h"
#include "sim/base/memory.h"

static const sim_time first_retry = SIM_SECOND, longest_retry = 300 * SIM_SECOND;

struct csi_call {
    struct table_node by_key;
    struct csi_call *previous, *next;
    struct object_key key; /* held */
    struct uid uid;
    bool running;
    sim_time due;      /* when it ends, or may be made again */
    uint32_t failures; /* one after the other, */
    uint32_t number;   /* and how many were made: of its draws */
};

void csi_calls_init(struct csi_calls *calls)
{
    *calls = (struct csi_calls){ 0 };
    table_init(&calls->by_key);
}

static void forget(struct csi_calls *calls, struct csi_call *call)
{
    table_remove(&calls->by_key, &call->by_key);
    if (call->previous != NULL)
        call->previous->next = call->next;
    else
        calls->first = call->next;
    if (call->next != NULL)
        call->next->previous = call->previous;
    object_key_drop(call->key);
    free(call);
}

void csi_calls_close(struct csi_calls *calls)
{
    while (calls->first != NULL)
        forget(calls, calls->first);
    table_close(&calls->by_key);
}

static uint64_t hash_of(struct object_key key)
{
    return hash_mix(key.name->hash ^ (key.space != NULL ? key.space->hash * 3 : 0) ^ key.kind);
}

static struct csi_call *find(const struct csi_calls *calls, struct object_key key)
{
    struct table_node *node = table_first(&calls->by_key, hash_of(key));
    for (; node != NULL; node = table_again(node)) {
        struct csi_call *call = (struct csi_call *)node; /* by_key is its first member */
        if (object_key_equal(call->key, key))
            return call;
    }
    return NULL;
}

/* The call of this object, none that was made for another one of its name. */
static struct csi_call *take(struct csi_calls *calls, struct object_key key, struct uid uid)
{
    struct csi_call *call = find(calls, key);
    if (call != NULL && !uid_equal(call->uid, uid)) {
        forget(calls, call);
        call = NULL;
    }
    if (call != NULL)
        return call;
    call = mem_new(sizeof *call);
    call->key = object_key_hold(key);
    call->uid = uid;
    call->next = calls->first;
    if (calls->first != NULL)
        calls->first->previous = call;
    calls->first = call;
    table_add(&calls->by_key, &call->by_key, hash_of(key));
    return call;
}

void csi_calls_forget(struct csi_calls *calls, struct object_key key)
{
    struct csi_call *call = find(calls, key);
    if (call != NULL)
        forget(calls, call);
}

/* The luck of one call, from a stream named after the object. */
static struct stream luck_of(const struct client *client, const struct csi_call *call,
                             const char *purpose)
{
    const struct cluster *cluster = client->cluster;
    char *entity = mem_format("%s/%s/%s", kind_infos[call->key.kind].plural,
                              text_s(call->key.space), text_s(call->key.name));
    const struct stream stream =
        run_stream(cluster->run, cluster->id, entity, purpose, call->number);
    free(entity);
    return stream;
}

static void wait_until(struct client *client, struct csi_call *call, sim_time at)
{
    call->due = at;
    controller_requeue_after(client, call->key, at - client->now);
}

/* Something else has woken the key: of two times to come back the queue knows the earlier one only. */
static bool is_early(struct client *client, struct csi_call *call)
{
    if (call->due <= client->now)
        return false;
    wait_until(client, call, call->due);
    return true;
}

static void begin(struct client *client, struct csi_call *call, const struct csi_method *method)
{
    struct stream luck = { .counter = 0 };
    if (!distribution_is_constant(method->lasts)) /* which does not ask its stream */
        luck = luck_of(client, call, method->purpose);
    call->running = true;
    wait_until(client, call, client->now + distribution_sample_time(method->lasts, &luck));
}

static bool fails(const struct client *client, const struct csi_call *call,
                  const struct csi_method *method)
{
    if (method->failures <= 0)
        return false;
    struct stream luck = luck_of(client, call, method->purpose);
    stream_uniform(&luck); /* that of its duration */
    return stream_uniform(&luck) < method->failures;
}

static void back_off(struct client *client, struct csi_call *call)
{
    sim_time wait = first_retry;
    for (uint32_t i = 0; i < call->failures && wait < longest_retry; i++)
        wait *= 2;
    call->running = false;
    call->failures++;
    call->number++;
    wait_until(client, call, client->now + (wait < longest_retry ? wait : longest_retry));
}

enum csi_progress csi_calls_go_on(struct csi_calls *calls, struct client *client,
                                  struct object_key key, struct uid uid,
                                  const struct csi_method *method)
{
    struct csi_call *call = take(calls, key, uid);
    if (is_early(client, call))
        return CSI_WAITS;
    if (!call->running) {
        begin(client, call, method);
        return CSI_BEGUN;
    }
    if (fails(client, call, method)) {
        back_off(client, call);
        return CSI_FAILED;
    }
    forget(calls, call);
    return CSI_DONE;
}

bool csi_calls_refuse(struct csi_calls *calls, struct client *client, struct object_key key,
                      struct uid uid)
{
    struct csi_call *call = take(calls, key, uid);
    if (is_early(client, call))
        return false;
    back_off(client, call);
    return true;
}
