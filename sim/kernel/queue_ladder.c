/* The fast future event list: a ladder queue (Tang, Goh and Thng, "Ladder queue: an O(1)
 * priority queue structure for large-scale discrete event simulation", ACM TOMACS 15(3),
 * 2005) with three changes: buckets are lists of small chunks, each rung is fitted to the
 * events it takes over, and late arrivals near the front meet a heap.
 *
 *     far  ──►  rungs of buckets, coarse to fine  ──►  run (sorted)  ──►  taken
 *                                        late (heap)  ──►
 *
 * Events come to rest unsorted, in `far` or in the bucket of the finest rung that reaches
 * their time. When the front is used up, the earliest bucket is taken apart: into a finer
 * rung if it is large, else, sorted, into the run. So most events are moved two or three
 * times and sorted among a few dozen. What is scheduled before the end of the run joins it
 * at the end or goes into the heap; a heap that outgrows the run is turned into a rung.
 *
 * An id is a slot and its generation. A withdrawn or moved event leaves its entry behind:
 * an entry is stale when its slot no longer carries its number. Stale entries are dropped
 * when they reach the front, and swept when they outnumber the live ones. */
#include <assert.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "sim/kernel/queue_private.h"

enum {
    CHUNK_ENTRIES = 10,   /* a chunk is four cache lines */
    SORTED_AT_ONCE = 32,  /* a bucket up to this size becomes the run */
    BUCKET_TARGET = 8,    /* events per bucket that a new rung aims at */
    FEWEST_BUCKETS = 16,  /* of a rung */
    MOST_BUCKETS = 1024,  /* more would not fit into the cache while a rung is filled */
    MOST_RUNGS = 24,      /* beyond, buckets are sorted whatever their size */
    LATE_AT_EASE = 64,    /* a heap up to this size is left alone */
    STALE_AT_EASE = 1024, /* so many stale entries are left alone */
};

/* What is moved and compared; the rest of the event waits in its slot. */
struct entry {
    sim_time at;
    uint64_t number; /* of insertion, from 1 */
    int32_t priority;
    uint32_t slot;
};

/* An entry that is passed on must stay in registers: stored in parts and copied whole, it
 * would stall the processor until the parts have reached its cache. */
#define IN_REGISTERS static inline __attribute__((always_inline))

struct slot {
    uint64_t number; /* of its current entry; 0 while free */
    event_fn *act;
    void *subject;
    uint32_t generation; /* of the next or current id */
    union {
        int32_t priority;   /* while in use */
        uint32_t next_free; /* while free */
    };
};

static const uint32_t NO_SLOT = UINT32_MAX;

struct chunk {
    struct chunk *next;
    uint64_t used;
    struct entry entries[CHUNK_ENTRIES];
};

struct bucket { /* entries in order of insertion */
    struct chunk *first, *last;
    size_t count;
};

/* Buckets of 2^shift nanoseconds each, from `start` to `last` inclusive. */
struct rung {
    sim_time start, last;
    int shift;
    size_t current; /* buckets before it are empty and stay so */
    size_t count;
    struct bucket buckets[MOST_BUCKETS];
};

struct sorted { /* sorted; entries before `next` are gone */
    struct entry *entries;
    size_t next, count, capacity;
};

struct heap { /* binary, earliest on top */
    struct entry *entries;
    size_t count, capacity;
};

struct ladder {
    struct queue base;
    struct sorted run;
    struct heap late;
    sim_time near;                  /* the run and the heap hold exactly what happens up to here */
    struct rung *rungs[MOST_RUNGS]; /* coarse to fine, each ends before the one above */
    size_t depth;
    struct bucket far;
    struct pool chunks;
    struct slot *slots;
    size_t slot_count, slot_capacity;
    uint32_t free_slot;
    uint64_t last_number;
    size_t stale;
};

