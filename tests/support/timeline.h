/* A timeline of a cluster, recorded or emitted, in the form in which two are compared.
 *
 * Rows of timeline.jsonl become lives: an object from ADDED to DELETED, with the sequence of
 * values of each of its fields. Normalised by section 1 of COMPARING.md beside the recordings: what may vary
 * between two real runs without a meaning (times, uids, random names) is replaced. */
#ifndef TESTS_SUPPORT_TIMELINE_H
#define TESTS_SUPPORT_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/text.h"
#include "sim/base/value.h"

/* How a field is compared: section 3. */
enum field_rule {
    FIELD_EXACT,   /* the whole sequence */
    FIELD_PATH,    /* rule 4 */
    FIELD_LAST,    /* the last value */
    FIELD_TURNING, /* turning points of a number */
    FIELD_FREE     /* not at all */
};

/* A field took a value at a row; NULL: it is missing. */
struct field_step {
    const struct text *value;
    size_t row;
    long at_ms;
};

struct field {
    const struct text *name;
    enum field_rule rule;
    bool in_state; /* part of the full state at a checkpoint */
    struct field_step *steps;
    size_t count, capacity;
};

struct life {
    const struct text *kind, *name; /* normalised: "web-7984c657f-<n>" */
    const struct text *owner;       /* "ReplicaSet/web-7984c657f"; NULL: none */
    size_t first_row, last_row;     /* last_row: of DELETED, or SIZE_MAX */
    long begin_ms, end_ms;          /* end_ms: of DELETED, or of the timeline */
    size_t deletion_row;            /* where deletionTimestamp appeared; SIZE_MAX: never */
    bool deleted;
    struct field *fields; /* in order of first appearance */
    size_t field_count, field_capacity;
};

enum row_type { ROW_ADDED, ROW_MODIFIED, ROW_DELETED };

struct timeline_row {
    long at_ms;
    enum row_type type;
    size_t life;  /* index */
    bool by_user; /* made, changed or deleted by a user: rule 6 */
};

/* One occurrence of an event, normalised. */
struct occurrence {
    const struct text *object, *type, *reason, *message, *source;
};

struct timeline {
    struct texts *texts; /* owned by the caller of timeline_load(): both sides share it */
    struct timeline_row *rows;
    size_t row_count, row_capacity;
    struct life *lives;
    size_t life_count, life_capacity;
    struct occurrence *events;
    size_t event_count, event_capacity;
    long end_ms;
};

/* From the rows of timeline.jsonl and events.jsonl (plain or gzipped, NAME or NAME.gz) of a
 * directory; false when there is none. */
bool timeline_load(struct timeline *timeline, struct texts *texts, const char *directory);
void timeline_close(struct timeline *timeline);

/* A field of a life by its name; NULL when it never had one. */
const struct field *life_field(const struct life *life, const char *name);
/* The value of a field as it stood just before a row; NULL: missing. */
const struct text *field_before(const struct field *field, size_t row);
/* Its number, or `otherwise`. */
long text_number(const struct text *text, long otherwise);
/* Is the life there just before a row? */
bool life_is_alive(const struct life *life, size_t row);

#endif
