/* An open-addressing table of interned strings with linear probing and back-shift
 * deletion, so that a long run with many short-lived names leaves no tombstones. Probing reads
 * half of each hash from an array of its own, and the text only where it is likely equal. Names
 * are short and many, so short texts come from pools, one for each multiple of eight bytes. */
#include "sim/base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/base/memory.h"

enum { GRAIN = 8, LONGEST_POOLED = 80, POOLS = LONGEST_POOLED / GRAIN + 1 };

struct texts {
    struct pool pools[POOLS]; /* by bytes / GRAIN; the first few are never used */
    struct text **slots;
    uint32_t *tags; /* of the texts in the slots; 0: the slot is empty */
    size_t mask;    /* slots - 1; below 2^32, so that a tag tells where its text belongs */
    size_t count;
};

uint64_t text_hash(const char *s, size_t length)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)s[i]) * 1099511628211u;
    hash ^= hash >> 32;
    hash *= 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 29;
}

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)hash != 0 ? (uint32_t)hash : 1;
}

static void new_slots(struct texts *texts, size_t count)
{
    assert(count <= UINT32_MAX);
    texts->mask = count - 1;
    texts->slots = mem_new(count * sizeof *texts->slots);
    texts->tags = mem_new(count * sizeof *texts->tags);
}

struct texts *texts_new(void)
{
    struct texts *texts = mem_new(sizeof *texts);
    for (size_t i = 0; i < POOLS; i++)
        pool_init(&texts->pools[i], i * GRAIN);
    new_slots(texts, 256);
    return texts;
}

/* The pool of texts of this length; NULL: they are too long for pools. */
static struct pool *pool_of(struct texts *texts, size_t length)
{
    const size_t bytes = sizeof(struct text) + length + 1;
    return bytes <= LONGEST_POOLED ? &texts->pools[(bytes + GRAIN - 1) / GRAIN] : NULL;
}

static struct text *block_take(struct texts *texts, size_t length)
{
    struct pool *pool = pool_of(texts, length);
    return pool ? pool_take_as_is(pool) : mem_resize(NULL, sizeof(struct text) + length + 1);
}

static void block_give(struct texts *texts, struct text *text)
{
    struct pool *pool = pool_of(texts, text->length);
    if (pool != NULL)
        pool_give(pool, text);
    else
        free(text);
}

void texts_free(struct texts *texts)
{
    if (texts == NULL)
        return;
    for (size_t i = 0; i <= texts->mask; i++)
        if (texts->tags[i] != 0)
            block_give(texts, texts->slots[i]);
    for (size_t i = 0; i < POOLS; i++)
        pool_close(&texts->pools[i]);
    free(texts->slots);
    free(texts->tags);
    free(texts);
}

static bool is_same(const struct text *text, uint64_t hash, const char *s, size_t length)
{
    return text->hash == hash && text->length == length && memcmp(text->s, s, length) == 0;
}

/* The slot that holds the text, or the empty one where it belongs. */
static size_t slot_of(const struct texts *texts, uint64_t hash, const char *s, size_t length)
{
    const uint32_t tag = tag_of(hash);
    size_t at = tag & texts->mask;
    for (; texts->tags[at] != 0; at = (at + 1) & texts->mask)
        if (texts->tags[at] == tag && is_same(texts->slots[at], hash, s, length))
            break;
    return at;
}

static size_t empty_slot(const struct texts *texts, uint32_t tag)
{
    size_t at = tag & texts->mask;
    while (texts->tags[at] != 0)
        at = (at + 1) & texts->mask;
    return at;
}

static void put(struct texts *texts, size_t at, struct text *text, uint32_t tag)
{
    texts->slots[at] = text;
    texts->tags[at] = tag;
}

static void grow(struct texts *texts)
{
    const struct texts old = *texts;
    new_slots(texts, (old.mask + 1) * 2);
    for (size_t i = 0; i <= old.mask; i++)
        if (old.tags[i] != 0)
            put(texts, empty_slot(texts, old.tags[i]), old.slots[i], old.tags[i]);
    free(old.slots);
    free(old.tags);
}

const struct text *text_intern_length(struct texts *texts, const char *s, size_t length)
{
    if (length == 0)
        return NULL;
    const uint64_t hash = text_hash(s, length);
    size_t at = slot_of(texts, hash, s, length);
    if (texts->tags[at] != 0)
        return text_hold(texts->slots[at]);
    if (texts->count * 4 >= texts->mask * 3) {
        grow(texts);
        at = empty_slot(texts, tag_of(hash));
    }
    struct text *text = block_take(texts, length);
    text->home = texts;
    text->refs = 1;
    text->length = (uint32_t)length;
    text->hash = hash;
    memcpy(text->s, s, length);
    text->s[length] = '\0';
    put(texts, at, text, tag_of(hash));
    texts->count++;
    return text;
}

const struct text *text_intern(struct texts *texts, const char *s)
{
    return s ? text_intern_length(texts, s, strlen(s)) : NULL;
}

const struct text *text_format(struct texts *texts, const char *format, ...)
{
    char small[256];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(small, sizeof small, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    if ((size_t)length < sizeof small)
        return text_intern_length(texts, small, (size_t)length);
    char *large = mem_new((size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(large, (size_t)length + 1, format, arguments);
    va_end(arguments);
    const struct text *text = text_intern_length(texts, large, (size_t)length);
    free(large);
    return text;
}

const struct text *text_find(const struct texts *texts, const char *s)
{
    const size_t length = s ? strlen(s) : 0;
    return length ? texts->slots[slot_of(texts, text_hash(s, length), s, length)] : NULL;
}

const struct text *text_hold(const struct text *text)
{
    if (text != NULL)
        ((struct text *)text)->refs++;
    return text;
}

/* Close the gap at `hole`: move back each follower that may stand there. */
static void close_gap(struct texts *texts, size_t hole)
{
    for (size_t at = (hole + 1) & texts->mask; texts->tags[at] != 0; at = (at + 1) & texts->mask) {
        const size_t home = texts->tags[at] & texts->mask;
        if (((at - home) & texts->mask) >= ((at - hole) & texts->mask)) {
            put(texts, hole, texts->slots[at], texts->tags[at]);
            hole = at;
        }
    }
    put(texts, hole, NULL, 0);
}

void text_drop(const struct text *shared)
{
    struct text *text = (struct text *)shared;
    if (text == NULL)
        return;
    assert(text->refs > 0);
    if (--text->refs > 0)
        return;
    struct texts *texts = text->home;
    size_t at = tag_of(text->hash) & texts->mask;
    while (texts->slots[at] != text)
        at = (at + 1) & texts->mask;
    close_gap(texts, at);
    texts->count--;
    block_give(texts, text);
}

void text_assign(const struct text **slot, const struct text *text)
{
    const struct text *old = *slot;
    *slot = text;
    text_drop(old);
}
