/* Compute pod-template-hash as pkg/controller.ComputeHash of Kubernetes 1.36.4 does: FNV-1a over
 * go-spew's "%#v" of v1.PodTemplateSpec with sorted keys, without methods or addresses.
 *
 * Types are printed before the fields of structs only, never before items of lists and
 * maps; a pointer prints as what it points to; nil and empty lists are both <nil>. */
#include "models/api/pod_template_hash.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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

/* ---- quantities ---- */

/* The parts of "-12.50Mi", as ParseQuantity in apimachinery/pkg/api/resource splits them. */
struct quantity_text {
    bool negative;
    char digits[64]; /* integer part without leading zeros, then decimals */
    int integers, decimals;
    bool binary, exponential;
    int exponent; /* of ten, or of two when binary */
};

static void read_suffix(const char *suffix, struct quantity_text *into)
{
    static const char decimal[] = "num kMGTPE";
    into->binary = suffix[0] != '\0' && suffix[1] == 'i';
    if (into->binary)
        into->exponent = 10 * (int)(strchr("KMGTPE", suffix[0]) - "KMGTPE" + 1);
    else if ((suffix[0] == 'e' || suffix[0] == 'E') && suffix[1] != '\0')
        into->exponential = true, into->exponent = atoi(suffix + 1);
    else if (suffix[0] != '\0')
        into->exponent = 3 * (int)(strchr(decimal, suffix[0]) - decimal - 3);
}

static struct quantity_text read_quantity(const char *text)
{
    struct quantity_text read = { .negative = *text == '-' };
    text += *text == '-' || *text == '+';
    text += strspn(text, "0");
    read.integers = (int)strspn(text, "0123456789");
    const char *decimals = text + read.integers + (text[read.integers] == '.');
    read.decimals = text[read.integers] == '.' ? (int)strspn(decimals, "0123456789") : 0;
    const char *integers = read.integers > 0 ? text : "0";
    read.integers += read.integers == 0;
    snprintf(read.digits, sizeof read.digits, "%.*s%.*s", read.integers, integers, read.decimals,
             decimals);
    read_suffix(decimals + read.decimals, &read);
    return read;
}

static bool keeps_text(const struct quantity_text *read, int scale, int64_t number)
{
    size_t length = strlen(read->digits);
    if (read->binary)
        return read->exponent % 10 == 0 && (number & 7) != 0;
    return scale % 3 == 0 && read->digits[0] != '0' &&
           (length < 3 || strcmp(read->digits + length - 3, "000") != 0);
}

static void put_quantity_parts(struct sink *sink, int64_t number, int scale, const char *exact,
                               const char *text, const char *format)
{
    put(sink, "{i:(resource.int64Amount){value:(int64)");
    put_int(sink, number);
    put(sink, " scale:(resource.Scale)");
    put_int(sink, scale);
    put(sink, "} d:(resource.infDecAmount){Dec:(*inf.Dec)");
    put(sink, exact);
    put(sink, "} s:(string)");
    put(sink, text);
    put(sink, " Format:(resource.Format)");
    put(sink, format);
    put(sink, "}");
}

/* Numbers too long for Go's quick path are held as arbitrary-precision decimals. */
static void put_exact_quantity(struct sink *sink, const struct quantity_text *read,
                               const char *format)
{
    unsigned __int128 unscaled = 0;
    for (const char *digit = read->digits; *digit != '\0'; digit++)
        unscaled = unscaled * 10 + (unsigned)(*digit - '0');
    unscaled <<= read->binary ? read->exponent : 0;
    char exact[160];
    int length = snprintf(exact, sizeof exact, "{unscaled:(big.Int){neg:(bool)%s abs:(big.nat)[",
                          read->negative ? "true" : "false");
    length +=
        snprintf(exact + length, sizeof exact - (size_t)length, "%" PRIu64, (uint64_t)unscaled);
    if (unscaled >> 64 != 0)
        length += snprintf(exact + length, sizeof exact - (size_t)length, " %" PRIu64,
                           (uint64_t)(unscaled >> 64));
    snprintf(exact + length, sizeof exact - (size_t)length, "]} scale:(inf.Scale)%d}",
             read->decimals - (read->binary ? 0 : read->exponent));
    put_quantity_parts(sink, 0, 0, exact, "", format);
}

static void put_quantity(struct sink *sink, const struct value *value)
{
    if (value_is_null(value)) {
        put_quantity_parts(sink, 0, 0, "<nil>", "", "");
        return;
    }
    char *canonical = scalar_quantity_print(value);
    const char *text = canonical ? canonical : value->text;
    struct quantity_text read = read_quantity(text);
    const char *format = read.binary        ? "BinarySI"
                         : read.exponential ? "DecimalExponent"
                                            : "DecimalSI";
    int precision = 18 - read.integers - read.decimals, scale = read.exponent - read.decimals;
    if (read.binary) {
        precision = read.decimals ? -1 : 15 - read.integers - read.exponent * 3 / 10 - 1;
        scale = 0;
    }
    int64_t number = precision >= 0 ? strtoll(read.digits, NULL, 10) : 0;
    if (strcmp(text, "0") == 0) {
        put_quantity_parts(sink, 0, 0, "<nil>", "", format);
    } else if (precision >= 0 && scale >= -9) {
        int64_t scaled = read.binary ? number << read.exponent : number;
        put_quantity_parts(sink, read.negative ? -scaled : scaled, scale, "<nil>",
                           keeps_text(&read, scale, number) ? text : "", format);
    } else {
        put_exact_quantity(sink, &read, format);
    }
    free(canonical);
}

/* ---- everything else ---- */

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
