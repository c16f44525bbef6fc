/* What documents of our own kinds look like: one table of fields for each map drives the
 * checks, the JSON Schema, and the hints.
 *
 * Kubernetes' own kinds have their schema in models/api/schema.h; this is the smaller one for
 * what a Scenario and an Image hold: durations, distributions, quantities, commands. An unknown
 * field is always a fault. */
#ifndef MODELS_CLUSTER_SHAPE_H
#define MODELS_CLUSTER_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "models/api/field_path.h"
#include "sim/base/error.h"
#include "sim/base/time.h"
#include "sim/base/value.h"

enum shape_type {
    SHAPE_TEXT,
    SHAPE_BOOL,
    SHAPE_COUNT,        /* a whole number from `least` to `most` */
    SHAPE_NUMBER,       /* any number in these bounds */
    SHAPE_DURATION,     /* "1h30m", or a number of seconds; not negative */
    SHAPE_TIME,         /* RFC 3339 */
    SHAPE_AMOUNT,       /* any number, or a duration, which stands for its seconds */
    SHAPE_DISTRIBUTION, /* a duration, or as sim/chance/distribution.h says */
    SHAPE_TEXT_MAP,     /* keys to texts; numbers and booleans count as their text */
    SHAPE_LABELS,       /* the same, where null removes a label */
    SHAPE_QUANTITY,     /* as Kubernetes writes it; not negative */
    SHAPE_QUANTITIES,   /* resource names to quantities */
    SHAPE_SETTINGS,     /* flags to scalars */
    SHAPE_TIMINGS,      /* names of timing models to distributions */
    SHAPE_OBJECT,       /* an object of Kubernetes */
    SHAPE_VALUE,        /* anything at all */
    SHAPE_STRUCT        /* the fields of `of` */
};

/* How often, and in what other guise, the value may stand there; combined with |. */
enum shape_form {
    SHAPE_ONE = 0,
    SHAPE_LIST = 1,     /* a list of them */
    SHAPE_OR_LIST = 2,  /* one, or a list of them */
    SHAPE_OR_TEXT = 4,  /* a text may stand for each of them */
    SHAPE_REQUIRED = 8, /* must be there */
    SHAPE_OR_EMPTY = 16 /* a text may be "" */
};

struct shape;

struct shape_field {
    const char *name;
    enum shape_type type;
    int form;
    const char *help;           /* one sentence, no full stop */
    const struct shape *of;     /* of SHAPE_STRUCT */
    double least, most;         /* of SHAPE_COUNT and SHAPE_NUMBER; both 0: any */
    const char *const *choices; /* of SHAPE_TEXT: ends with NULL; NULL: any */
    const char *standard;       /* the default, as text; NULL: none */
};

/* A row of a table: name, type, help, then other members by name. */
#define SHAPE_FIELD(name_, type_, help_, ...)                                                      \
    {                                                                                              \
        .name = name_, .type = type_, .help = help_, __VA_ARGS__                                   \
    }
#define SHAPE_END                                                                                  \
    {                                                                                              \
        .name = NULL                                                                               \
    }

struct shape {
    const char *name;
    const struct shape_field *fields; /* ends with a NULL name */
    const struct shape *also;         /* whose fields may stand here, too; NULL: none */
};

/* Append each fault of a map with its field path. False when there was one. */
bool shape_check(const struct value *from, const struct shape *shape, const struct field_path *path,
                 struct error_list *faults);

/* The JSON Schema (2020-12) of a map: {type: object, properties: ...}; a new reference. */
struct value *shape_schema(const struct shape *shape);

/* The value under a key; NULL when it is absent or null. */
const struct value *shape_get(const struct value *map, const char *key);

/* A text, number or boolean as text, which the caller frees; NULL for anything else. */
char *shape_scalar_text(const struct value *value);

/* A SHAPE_AMOUNT as the text of a JSON number, seconds of a duration exact to the nanosecond; the
 * caller frees. NULL for anything else. */
char *shape_amount_text(const struct value *value);

/* A SHAPE_DURATION; false with the error when it is none. */
bool shape_duration(const struct value *value, sim_time *time, struct error *error);

/* A document field that may be one value or a list of them: how many, and which. */
size_t shape_count(const struct value *one_or_list);
const struct value *shape_at(const struct value *one_or_list, size_t index);

#endif
