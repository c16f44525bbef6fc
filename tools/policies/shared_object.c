/* Our side of a shared object: sends what changed, checks what comes back. */
#include "tools/policies/shared_object.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "sim/base/memory.h"
#include "tools/policies/fixed_score.h"
#include "tools/policies/peer.h"
#include "tools/policies/shared_object_private.h"

struct shared_object {
    struct extender extender;
    struct peer peer;
    sim_time limit;
    struct so_hosting hosting;
    struct writer out, part;
    uint64_t *sent;  /* by slot: the generation of the node as it was last sent; 0: never */
    int64_t *scores; /* by slot: of the last answer */
    size_t slots;    /* room of both */
};

static const struct place nowhere = { 0 };

/* --- questions ------------------------------------------------------------------------------- */

static void add_number(struct writer *into, uint32_t number)
{
    writer_add_bytes(into, (const char *)&number, sizeof number);
}

static void add_text(struct writer *into, const char *text, size_t length)
{
    add_number(into, (uint32_t)length);
    writer_add_bytes(into, text, length);
    writer_add_char(into, '\0');
}

static void add_interned(struct writer *into, const struct text *text)
{
    add_text(into, text_s(text), text != NULL ? text->length : 0);
}

static void add_labels(struct writer *into, const struct labels *labels)
{
    add_number(into, labels != NULL ? labels->count : 0);
    for (uint32_t i = 0; labels != NULL && i < labels->count; i++) {
        add_interned(into, labels->items[i].key);
        add_interned(into, labels->items[i].value);
    }
}

static void add_amount(struct writer *into, const char *name, int64_t allocatable,
                       int64_t requested)
{
    add_text(into, name, strlen(name));
    writer_add_bytes(into, (const char *)&allocatable, sizeof allocatable);
    writer_add_bytes(into, (const char *)&requested, sizeof requested);
}

/* What one side has, or has not, of an extended resource. */
static int64_t extended(const struct resources *resources, const struct text *name)
{
    for (size_t i = 0; resources != NULL && i < resources->extended_count; i++)
        if (resources->extended[i].name == name)
            return resources->extended[i].amount;
    return 0;
}

/* The common resources in the order of their numbers, then those that either side names. */
static void add_amounts(struct writer *into, const struct resources *allocatable,
                        int64_t allocatable_pods, const struct resources *requested,
                        int64_t requested_pods)
{
    static const struct resources none = { 0 };
    const struct resources *has = allocatable != NULL ? allocatable : &none;
    const size_t at = into->length;
    add_number(into, 0);
    add_amount(into, "cpu", has->cpu_milli, requested->cpu_milli);
    add_amount(into, "memory", has->memory_bytes, requested->memory_bytes);
    add_amount(into, "ephemeral-storage", has->ephemeral_storage_bytes,
               requested->ephemeral_storage_bytes);
    add_amount(into, "pods", allocatable_pods, requested_pods);
    uint32_t added = SO_COMMON;
    for (size_t i = 0; i < has->extended_count; i++, added++)
        add_amount(into, text_s(has->extended[i].name), has->extended[i].amount,
                   extended(requested, has->extended[i].name));
    for (size_t i = 0; i < requested->extended_count; i++)
        if (allocatable == NULL || extended(has, requested->extended[i].name) == 0) {
            add_amount(into, text_s(requested->extended[i].name), 0, requested->extended[i].amount);
            added++;
        }
    memcpy(into->bytes + at, &added, sizeof added);
}

static void add_pod(struct writer *into, const struct pod *pod)
{
    add_interned(into, pod->meta.object.space);
    add_interned(into, pod->meta.object.name);
    add_number(into, (uint32_t)pod->spec->priority);
    add_labels(into, pod->meta.labels);
    add_amounts(into, NULL, 0, &pod->spec->requests, 1);
}

