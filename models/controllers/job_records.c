/* What the Job controller remembers of a Job from one sync to the next: how often its pods failed in a
 * row, and whose finalizers it has removed without having seen it.
 *
 * Follows pkg/controller/job/{backoff_utils,tracking_utils}.go of kube-controller-manager, in the
 * release named in docs/fidelity.md. */
#include <stdlib.h>

#include "models/controllers/job_private.h"
#include "sim/base/memory.h"

static struct job_record *find(const struct job_records *records, struct object_key key)
{
    struct table_node *node = table_first(&records->table, object_key_hash(key));
    for (; node != NULL; node = table_again(node)) {
        struct job_record *found = (struct job_record *)node;
        if (object_key_equal(found->key, key))
            return found;
    }
    return NULL;
}

static void drop(struct job_records *records, struct job_record *record)
{
    table_remove(&records->table, &record->node);
    *record->link = record->next;
    if (record->next != NULL)
        record->next->link = record->link;
    object_key_drop(record->key);
    free(record->removing);
    free(record);
}

void job_records_init(struct job_records *records)
{
    table_init(&records->table);
    records->first = NULL;
}

void job_records_close(struct job_records *records)
{
    while (records->first != NULL)
        drop(records, records->first);
    table_close(&records->table);
}

struct job_record *job_record_of(struct job_records *records, struct object_key key)
{
    struct job_record *record = find(records, key);
    if (record != NULL)
        return record;
    record = mem_new(sizeof *record);
    record->key = object_key_hold(key);
    record->next = records->first;
    record->link = &records->first;
    if (record->next != NULL)
        record->next->link = &record->next;
    records->first = record;
    table_add(&records->table, &record->node, object_key_hash(key));
    return record;
}

void job_record_forget(struct job_records *records, struct object_key key)
{
    struct job_record *record = find(records, key);
    if (record != NULL)
        drop(records, record);
}

void job_record_expect_removal(struct job_record *record, struct uid pod)
{
    MEM_GROW(record->removing, record->removing_count, record->removing_capacity);
    record->removing[record->removing_count++] = pod;
}

void job_record_saw_removal(struct job_records *records, struct object_key key, struct uid pod)
{
    struct job_record *record = find(records, key);
    for (size_t i = 0; record != NULL && i < record->removing_count; i++)
        if (uid_equal(record->removing[i], pod)) {
            record->removing[i] = record->removing[--record->removing_count];
            return;
        }
}

bool job_record_expects_removal(const struct job_record *record, struct uid pod)
{
    for (size_t i = 0; i < record->removing_count; i++)
        if (uid_equal(record->removing[i], pod))
            return true;
    return false;
}
