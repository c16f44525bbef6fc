/* Compute pod-template-hash as pkg/controller.ComputeHash of Kubernetes 1.36.4 does: FNV-1a over
 * go-spew's "%#v" of v1.PodTemplateSpec with sorted keys, without methods or addresses.
 *
 * Types are printed before the fields of structs only, never before items of lists and
 * maps; a pointer prints as what it points to; nil and empty lists are both <nil>. */
#include "models/api/pod_template_hash.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/quantity.h"
#include "models/api/scalar.h"
#include "models/api/schema.h"
#include "sim/base/memory.h"

/* Takes the dump in pieces. */
struct sink {
    uint32_t hash;
    FILE *copy; /* NULL: only hash */
};

static void put_bytes(struct sink *sink, const char *bytes, size_t length)
{
    uint32_t hash = sink->hash;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x01000193u;
    sink->hash = hash;
    if (sink->copy != NULL)
        fwrite(bytes, 1, length, sink->copy);
}

static void put(struct sink *sink, const char *text)
{
    put_bytes(sink, text, strlen(text));
}

static void put_int(struct sink *sink, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    put(sink, text);
}

static void put_quantity(struct sink *sink, const struct value *value)
{
    struct writer dump = { 0 };
    char *text = value_is_null(value) ? NULL : scalar_quantity_print(value);
    quantity_dump(text, &dump);
    put_bytes(sink, dump.bytes, dump.length);
    writer_close(&dump);
    free(text);
}

static void put_int_or_string(struct sink *sink, const struct value *value)
{
    bool is_text = value != NULL && value->type == VALUE_STRING;
    put(sink,
        is_text ? "{Type:(intstr.Type)1 IntVal:(int32)" : "{Type:(intstr.Type)0 IntVal:(int32)");
    put_int(sink, value_int(value, 0));
    put(sink, " StrVal:(string)");
    put(sink, value_text(value, ""));
    put(sink, "}");
}

static void put_value(struct sink *sink, const struct schema_type *type, const struct value *value);

static void put_struct(struct sink *sink, const struct schema_type *type, const struct value *value)
{
    put(sink, "{");
    for (size_t i = 0; i < type->field_count; i++) {
        const struct schema_field *field = &type->fields[i];
        if (i > 0)
            put(sink, " ");
        put(sink, field->hash_text);
        bool is_here = field->is_inline && field->json == NULL;
        put_value(sink, field->type, is_here ? value : value_get(value, field->json));
    }
    put(sink, "}");
}

static void put_items(struct sink *sink, const struct schema_type *type, const struct value *list)
{
    for (size_t i = 0; i < list->count; i++) {
        put(sink, i > 0 ? " " : "[");
        put_value(sink, type->element, list->items[i]);
    }
    put(sink, "]");
}

static int compare_keys(const void *a, const void *b)
{
    const struct value_entry *const *left = a, *const *right = b;
    return strcmp((*left)->key, (*right)->key);
}

static void put_entries(struct sink *sink, const struct schema_type *type, const struct value *map)
{
    const struct value_entry **sorted = mem_new(map->count * sizeof *sorted);
    for (size_t i = 0; i < map->count; i++)
        sorted[i] = &map->entries[i];
    qsort(sorted, map->count, sizeof *sorted, compare_keys);
    for (size_t i = 0; i < map->count; i++) {
        put(sink, i > 0 ? " " : "map[");
        put(sink, sorted[i]->key);
        put(sink, ":");
        put_value(sink, type->element, sorted[i]->value);
    }
    put(sink, "]");
    free(sorted);
}

static void put_value(struct sink *sink, const struct schema_type *type, const struct value *value)
{
    switch (type->shape) {
    case SCHEMA_POINTER:
        if (value_is_null(value))
            put(sink, "<nil>");
        else
            put_value(sink, type->element, value);
        break;
    case SCHEMA_STRUCT:
        put_struct(sink, type, value);
        break;
    case SCHEMA_LIST:
    case SCHEMA_MAP:
        if (value_is_null(value) || value->count == 0)
            put(sink, "<nil>");
        else if (type->shape == SCHEMA_LIST)
            put_items(sink, type, value);
        else
            put_entries(sink, type, value);
        break;
    case SCHEMA_STRING:
        put(sink, value_text(value, ""));
        break;
    case SCHEMA_BOOL:
        put(sink, value_truth(value, false) ? "true" : "false");
        break;
    case SCHEMA_INT:
        put_int(sink, value_int(value, 0));
        break;
    case SCHEMA_QUANTITY:
        put_quantity(sink, value);
        break;
    case SCHEMA_INT_OR_STRING:
        put_int_or_string(sink, value);
        break;
    case SCHEMA_TIME: /* a template has none */
    case SCHEMA_MICRO_TIME:
        put(sink, "{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}");
        break;
    case SCHEMA_BYTES:
    case SCHEMA_ANY:
        put(sink, "<nil>");
        break;
    }
}

static void put_template(struct sink *sink, const struct value *template)
{
    put(sink, "(v1.PodTemplateSpec)");
    put_value(sink, schema_type("core/v1.PodTemplateSpec"), template);
}

void pod_template_hash_encode(uint32_t number, char hash[POD_TEMPLATE_HASH_SIZE])
{
    static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
    snprintf(hash, POD_TEMPLATE_HASH_SIZE, "%" PRIu32, number);
    for (; *hash != '\0'; hash++)
        *hash = letters[(unsigned char)*hash % 27];
}

void pod_template_hash(const struct value *template, const int32_t *collision_count,
                       char hash[POD_TEMPLATE_HASH_SIZE])
{
    struct sink sink = { .hash = 0x811c9dc5u };
    put_template(&sink, template);
    if (collision_count != NULL) {
        uint32_t count = (uint32_t)*collision_count;
        char bytes[8] = { (char)count, (char)(count >> 8), (char)(count >> 16),
                          (char)(count >> 24) };
        put_bytes(&sink, bytes, sizeof bytes);
    }
    pod_template_hash_encode(sink.hash, hash);
}

void pod_template_hash_text(const struct value *template, FILE *out)
{
    struct sink sink = { .copy = out };
    put_template(&sink, template);
}