static void add_node(struct writer *into, const struct node_info *info)
{
    const struct node_resources *allocatable = info->node->allocatable;
    add_text(into, "", 0);
    add_interned(into, info->name);
    add_number(into, 0);
    add_labels(into, info->node->meta.labels);
    add_amounts(into, allocatable != NULL ? &allocatable->resources : NULL,
                allocatable != NULL ? allocatable->pods : 0, &info->requested,
                (int64_t)info->pod_count);
}

/* A part behind its length. */
static void add_part(struct shared_object *object)
{
    add_number(&object->out, (uint32_t)object->part.length);
    writer_add_bytes(&object->out, object->part.bytes, object->part.length);
    writer_clear(&object->part);
}

static void make_room(struct shared_object *object, size_t slots)
{
    if (slots <= object->slots)
        return;
    object->sent = mem_resize(object->sent, slots * sizeof *object->sent);
    object->scores = mem_resize(object->scores, slots * sizeof *object->scores);
    memset(object->sent + object->slots, 0, (slots - object->slots) * sizeof *object->sent);
    object->slots = slots;
}

static void write_question(struct shared_object *object, const struct extender_call *call)
{
    struct so_question head = { .slots = (uint32_t)call->count,
                                .now = (double)call->now / SIM_SECOND };
    writer_clear(&object->out);
    writer_add_bytes(&object->out, (const char *)&head, sizeof head);
    add_pod(&object->part, call->pod);
    add_part(object);
    for (size_t i = 0; i < call->count; i++) {
        const uint32_t slot = call->slots[i];
        const uint64_t generation = call->snapshot->generations[slot];
        if (object->sent[slot] == generation)
            continue;
        object->sent[slot] = generation;
        head.rows++;
        add_number(&object->out, slot);
        add_node(&object->part, call->snapshot->nodes[slot]);
        add_part(object);
    }
    writer_add_bytes(&object->out, (const char *)call->slots, call->count * sizeof *call->slots);
    head.bytes = (uint32_t)(object->out.length - sizeof head);
    memcpy(object->out.bytes, &head, sizeof head);
}

/* --- answers --------------------------------------------------------------------------------- */

/* Say in which of its functions the policy was when it went wrong. */
static bool add_phase(const struct shared_object *object, const struct extender_call *call,
                      struct error *error)
{
    static const char *const functions[] = { [SO_LOADING] = "when it was loaded",
                                             [SO_OPENING] = "in open()",
                                             [SO_FILTERING] = "in filter()",
                                             [SO_SCORING] = "in score()",
                                             [SO_CHOOSING] = "in choose()" };
    const enum so_phase phase = object->hosting.where->phase;
    const uint32_t slot = object->hosting.where->slot;
    if (phase == SO_WAITING || phase > SO_CHOOSING)
        return false;
    char *text = mem_format("%s", error->text);
    error_close(error);
    if (phase <= SO_OPENING || call == NULL)
        error_set(error, nowhere, "%s %s", text, functions[phase]);
    else if (phase == SO_CHOOSING || slot >= call->snapshot->slot_count ||
             call->snapshot->nodes[slot] == NULL)
        error_set(error, nowhere, "%s %s of pod %s", text, functions[phase],
                  call->pod->meta.object.name->s);
    else
        error_set(error, nowhere, "%s %s of pod %s, node %s", text, functions[phase],
                  call->pod->meta.object.name->s, call->snapshot->nodes[slot]->name->s);
    free(text);
    return false;
}

/* The head of an answer, and what follows it, borrowed; NULL with the error. */
static const char *read_answer(struct shared_object *object, struct so_answer *head, sim_time limit,
                               struct error *error)
{
    const char *bytes = peer_read(&object->peer, sizeof *head, limit, error);
    if (bytes == NULL)
        return NULL;
    memcpy(head, bytes, sizeof *head);
    if (head->bytes > PEER_ANSWER_BYTES) {
        error_set(error, nowhere, "answered nonsense");
        return NULL;
    }
    bytes = peer_read(&object->peer, head->bytes, limit, error);
    if (bytes != NULL && head->fault != 0) {
        error_set(error, nowhere, "%.*s", (int)head->bytes, bytes);
        return NULL;
    }
    return bytes;
}

