/* The kinds, and reading them. */
#include "models/api/quota.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/kinds_private.h"
#include "sim/base/memory.h"

static void hold(struct object *copy)
{
    meta_hold((struct meta *)copy);
}

static void close_object(struct object *object)
{
    meta_close((struct meta *)object);
}

#define KIND_OF_DOCUMENT(text)                                                                     \
    {                                                                                              \
        .name = (text), .size = sizeof(struct document_object), .hold = hold,                      \
        .close = close_object                                                                      \
    }
const struct object_kind resource_quota_kind = KIND_OF_DOCUMENT("resourcequota");
const struct object_kind limit_range_kind = KIND_OF_DOCUMENT("limitrange");
const struct object_kind service_account_kind = KIND_OF_DOCUMENT("serviceaccount");

/* ── ResourceQuota ── */

static void add_scope(struct quota *quota, struct quota_scope scope)
{
    quota->scopes = mem_resize(quota->scopes, (quota->scope_count + 1) * sizeof *quota->scopes);
    quota->scopes[quota->scope_count++] = scope;
}

struct quota quota_read(const struct object *resource_quota)
{
    const struct value *document = meta_of(resource_quota)->document;
    const struct value *spec = value_get(document, "spec");
    const struct value *status = value_get(document, "status");
    const struct value *scopes = value_get(spec, "scopes");
    const struct value *expressions = value_path(spec, "scopeSelector", "matchExpressions", NULL);
    struct quota quota = {
        .spec_hard = amounts_load(value_get(spec, "hard")),
        .hard = amounts_load(value_get(status, "hard")),
        .used = amounts_load(value_get(status, "used")),
        .counted =
            !value_is_null(value_get(status, "hard")) && !value_is_null(value_get(status, "used")),
    };
    for (size_t i = 0; scopes != NULL && i < scopes->count; i++)
        add_scope(&quota, (struct quota_scope){ value_text(scopes->items[i], ""), "Exists", NULL });
    for (size_t i = 0; expressions != NULL && i < expressions->count; i++) {
        const struct value *one = expressions->items[i];
        add_scope(&quota, (struct quota_scope){ value_text(value_get(one, "scopeName"), ""),
                                                value_text(value_get(one, "operator"), ""),
                                                value_get(one, "values") });
    }
    return quota;
}

void quota_close(struct quota *quota)
{
    amounts_close(&quota->spec_hard);
    amounts_close(&quota->hard);
    amounts_close(&quota->used);
    free(quota->scopes);
}

void quota_set_status(struct object *resource_quota, struct amounts *hard, struct amounts *used)
{
    struct value **document = &((struct meta *)resource_quota)->document;
    amounts_sort(hard);
    amounts_sort(used);
    /* The names may be those of the status that is replaced: both are printed first. */
    struct value *status = value_new_map();
    value_set(status, "hard", amounts_print(hard));
    value_set(status, "used", amounts_print(used));
    value_put(document, status, "status", NULL);
}

bool quota_hard_changed(const struct object *before, const struct object *after)
{
    struct quota was = quota_read(before), is = quota_read(after);
    const bool changed = !amounts_equal(&was.spec_hard, &is.spec_hard);
    quota_close(&was);
    quota_close(&is);
    return changed;
}

/* ── LimitRange ── */

struct limits limits_read(const struct object *limit_range)
{
    const struct value *list = value_path(meta_of(limit_range)->document, "spec", "limits", NULL);
    struct limits limits = { .count = list != NULL ? list->count : 0 };
    limits.items = mem_new((limits.count + 1) * sizeof *limits.items);
    for (size_t i = 0; i < limits.count; i++) {
        const struct value *item = list->items[i];
        struct limit *limit = &limits.items[i];
        *limit = (struct limit){
            .type = value_text(value_get(item, "type"), ""),
            .max = amounts_load(value_get(item, "max")),
            .min = amounts_load(value_get(item, "min")),
            .usual = amounts_load(value_get(item, "default")),
            .usual_request = amounts_load(value_get(item, "defaultRequest")),
            .ratio = amounts_load(value_get(item, "maxLimitRequestRatio")),
        };
        /* Go walks maps in any order; we take the names in theirs. */
        amounts_sort(&limit->max);
        amounts_sort(&limit->min);
        amounts_sort(&limit->usual);
        amounts_sort(&limit->usual_request);
        amounts_sort(&limit->ratio);
    }
    return limits;
}

void limits_close(struct limits *limits)
{
    for (size_t i = 0; i < limits->count; i++) {
        amounts_close(&limits->items[i].max);
        amounts_close(&limits->items[i].min);
        amounts_close(&limits->items[i].usual);
        amounts_close(&limits->items[i].usual_request);
        amounts_close(&limits->items[i].ratio);
    }
    free(limits->items);
}