static inline bool is_before(const struct entry *a, const struct entry *b)
{
    if (a->at != b->at)
        return a->at < b->at;
    if (a->priority != b->priority)
        return a->priority < b->priority;
    return a->number < b->number;
}

/* ---- slots ---- */

static uint32_t slot_take(struct ladder *ladder)
{
    uint32_t index = ladder->free_slot;
    if (index != NO_SLOT) {
        ladder->free_slot = ladder->slots[index].next_free;
        return index;
    }
    assert(ladder->slot_count < NO_SLOT);
    MEM_GROW(ladder->slots, ladder->slot_count, ladder->slot_capacity);
    ladder->slots[ladder->slot_count].generation = 1;
    return (uint32_t)ladder->slot_count++;
}

/* The id dies with its generation; a slot out of generations is not used again. */
static void slot_give(struct ladder *ladder, uint32_t index)
{
    struct slot *slot = &ladder->slots[index];
    slot->number = 0;
    if (++slot->generation == 0)
        return;
    slot->next_free = ladder->free_slot;
    ladder->free_slot = index;
}

static struct slot *slot_find(struct ladder *ladder, event_id id)
{
    uint32_t index = (uint32_t)id;
    if (index >= ladder->slot_count)
        return NULL;
    struct slot *slot = &ladder->slots[index];
    return slot->number != 0 && slot->generation == id >> 32 ? slot : NULL;
}

static inline bool is_stale(const struct ladder *ladder, const struct entry *entry)
{
    return ladder->slots[entry->slot].number != entry->number;
}

/* ---- buckets ---- */

IN_REGISTERS void bucket_add(struct ladder *ladder, struct bucket *bucket, struct entry entry)
{
    struct chunk *last = bucket->last;
    if (last == NULL || last->used == CHUNK_ENTRIES) {
        struct chunk *chunk = pool_take_as_is(&ladder->chunks);
        chunk->next = NULL;
        chunk->used = 0;
        if (last == NULL)
            bucket->first = chunk;
        else
            last->next = chunk;
        bucket->last = last = chunk;
    }
    last->entries[last->used++] = entry;
    bucket->count++;
}

/* Empty the bucket; the caller walks and gives back its chunks. */
static struct bucket bucket_take(struct bucket *bucket)
{
    struct bucket taken = *bucket;
    *bucket = (struct bucket){ 0 };
    return taken;
}

static struct chunk *chunk_give(struct ladder *ladder, struct chunk *chunk)
{
    struct chunk *next = chunk->next;
    pool_give(&ladder->chunks, chunk);
    return next;
}

struct extent {
    sim_time first, last;
};

static struct extent bucket_extent(const struct bucket *bucket)
{
    struct extent extent = { INT64_MAX, 0 };
    for (const struct chunk *chunk = bucket->first; chunk != NULL; chunk = chunk->next)
        for (size_t i = 0; i < chunk->used; i++) {
            sim_time at = chunk->entries[i].at;
            extent.first = at < extent.first ? at : extent.first;
            extent.last = at > extent.last ? at : extent.last;
        }
    return extent;
}

/* ---- run ---- */

IN_REGISTERS void run_append(struct sorted *run, struct entry entry)
{
    if (run->count == run->capacity && run->next > run->count / 2) {
        run->count -= run->next;
        memmove(run->entries, run->entries + run->next, run->count * sizeof *run->entries);
        run->next = 0;
    }
    MEM_GROW(run->entries, run->count, run->capacity);
    run->entries[run->count++] = entry;
}

static int compare_entries(const void *a, const void *b)
{
    return is_before(a, b) ? -1 : 1;
}

/* Insertion sort: buckets are small, and nearly sorted where times are equal. */
static void sort_few(struct entry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct entry entry = entries[i];
        size_t hole = i;
        for (; hole > 0 && is_before(&entry, &entries[hole - 1]); hole--)
            entries[hole] = entries[hole - 1];
        entries[hole] = entry;
    }
}

