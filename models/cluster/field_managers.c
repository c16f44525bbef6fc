/* Owners of fields: what an update and an apply do to them. */
#include "models/cluster/field_managers.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/schema_print.h"
#include "models/cluster/admission_private.h"
#include "models/cluster/field_set.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

enum { UPDATE_ENTRIES = 10 }; /* older ones become one, "ancient-changes" */

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

/* ---- entries ---- */

static bool applies(const struct value *entry)
{
    return strcmp(text_of(entry, "operation"), "Apply") == 0;
}

static const struct value *fields_of(const struct value *entry)
{
    const struct value *fields = value_get(entry, "fieldsV1");
    return fields != NULL && fields->count > 0 ? fields : NULL;
}

static bool is_entry_of(const struct value *entry, struct field_manager manager, bool apply)
{
    return strcmp(text_of(entry, "manager"), manager.name) == 0 && applies(entry) == apply &&
           strcmp(text_of(entry, "subresource"), manager.subresource ? manager.subresource : "") ==
               0;
}

static size_t find_entry(const struct value *entries, struct field_manager manager, bool apply)
{
    size_t i = 0;
    while (i < entries->count && !is_entry_of(entries->items[i], manager, apply))
        i++;
    return i;
}

static struct value *new_entry(struct field_manager manager, bool apply, const char *version,
                               struct value *fields)
{
    struct value *entry = value_new_map();
    value_set(entry, "manager", value_new_string(manager.name));
    value_set(entry, "operation", value_new_string(apply ? "Apply" : "Update"));
    value_set(entry, "apiVersion", value_new_string(version));
    if (manager.time != NULL)
        value_set(entry, "time", value_new_string(manager.time));
    value_set(entry, "fieldsType", value_new_string("FieldsV1"));
    value_set(entry, "fieldsV1", fields);
    if (manager.subresource != NULL)
        value_set(entry, "subresource", value_new_string(manager.subresource));
    return entry;
}

/* Set the fields of an entry, whose reference is taken; one without fields goes. */
static void set_fields(struct value *entries, size_t at, struct value *fields)
{
    if (fields == NULL)
        value_cut(entries, at);
    else
        value_set(value_own(&entries->items[at]), "fieldsV1", fields);
}

/* Apply before Update, then by name, then by subresource; times are all one. */
static int by_order(const void *a, const void *b)
{
    const struct value *x = *(struct value *const *)a, *y = *(struct value *const *)b;
    static const char *const keys[] = { "operation", "manager", "subresource" };
    int order = 0;
    for (size_t i = 0; order == 0 && i < 3; i++)
        order = strcmp(text_of(x, keys[i]), text_of(y, keys[i]));
    return order;
}

/* Of more than ten entries of updates the first become one. */
static void cap(struct value *entries, const char *version)
{
    static const struct field_manager ancient = { "ancient-changes", NULL, NULL };
    size_t updates = 0;
    for (size_t i = 0; i < entries->count; i++)
        updates += !applies(entries->items[i]);
    for (size_t i = 0; updates > UPDATE_ENTRIES && i < entries->count;) {
        if (applies(entries->items[i]) || is_entry_of(entries->items[i], ancient, false)) {
            i++;
            continue;
        }
        const size_t old = find_entry(entries, ancient, false);
        struct value *fields = value_hold(fields_of(entries->items[i]));
        if (old == entries->count) {
            struct value *entry = new_entry(ancient, false, version, fields);
            value_drop(entries->items[i]);
            entries->items[i++] = entry;
        } else {
            struct value *both = field_set_union(fields_of(entries->items[old]), fields);
            value_drop(fields);
            set_fields(entries, old, both);
            value_cut(entries, i);
            updates--;
        }
    }
}

static struct value *entries_of(const struct value *document)
{
    const struct value *list = value_path(document, "metadata", "managedFields", NULL);
    struct value *entries = value_new_list();
    for (size_t i = 0; list != NULL && list->type == VALUE_LIST && i < list->count; i++)
        if (fields_of(list->items[i]) != NULL)
            value_add(entries, value_hold(list->items[i]));
    return entries;
}