static bool take_score(struct shared_object *object, const struct extender_call *call, size_t i,
                       double score, struct error *error)
{
    return fixed_score(score, &object->scores[call->slots[i]]) ||
           error_set(error, nowhere,
                     "score() answered %g for pod %s on node %s, which is not a number from -1e12 "
                     "to 1e12",
                     score, call->pod->meta.object.name->s,
                     call->snapshot->nodes[call->slots[i]]->name->s);
}

static bool take_answer(struct shared_object *object, const struct extender_call *call,
                        const struct so_answer *head, const char *bytes,
                        struct extender_verdict *verdicts, struct error *error)
{
    if (head->bytes != call->count * (1 + sizeof(double)))
        return error_set(error, nowhere, "answered nonsense");
    for (size_t i = 0; i < call->count; i++) {
        double score;
        memcpy(&score, bytes + call->count + i * sizeof score, sizeof score);
        if (bytes[i] == 0)
            verdicts[i] = (struct extender_verdict){ EXTENDER_REJECTS,
                                                     text_format(call->snapshot->texts,
                                                                 "node(s) rejected by policy %s",
                                                                 object->extender.name) };
        else if (!take_score(object, call, i, score, error))
            return false;
    }
    if (head->chosen == 0)
        return true;
    if (head->chosen > call->count)
        return error_set(error, nowhere,
                         "choose() of pod %s answered a node that it was not offered",
                         call->pod->meta.object.name->s);
    object->scores[call->slots[head->chosen - 1]]++; /* before its equals, behind nobody else */
    return true;
}

static enum extender_reply filter(void *state, const struct extender_call *call,
                                  struct extender_verdict *verdicts, struct error *error)
{
    struct shared_object *object = state;
    struct so_answer head;
    make_room(object, call->snapshot->slot_capacity);
    write_question(object, call);
    const char *bytes =
        peer_write(&object->peer, object->out.bytes, object->out.length, object->limit, error)
            ? read_answer(object, &head, object->limit, error)
            : NULL;
    if (bytes == NULL)
        add_phase(object, call, error);
    else if (take_answer(object, call, &head, bytes, verdicts, error))
        return EXTENDER_ANSWERED;
    return EXTENDER_BROKEN;
}

/* They came with the answer to the filter. */
static enum extender_reply prioritize(void *state, const struct extender_call *call,
                                      int64_t *scores, struct error *error)
{
    const struct shared_object *object = state;
    (void)error;
    for (size_t i = 0; i < call->count; i++)
        scores[i] = object->scores[call->slots[i]];
    return EXTENDER_ANSWERED;
}

/* --- begin and end --------------------------------------------------------------------------- */

static bool start(struct shared_object *object, const struct outside_options *options,
                  struct error *error)
{
    struct so_answer head;
    if (!peer_fork(&object->peer, shared_object_host, &object->hosting, error))
        return false;
    return read_answer(object, &head, options->start_limit, error) != NULL ||
           add_phase(object, NULL, error);
}

struct shared_object *shared_object_open(const char *path, const struct outside_options *options,
                                         struct error *error)
{
    struct shared_object *object = mem_new(sizeof *object);
    struct so_where *where =
        mmap(NULL, sizeof *where, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert(where != MAP_FAILED);
    object->extender = (struct extender){
        .name = path, .state = object, .filter = filter, .prioritize = prioritize
    };
    object->limit = options->limit;
    object->hosting = (struct so_hosting){ path, options->seed, where };
    object->peer = (struct peer){ .to = -1, .from = -1 };
    if (start(object, options, error))
        return object;
    shared_object_close(object);
    return NULL;
}

void shared_object_close(struct shared_object *object)
{
    if (object == NULL)
        return;
    peer_close(&object->peer);
    munmap(object->hosting.where, sizeof *object->hosting.where);
    writer_close(&object->out);
    writer_close(&object->part);
    free(object->sent);
    free(object->scores);
    free(object);
}

const struct extender *shared_object_extender(struct shared_object *object)
{
    return &object->extender;
}