static bool is_sorted(const struct entry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (is_before(&entries[i], &entries[i - 1]))
            return false;
    return true;
}

/* The bucket becomes the run, which was used up. Its slots will be needed soon. */
static void run_load(struct ladder *ladder, struct bucket from)
{
    struct sorted *run = &ladder->run;
    run->next = run->count = 0;
    for (struct chunk *chunk = from.first; chunk != NULL; chunk = chunk_give(ladder, chunk))
        for (size_t i = 0; i < chunk->used; i++) {
            if (run->count < SORTED_AT_ONCE)
                __builtin_prefetch(&ladder->slots[chunk->entries[i].slot]);
            run_append(run, chunk->entries[i]);
        }
    if (run->count <= SORTED_AT_ONCE)
        sort_few(run->entries, run->count);
    else if (!is_sorted(run->entries, run->count))
        qsort(run->entries, run->count, sizeof *run->entries, compare_entries);
}

/* ---- heap ---- */

IN_REGISTERS void heap_add(struct heap *heap, struct entry entry)
{
    MEM_GROW(heap->entries, heap->count, heap->capacity);
    size_t hole = heap->count++;
    for (; hole > 0 && is_before(&entry, &heap->entries[(hole - 1) / 2]); hole = (hole - 1) / 2)
        heap->entries[hole] = heap->entries[(hole - 1) / 2];
    heap->entries[hole] = entry;
}

static void heap_drop_top(struct heap *heap)
{
    struct entry last = heap->entries[--heap->count];
    size_t hole = 0;
    for (size_t child; (child = 2 * hole + 1) < heap->count; hole = child) {
        if (child + 1 < heap->count && is_before(&heap->entries[child + 1], &heap->entries[child]))
            child++;
        if (!is_before(&heap->entries[child], &last))
            break;
        heap->entries[hole] = heap->entries[child];
    }
    heap->entries[hole] = last;
}

/* ---- rungs ---- */

/* Take a bucket apart into a new, finest rung that reaches over `extent`. */
static void rung_push(struct ladder *ladder, struct bucket from, struct extent extent)
{
    size_t buckets = FEWEST_BUCKETS;
    while (buckets < MOST_BUCKETS && buckets < from.count / BUCKET_TARGET)
        buckets *= 2;
    if (ladder->rungs[ladder->depth] == NULL)
        ladder->rungs[ladder->depth] = mem_new(sizeof *ladder->rungs[0]);
    struct rung *rung = ladder->rungs[ladder->depth++];
    rung->start = extent.first;
    rung->last = extent.last;
    rung->current = 0;
    rung->count = from.count;
    rung->shift = 0;
    while ((uint64_t)(extent.last - extent.first) >> rung->shift >= buckets)
        rung->shift++;
    for (struct chunk *chunk = from.first; chunk != NULL; chunk = chunk_give(ladder, chunk))
        for (size_t i = 0; i < chunk->used; i++) {
            size_t index = (size_t)((chunk->entries[i].at - rung->start) >> rung->shift);
            bucket_add(ladder, &rung->buckets[index], chunk->entries[i]);
        }
}

/* Everything of a bucket to where it can be taken from next, or one rung closer. */
static void settle(struct ladder *ladder, struct bucket from, struct extent extent)
{
    bool alike = from.count <= SORTED_AT_ONCE || extent.first == extent.last;
    if (alike || ladder->depth == MOST_RUNGS) {
        run_load(ladder, from);
        const bool is_all = ladder->depth == 0 && ladder->far.count == 0;
        ladder->near = is_all ? SIM_FOREVER : extent.last;
    } else {
        rung_push(ladder, from, extent);
        ladder->near = extent.first - 1;
    }
}