/* The list as it is stored; takes the reference, NULL for none. */
static struct value *finished(struct value *entries, const char *version)
{
    cap(entries, version);
    if (entries->count > 1)
        qsort(entries->items, entries->count, sizeof *entries->items, by_order);
    if (entries->count > 0)
        return entries;
    value_drop(entries);
    return NULL;
}

/* ---- fields that nobody owns ---- */

static void strip(struct value **set, const char *const *path)
{
    struct value *node = value_new_map();
    size_t depth = 0;
    while (path[depth] != NULL)
        depth++;
    while (depth-- > 0) {
        struct value *above = value_new_map();
        value_set(above, path[depth], node);
        node = above;
    }
    struct value *rest = field_set_difference(*set, node);
    value_drop(*set);
    value_drop(node);
    *set = rest;
}

/* Identity, and what belongs to the other endpoint: status is written through its subresource, and only
 * there. Takes the reference. */
static struct value *ownable(struct value *set, const struct schema_kind *kind,
                             struct field_manager manager)
{
    static const char *const meta[] = { "f:name",       "f:namespace",
                                        "f:uid",        "f:creationTimestamp",
                                        "f:generation", "f:managedFields",
                                        "f:selfLink",   "f:resourceVersion",
                                        "f:clusterName" };
    strip(&set, (const char *const[]){ "f:apiVersion", NULL });
    strip(&set, (const char *const[]){ "f:kind", NULL });
    strip(&set, (const char *const[]){ "f:metadata", NULL });
    for (size_t i = 0; i < sizeof meta / sizeof *meta; i++)
        strip(&set, (const char *const[]){ "f:metadata", meta[i], NULL });
    if (kind == NULL || set == NULL)
        return set;
    const bool status = manager.subresource != NULL && strcmp(manager.subresource, "status") == 0;
    const char *other = status ? "f:spec" : "f:status";
    if (schema_field(kind->type, status ? "spec" : "status") == NULL || !value_get(set, other))
        return set;
    struct value *whole = value_new_map();
    value_set(whole, other, value_new_map());
    struct value *rest = field_set_without(set, whole);
    value_drop(whole);
    value_drop(set);
    return rest;
}

/* A document as ownership sees it: all structs there. `like` says of which kind; NULL gives one
 * without fields. */
static struct value *printed(const struct value *document, const struct value *like,
                             const struct schema_kind *kind)
{
    struct value *empty = NULL;
    if (document == NULL) {
        empty = value_new_map();
        value_set(empty, "apiVersion", value_hold(value_get(like, "apiVersion")));
        value_set(empty, "kind", value_hold(value_get(like, "kind")));
        document = empty;
    }
    struct value *result = kind != NULL ? schema_print(document, kind->type) : value_hold(document);
    value_drop(empty);
    return result;
}

/* ---- the two operations ---- */

static const char *version_of(const struct value *document)
{
    return text_of(document, "apiVersion");
}

/* Take what has changed or gone from everybody else, but for entry `own`. */
static void take_from_others(struct value *entries, size_t own, const struct comparison *changed,
                             const struct value *taken)
{
    for (size_t i = entries->count; i-- > 0;) {
        if (i == own)
            continue;
        struct value *less = field_set_difference(fields_of(entries->items[i]), taken);
        struct value *rest = field_set_difference(less, changed->removed);
        value_drop(less);
        set_fields(entries, i, rest);
    }
}

static struct value *changed_fields(const struct comparison *changed)
{
    return field_set_union(changed->added, changed->modified);
}

