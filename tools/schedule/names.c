/* Lists of nodes; see names.h. */
#include "tools/schedule/names.h"

#include <inttypes.h>
#include <stdlib.h>

struct names names_of(const struct trial *trial, const uint32_t *slots, size_t count)
{
    struct names names = { mem_new((count + 1) * sizeof *names.items), count };
    for (size_t i = 0; i < count; i++)
        names.items[i] = (struct node_name){ .name = trial->snapshot->nodes[slots[i]]->name,
                                             .rank = trial_node_rank(trial, slots[i]),
                                             .at = i };
    return names;
}

void names_close(struct names *names)
{
    free(names->items);
    *names = (struct names){ 0 };
}

static int by_rank(const void *a, const void *b)
{
    const size_t first = ((const struct node_name *)a)->rank;
    const size_t second = ((const struct node_name *)b)->rank;
    return (first > second) - (first < second);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct node_name *)a)->name->s, ((const struct node_name *)b)->name->s);
}

void names_sort_by_rank(struct names *names)
{
    qsort(names->items, names->count, sizeof *names->items, by_rank);
}

void names_sort_by_name(struct names *names)
{
    size_t kept = 0;
    qsort(names->items, names->count, sizeof *names->items, by_name);
    for (size_t i = 0; i < names->count; i++)
        if (kept == 0 || names->items[kept - 1].name != names->items[i].name)
            names->items[kept++] = names->items[i];
    names->count = kept;
}

struct value *names_list(const struct names *names)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < names->count; i++)
        value_add(list, value_new_string(names->items[i].name->s));
    return list;
}

static uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return hash;
}

struct value *names_hash(const struct names *names, bool counted)
{
    struct names sorted = { mem_new((names->count + 1) * sizeof *sorted.items), names->count };
    struct writer text = { 0 };
    uint64_t hash = 0xcbf29ce484222325u;
    memcpy(sorted.items, names->items, names->count * sizeof *sorted.items);
    names_sort_by_name(&sorted);
    for (size_t i = 0; i < sorted.count; i++) {
        hash = hash_bytes(hash, sorted.items[i].name->s, strlen(sorted.items[i].name->s));
        hash = hash_bytes(hash, "\n", 1);
    }
    if (counted)
        writer_format(&text, "#%zu:", names->count);
    writer_format(&text, "%016" PRIx64, hash);
    struct value *value = value_new_string(text.bytes);
    writer_close(&text);
    names_close(&sorted);
    return value;
}