static struct bucket take_earliest_bucket(struct ladder *ladder)
{
    for (; ladder->depth > 0; ladder->depth--) {
        struct rung *rung = ladder->rungs[ladder->depth - 1];
        if (rung->count == 0)
            continue;
        while (rung->buckets[rung->current].count == 0)
            rung->current++;
        rung->count -= rung->buckets[rung->current].count;
        return bucket_take(&rung->buckets[rung->current]);
    }
    return bucket_take(&ladder->far);
}

/* Find a new run. Something is pending, and run and heap are used up. */
static void refill(struct ladder *ladder)
{
    ladder->run.next = ladder->run.count = 0;
    while (ladder->run.count == 0) {
        struct bucket bucket = take_earliest_bucket(ladder);
        settle(ladder, bucket, bucket_extent(&bucket));
    }
}

/* A long heap becomes a rung, together with the rest of the run. What is scheduled up to
 * the old end of the run must keep reaching it, so the rung extends to there; unless there
 * was no end, because nothing else was pending. */
static void late_spill(struct ladder *ladder)
{
    struct bucket all = { 0 };
    for (size_t i = ladder->run.next; i < ladder->run.count; i++)
        bucket_add(ladder, &all, ladder->run.entries[i]);
    for (size_t i = 0; i < ladder->late.count; i++)
        bucket_add(ladder, &all, ladder->late.entries[i]);
    ladder->run.next = ladder->run.count = ladder->late.count = 0;
    struct extent extent = bucket_extent(&all);
    if (ladder->near != SIM_FOREVER)
        extent.last = ladder->near;
    settle(ladder, all, extent);
}

/* ---- entries in and out ---- */

IN_REGISTERS void insert_near(struct ladder *ladder, struct entry entry)
{
    struct sorted *run = &ladder->run;
    if (run->next == run->count || is_before(&run->entries[run->count - 1], &entry)) {
        run_append(run, entry);
        return;
    }
    heap_add(&ladder->late, entry);
    if (ladder->late.count > LATE_AT_EASE + (run->count - run->next))
        late_spill(ladder);
}

IN_REGISTERS void insert(struct ladder *ladder, struct entry entry)
{
    if (entry.at <= ladder->near) {
        insert_near(ladder, entry);
        return;
    }
    for (size_t depth = ladder->depth; depth > 0; depth--) {
        struct rung *rung = ladder->rungs[depth - 1];
        if (entry.at <= rung->last) {
            rung->count++;
            bucket_add(ladder, &rung->buckets[(entry.at - rung->start) >> rung->shift], entry);
            return;
        }
    }
    bucket_add(ladder, &ladder->far, entry);
}

static bool late_is_first(const struct ladder *ladder)
{
    const struct sorted *run = &ladder->run;
    return ladder->late.count > 0 &&
           (run->next == run->count ||
            is_before(&ladder->late.entries[0], &run->entries[run->next]));
}

/* Remove the earliest entry, which is `first`. */
static void drop_first(struct ladder *ladder, const struct entry *first)
{
    if (first == ladder->late.entries)
        heap_drop_top(&ladder->late);
    else
        ladder->run.next++;
}

/* The earliest live entry; stale ones before it are dropped. */
static const struct entry *find_first(struct ladder *ladder)
{
    for (;;) {
        if (ladder->run.next == ladder->run.count && ladder->late.count == 0)
            refill(ladder);
        const struct entry *first = late_is_first(ladder) ? &ladder->late.entries[0]
                                                          : &ladder->run.entries[ladder->run.next];
        if (!is_stale(ladder, first))
            return first;
        drop_first(ladder, first);
        ladder->stale--;
    }
}

/* ---- stale entries ---- */

static void keep_live(struct ladder *ladder, struct bucket *into, const struct entry *entries,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_stale(ladder, &entries[i]))
            bucket_add(ladder, into, entries[i]);
}

static void keep_live_bucket(struct ladder *ladder, struct bucket *into, struct bucket from)
{
    for (struct chunk *chunk = from.first; chunk != NULL; chunk = chunk_give(ladder, chunk))
        keep_live(ladder, into, chunk->entries, chunk->used);
}

