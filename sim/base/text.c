/* An open-addressing table of interned strings with linear probing and back-shift
 * deletion, so that a long run with many short-lived names leaves no tombstones. */
#include "sim/base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/base/memory.h"

struct texts {
    struct text **slots;
    size_t mask; /* slots - 1 */
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

struct texts *texts_new(void)
{
    struct texts *texts = mem_new(sizeof *texts);
    texts->mask = 255;
    texts->slots = mem_new((texts->mask + 1) * sizeof *texts->slots);
    return texts;
}

void texts_free(struct texts *texts)
{
    if (texts == NULL)
        return;
    for (size_t i = 0; i <= texts->mask; i++)
        free(texts->slots[i]);
    free(texts->slots);
    free(texts);
}

/* The slot that holds the text, or the empty one where it belongs. */
static size_t slot_of(const struct texts *texts, uint64_t hash, const char *s, size_t length)
{
    size_t at = hash & texts->mask;
    for (; texts->slots[at] != NULL; at = (at + 1) & texts->mask) {
        const struct text *text = texts->slots[at];
        if (text->hash == hash && text->length == length && memcmp(text->s, s, length) == 0)
            break;
    }
    return at;
}

static void grow(struct texts *texts)
{
    struct text **old = texts->slots;
    const size_t old_count = texts->mask + 1;
    texts->mask = old_count * 2 - 1;
    texts->slots = mem_new((texts->mask + 1) * sizeof *texts->slots);
    for (size_t i = 0; i < old_count; i++)
        if (old[i] != NULL)
            texts->slots[slot_of(texts, old[i]->hash, old[i]->s, old[i]->length)] = old[i];
    free(old);
}

const struct text *text_intern_length(struct texts *texts, const char *s, size_t length)
{
    if (length == 0)
        return NULL;
    const uint64_t hash = text_hash(s, length);
    size_t at = slot_of(texts, hash, s, length);
    if (texts->slots[at] != NULL)
        return text_hold(texts->slots[at]);
    if (texts->count * 4 >= texts->mask * 3) {
        grow(texts);
        at = slot_of(texts, hash, s, length);
    }
    struct text *text = mem_new(sizeof *text + length + 1);
    text->home = texts;
    text->refs = 1;
    text->length = (uint32_t)length;
    text->hash = hash;
    memcpy(text->s, s, length);
    texts->slots[at] = text;
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
    for (size_t at = (hole + 1) & texts->mask; texts->slots[at] != NULL;
         at = (at + 1) & texts->mask) {
        const size_t home = texts->slots[at]->hash & texts->mask;
        if (((at - home) & texts->mask) >= ((at - hole) & texts->mask)) {
            texts->slots[hole] = texts->slots[at];
            hole = at;
        }
    }
    texts->slots[hole] = NULL;
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
    size_t at = text->hash & texts->mask;
    while (texts->slots[at] != text)
        at = (at + 1) & texts->mask;
    close_gap(texts, at);
    texts->count--;
    free(text);
}

void text_assign(const struct text **slot, const struct text *text)
{
    const struct text *old = *slot;
    *slot = text;
    text_drop(old);
}
