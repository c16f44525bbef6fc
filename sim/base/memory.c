/* Allocation that aborts on failure, and fixed-size pools. */
#include "sim/base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHUNK_BYTES = 64 * 1024 };

static void *checked(void *block)
{
    if (block == NULL) {
        fputs("seatrial: out of memory\n", stderr);
        abort();
    }
    return block;
}

void *mem_new(size_t size)
{
    return checked(calloc(1, size ? size : 1));
}

void *mem_resize(void *block, size_t size)
{
    return checked(realloc(block, size ? size : 1));
}

char *mem_text(const char *text, size_t length)
{
    char *copy = checked(malloc(length + 1));
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *mem_format(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0)
        checked(NULL);
    va_end(arguments);
    return text;
}

void pool_init(struct pool *pool, size_t size)
{
    const size_t align = sizeof(void *);
    *pool = (struct pool){ .size = (size + align - 1) / align * align };
}

void pool_close(struct pool *pool)
{
    for (void *chunk = pool->chunks, *next; chunk != NULL; chunk = next) {
        next = *(void **)chunk;
        free(chunk);
    }
    *pool = (struct pool){ .size = pool->size };
}

static void pool_grow(struct pool *pool)
{
    pool->left = pool->size < CHUNK_BYTES / 8 ? CHUNK_BYTES / pool->size : 8;
    char *chunk = checked(malloc(sizeof(void *) + pool->left * pool->size));
    *(void **)chunk = pool->chunks;
    pool->chunks = chunk;
    pool->fresh = chunk + sizeof(void *);
}

/* A block that was never taken. What is not taken is not touched, and so takes no memory. */
static void *fresh_block(struct pool *pool)
{
    if (pool->left == 0)
        pool_grow(pool);
    void *block = pool->fresh;
    pool->fresh += pool->size;
    pool->left--;
    return block;
}

void *pool_take_as_is(struct pool *pool)
{
    void **block = pool->free;
    pool->live++;
    if (block == NULL)
        return fresh_block(pool);
    pool->free = *block;
    return block;
}

void *pool_take(struct pool *pool)
{
    return memset(pool_take_as_is(pool), 0, pool->size);
}

void pool_give(struct pool *pool, void *block)
{
    assert(block != NULL && pool->live > 0);
    *(void **)block = pool->free;
    pool->free = block;
    pool->live--;
}
