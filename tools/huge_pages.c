/* The heap in large pages; see huge_pages.h.
 *
 * The heap is made to grow in one large step, and the system is told that large pages are welcome
 * in it. Nothing of it is taken before it is touched. Where the allocator or the system is another
 * one, nothing happens. */
#include "tools/huge_pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>

enum {
    STEP_BYTES = 512 << 20,
    LARGE_BYTES = 32 << 20, /* and more is mapped by itself, as usual */
    PAGE_BYTES = 2 << 20
};

void huge_pages_use(void)
{
    char *before = sbrk(0);
    mallopt(M_TOP_PAD, STEP_BYTES);
    mallopt(M_TRIM_THRESHOLD, STEP_BYTES);
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    free(malloc(1 << 20)); /* more than there is: the heap grows */
    char *after = sbrk(0), *first = before + (PAGE_BYTES - (uintptr_t)before % PAGE_BYTES);
    if (after > first)
        madvise(first, (size_t)(after - first), MADV_HUGEPAGE); /* no is an answer, too */
}
#else
void huge_pages_use(void)
{
}
#endif