/* The owner of what there was before anybody was noted. */
static void begin_entries(struct value *entries, const struct value *live,
                          const struct schema_kind *kind)
{
    static const struct field_manager before = { "before-first-apply", NULL, NULL };
    struct value *empty = printed(NULL, live, kind);
    struct comparison all = typed_compare(typed_of(kind), empty, live);
    struct value *fields = ownable(changed_fields(&all), kind, before);
    if (fields != NULL)
        value_add(entries, new_entry(before, false, version_of(live), fields));
    comparison_close(&all);
    value_drop(empty);
}

static bool forgets_all(const struct value *document)
{
    const struct value *list = value_path(document, "metadata", "managedFields", NULL);
    return list != NULL && list->type == VALUE_LIST && list->count == 1 &&
           list->items[0]->count == 0;
}

struct value *managers_updated(const struct value *old, const struct value *new,
                               const struct schema_kind *kind, struct field_manager manager)
{
    struct value *entries = entries_of(old);
    if (forgets_all(new) || (old != NULL && entries->count == 0)) {
        value_drop(entries);
        return NULL;
    }
    struct value *before = printed(old, new, kind), *after = printed(new, new, kind);
    struct comparison changed = typed_compare(typed_of(kind), before, after);
    struct value *taken = ownable(changed_fields(&changed), kind, manager);
    size_t own = find_entry(entries, manager, false);
    struct value *mine = own < entries->count
                             ? field_set_difference(fields_of(entries->items[own]), changed.removed)
                             : NULL;
    struct value *all = field_set_union(mine, taken);
    take_from_others(entries, own, &changed, taken);
    own = find_entry(entries, manager, false);
    if (own < entries->count)
        set_fields(entries, own, value_hold(all));
    else if (all != NULL)
        value_add(entries, new_entry(manager, false, version_of(new), value_hold(all)));
    value_drop(all);
    value_drop(mine);
    value_drop(taken);
    comparison_close(&changed);
    value_drop(before);
    value_drop(after);
    return finished(entries, version_of(new));
}

/* ---- conflicts ---- */

struct conflicts {
    struct writer lines; /* "- .spec.replicas" */
    char *last;          /* the last path; owned */
    size_t count;
};

static void note_conflict(void *context, const char *path)
{
    struct conflicts *conflicts = context;
    writer_format(&conflicts->lines, "\n- %s", path);
    free(conflicts->last);
    conflicts->last = mem_text(path, strlen(path));
    conflicts->count++;
}

static void print_owner(struct writer *out, const struct value *entry)
{
    writer_format(out, "\"%s\"", text_of(entry, "manager"));
    if (*text_of(entry, "subresource") != '\0')
        writer_format(out, " with subresource \"%s\"", text_of(entry, "subresource"));
    if (!applies(entry))
        writer_format(out, " using %s", text_of(entry, "apiVersion"));
}

/* Fields of others that the apply would change; false with the refusal when there are any. */
static bool check_conflicts(const struct value *entries, size_t own, const struct value *taken,
                            struct refusal *refusal)
{
    struct writer list = { 0 }, single = { 0 };
    size_t count = 0;
    struct value *order = value_new_list();
    for (size_t i = 0; i < entries->count; i++)
        if (i != own)
            value_add(order, value_hold(entries->items[i]));
    if (order->count > 1)
        qsort(order->items, order->count, sizeof *order->items, by_order);
    for (size_t i = 0; i < order->count; i++) {
        struct value *common = field_set_intersection(fields_of(order->items[i]), taken);
        struct conflicts conflicts = { 0 };
        field_set_each(common, note_conflict, &conflicts);
        if (conflicts.count > 0) {
            writer_format(&list, "%sconflicts with ", count > 0 ? "\n" : "");
            print_owner(&list, order->items[i]);
            writer_format(&list, ":%s", conflicts.lines.bytes);
            print_owner(&single, order->items[i]);
            writer_format(&single, ": %s", conflicts.last);
        }
        count += conflicts.count;
        writer_close(&conflicts.lines);
        free(conflicts.last);
        value_drop(common);
    }
    if (count == 1)
        refuse_document(refusal, 409, "Apply failed with 1 conflict: conflict with %s",
                        single.bytes);
    else if (count > 1)
        refuse_document(refusal, 409, "Apply failed with %zu conflicts: %s", count, list.bytes);
    writer_close(&list);
    writer_close(&single);
    value_drop(order);
    return count == 0;
}

