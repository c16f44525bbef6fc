/* Memory that does not come back NULL, and pools for small things that come and go.
 *
 * Out of memory aborts with a message: no caller can do better. */
#ifndef SIM_BASE_MEMORY_H
#define SIM_BASE_MEMORY_H

#include <stddef.h>
#include <string.h>

/* Zeroed memory of `size` bytes; free() it. */
void *mem_new(size_t size);

/* realloc() that aborts instead of failing; new bytes are not zeroed. */
void *mem_resize(void *block, size_t size);

/* A copy of `length` bytes of text with a final NUL; free() it. */
char *mem_text(const char *text, size_t length);

/* printf into a new string; free() it. */
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Make room for one more element at the end of a growing array:
 *     MEM_GROW(list->items, list->count, list->capacity);
 *     list->items[list->count++] = x; */
#define MEM_GROW(items, count, capacity)                                                           \
    do {                                                                                           \
        if ((count) == (capacity)) {                                                               \
            (capacity) = (capacity) ? (capacity)*2 : 8;                                            \
            (items) = mem_resize((items), (capacity) * sizeof *(items));                           \
        }                                                                                          \
    } while (0)

/* Blocks of one size, taken and given back in O(1), released together. */
struct pool {
    size_t size;  /* bytes of one block, rounded up to pointer alignment */
    void *free;   /* blocks given back, linked through their first word */
    void *chunks; /* memory obtained, linked through its first word */
    char *fresh;  /* blocks of the newest chunk that nobody has touched yet, */
    size_t left;  /* and how many */
    size_t live;  /* blocks taken and not given back */
};

/* A pool of blocks of `size` bytes. Release with pool_close(). */
void pool_init(struct pool *pool, size_t size);
void pool_close(struct pool *pool);

/* One zeroed block. */
void *pool_take(struct pool *pool);
/* One with anything in it, for those who fill it anyway. */
void *pool_take_as_is(struct pool *pool);

/* Give a block back; it must come from this pool. */
void pool_give(struct pool *pool, void *block);

#endif