/* Pour what is live back into `far`; the next refill spreads it again. */
static void sweep(struct ladder *ladder)
{
    struct bucket live = { 0 };
    struct sorted *run = &ladder->run;
    keep_live(ladder, &live, run->entries + run->next, run->count - run->next);
    keep_live(ladder, &live, ladder->late.entries, ladder->late.count);
    for (; ladder->depth > 0; ladder->depth--)
        for (struct rung *rung = ladder->rungs[ladder->depth - 1]; rung->count > 0;) {
            struct bucket *bucket = &rung->buckets[rung->current++];
            rung->count -= bucket->count;
            keep_live_bucket(ladder, &live, bucket_take(bucket));
        }
    keep_live_bucket(ladder, &live, bucket_take(&ladder->far));
    ladder->far = live;
    run->next = run->count = ladder->late.count = 0;
    ladder->near = -1;
    ladder->stale = 0;
}

static void count_stale(struct ladder *ladder)
{
    if (++ladder->stale > ladder->base.length + STALE_AT_EASE)
        sweep(ladder);
}

/* ---- the contract ---- */

static event_id ladder_add(struct queue *queue, const struct event *event)
{
    struct ladder *ladder = (struct ladder *)queue;
    uint32_t index = slot_take(ladder);
    struct slot *slot = &ladder->slots[index];
    slot->number = ++ladder->last_number;
    slot->priority = event->priority;
    slot->act = event->act;
    slot->subject = event->subject;
    insert(ladder, (struct entry){ event->at, slot->number, slot->priority, index });
    return (event_id)slot->generation << 32 | index;
}

static bool ladder_cancel(struct queue *queue, event_id id)
{
    struct ladder *ladder = (struct ladder *)queue;
    if (slot_find(ladder, id) == NULL)
        return false;
    slot_give(ladder, (uint32_t)id);
    count_stale(ladder);
    return true;
}

static bool ladder_reschedule(struct queue *queue, event_id id, sim_time at)
{
    struct ladder *ladder = (struct ladder *)queue;
    struct slot *slot = slot_find(ladder, id);
    if (slot == NULL)
        return false;
    slot->number = ++ladder->last_number;
    insert(ladder, (struct entry){ at, slot->number, slot->priority, (uint32_t)id });
    count_stale(ladder);
    return true;
}

static sim_time ladder_peek(struct queue *queue)
{
    return find_first((struct ladder *)queue)->at;
}

static bool ladder_take(struct queue *queue, sim_time end, struct event *next)
{
    struct ladder *ladder = (struct ladder *)queue;
    const struct entry *first = find_first(ladder);
    if (first->at > end)
        return false;
    const struct slot *slot = &ladder->slots[first->slot];
    *next = (struct event){ first->at, first->priority, slot->act, slot->subject };
    slot_give(ladder, first->slot);
    drop_first(ladder, first);
    return true;
}

static void ladder_free(struct queue *queue)
{
    struct ladder *ladder = (struct ladder *)queue;
    for (size_t i = 0; i < MOST_RUNGS; i++)
        free(ladder->rungs[i]);
    free(ladder->run.entries);
    free(ladder->late.entries);
    free(ladder->slots);
    pool_close(&ladder->chunks);
    free(ladder);
}

static const struct queue_kind ladder_kind = {
    .add = ladder_add,
    .cancel = ladder_cancel,
    .reschedule = ladder_reschedule,
    .peek = ladder_peek,
    .take = ladder_take,
    .free = ladder_free,
};

struct queue *queue_new_ladder(void)
{
    struct ladder *ladder = mem_new(sizeof *ladder);
    ladder->base.kind = &ladder_kind;
    ladder->near = -1;
    ladder->free_slot = NO_SLOT;
    pool_init(&ladder->chunks, sizeof(struct chunk));
    return &ladder->base;
}