/* ---- apply ---- */

/* Without what the manager applied before and now leaves out, unless somebody owns it. */
static struct value *pruned(struct value *merged, const struct value *last,
                            const struct value *entries, struct typed typed)
{
    struct value *owned = NULL;
    for (size_t i = 0; i < entries->count; i++) {
        struct value *more = field_set_union(owned, fields_of(entries->items[i]));
        value_drop(owned);
        owned = more;
    }
    struct value *kept = field_set_with_parents(owned);
    struct value *gone = field_set_difference(last, kept);
    struct value *rest = gone != NULL ? typed_remove(typed, merged, gone) : value_hold(merged);
    value_drop(gone);
    value_drop(kept);
    value_drop(owned);
    value_drop(merged);
    return rest;
}

static bool fits_kind(const struct value *document, const struct schema_kind *kind,
                      struct refusal *refusal)
{
    struct error error = { 0 };
    if (typed_check(typed_of(kind), document, &error))
        return true;
    refuse_document(refusal, 500, "failed to create typed patch object (%s/%s; %s%s, Kind=%s): %s",
                    value_text(value_path(document, "metadata", "namespace", NULL), ""),
                    value_text(value_path(document, "metadata", "name", NULL), ""),
                    strchr(version_of(document), '/') ? "" : "/", version_of(document),
                    text_of(document, "kind"), error.text);
    error_close(&error);
    return false;
}

/* The entries after the manager has applied `fields` (whose reference is taken), and what it had
 * applied before. */
static size_t note_applied(struct value *entries, struct field_manager manager, const char *version,
                           struct value *fields, struct value **last)
{
    size_t own = find_entry(entries, manager, true);
    *last = own < entries->count ? value_hold(fields_of(entries->items[own])) : NULL;
    if (own == entries->count && fields != NULL)
        value_add(entries, new_entry(manager, true, version, fields));
    else if (own < entries->count && fields != NULL)
        set_fields(entries, own, fields);
    else if (own < entries->count)
        value_set(value_own(&entries->items[own]), "fieldsV1", value_new_map());
    return own;
}

/* Entries that have lost all their fields go. */
static void drop_empty(struct value *entries)
{
    for (size_t i = entries->count; i-- > 0;)
        if (fields_of(entries->items[i]) == NULL)
            value_cut(entries, i);
}

struct value *managers_applied(const struct value *live, const struct value *document,
                               const struct schema_kind *kind, struct field_manager manager,
                               bool force, struct refusal *refusal)
{
    const struct typed typed = typed_of(kind);
    if (!fits_kind(document, kind, refusal))
        return NULL;
    struct value *before = printed(live, document, kind), *entries = entries_of(live), *last;
    if (live != NULL && entries->count == 0)
        begin_entries(entries, before, kind);
    const size_t own = note_applied(entries, manager, version_of(document),
                                    ownable(typed_fields(typed, document), kind, manager), &last);
    struct value *merged = pruned(typed_merge(typed, before, document), last, entries, typed);
    struct comparison changed = typed_compare(typed, before, merged);
    struct value *taken = ownable(changed_fields(&changed), kind, manager);
    if (force || check_conflicts(entries, own, taken, refusal)) {
        take_from_others(entries, own, &changed, taken);
        drop_empty(entries);
        struct value *meta = value_own(value_slot(value_own(&merged), "metadata"));
        struct value *list = finished(entries, version_of(document));
        value_set(meta, "managedFields", list != NULL ? list : value_new_list());
    } else {
        value_drop(entries);
        value_drop(merged);
        merged = NULL;
    }
    comparison_close(&changed);
    value_drop(taken);
    value_drop(before);
    value_drop(last);
    return merged;
}
