/* Write the schema table as C: schemagen models/api/types.json [MORE.json...] > schema_table.c
 *
 * A build-time program, not part of seatrial. The first file names the release; further ones add
 * kinds and types. Types are numbered by name in byte order, which
 * makes the output a function of the input alone; each distinct Go type text ("[]string",
 * "*core/v1.Affinity") is one row. See models/api/schema.h for what the rows mean. */
#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct names {
    char **items;
    size_t count, capacity;
};

static const char resource_list[] = "map[core/v1.ResourceName]api/resource.Quantity";

/* Types that read and print themselves: their Go fields are no JSON fields. */
static const struct {
    const char *name, *shape;
} special[] = {
    { "api/resource.Quantity", "SCHEMA_QUANTITY" },
    { "util/intstr.IntOrString", "SCHEMA_INT_OR_STRING" },
    { "apis/meta/v1.Time", "SCHEMA_TIME" },
    { "apis/meta/v1.MicroTime", "SCHEMA_MICRO_TIME" },
    { "runtime.RawExtension", "SCHEMA_ANY" },
    { "apis/meta/v1.FieldsV1", "SCHEMA_ANY" },
    { "runtime.Object", "SCHEMA_ANY" },
    { "[]uint8", "SCHEMA_BYTES" },
    { "string", "SCHEMA_STRING" },
    { "bool", "SCHEMA_BOOL" },
    { "int32", "SCHEMA_INT" },
    { "int64", "SCHEMA_INT" },
    { "uint8", "SCHEMA_INT" },
    { "uint64", "SCHEMA_INT" },
};

static const char *special_shape(const char *name)
{
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (strcmp(special[i].name, name) == 0)
            return special[i].shape;
    return NULL;
}

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return text;
}

static bool flag_of(const cJSON *object, const char *key)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, key));
}

/* What follows "*", "[]" or "map[key]" in a Go type text; NULL for a plain name. */
static const char *element_of(const char *name)
{
    if (special_shape(name))
        return NULL;
    if (name[0] == '*')
        return name + 1;
    if (strncmp(name, "[]", 2) == 0)
        return name + 2;
    if (strncmp(name, "map[", 4) == 0)
        return strchr(name, ']') + 1;
    return NULL;
}

static bool names_have(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0)
            return true;
    return false;
}

static void names_add(struct names *names, const char *name)
{
    if (names_have(names, name))
        return;
    if (names->count == names->capacity) {
        names->capacity = names->capacity ? 2 * names->capacity : 256;
        names->items = realloc(names->items, names->capacity * sizeof *names->items);
        if (names->items == NULL)
            abort();
    }
    names->items[names->count++] = strdup(name);
    if (element_of(name))
        names_add(names, element_of(name));
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Every type text of the table, sorted. */
static struct names collect(const cJSON *types)
{
    struct names names = { 0 };
    const cJSON *type, *field;
    cJSON_ArrayForEach(type, types)
    {
        names_add(&names, type->string);
        cJSON_ArrayForEach(field, cJSON_GetObjectItem(type, "fields"))
            names_add(&names, text_of(field, "type"));
    }
    qsort(names.items, names.count, sizeof *names.items, compare_names);
    return names;
}

static size_t index_of(const struct names *names, const char *name)
{
    char **found = bsearch(&name, names->items, names->count, sizeof *names->items, compare_names);
    if (found == NULL) {
        fprintf(stderr, "schemagen: no type %s\n", name);
        exit(1);
    }
    return (size_t)(found - names->items);
}

/* As Go prints a type: without the folders before a package's last name. The one named map
 * that types.json spells out is ResourceList. */
static void print_go_name(const char *name)
{
    if (strcmp(name, resource_list) == 0) {
        printf("v1.ResourceList");
        return;
    }
    const char *start = name;
    for (const char *c = name;; c++) {
        if (*c == '/') {
            start = c + 1;
        } else if (!isalnum((unsigned char)*c)) {
            printf("%.*s", (int)(c - start + (*c != '\0')), start);
            start = c + 1;
        }
        if (*c == '\0')
            return;
    }
}

static void print_text(const char *label, const char *text)
{
    if (text == NULL)
        return;
    printf(" .%s = \"", label);
    for (; *text; text++)
        printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    printf("\",");
}

static void print_list(const char *label, const cJSON *list)
{
    if (list == NULL)
        return;
    printf(" .%s = (const char *const[]){ ", label);
    const cJSON *item;
    cJSON_ArrayForEach(item, list) printf("\"%s\", ", item->valuestring);
    printf("NULL },");
}

static void print_flag(const char *label, bool on)
{
    if (on)
        printf(" .%s = true,", label);
}

static void print_default(const cJSON *field)
{
    const cJSON *value = cJSON_GetObjectItem(field, "default");
    if (value == NULL)
        return;
    char *text = cJSON_PrintUnformatted(value);
    print_text("default_json", text);
    free(text);
}

static void print_field(const struct names *names, const cJSON *field, size_t owner)
{
    const char *json = text_of(field, "json"), *type = text_of(field, "type");
    if (json && strcmp(json, "-") == 0)
        json = NULL;
    printf("    { ");
    print_text("go", text_of(field, "go"));
    print_text("json", json);
    printf(" .type = &schema_types[%zu], .owner = &schema_types[%zu],", index_of(names, type),
           owner);
    printf(" .hash_text = \"%s:(", text_of(field, "go"));
    print_go_name(type);
    printf(")\",");
    print_flag("omitempty", flag_of(field, "omitempty"));
    print_flag("omitzero", flag_of(field, "omitzero"));
    print_flag("is_inline", flag_of(field, "inline"));
    print_flag("required", flag_of(field, "required"));
    print_default(field);
    print_list("enumeration", cJSON_GetObjectItem(field, "enum"));
    print_text("patch_strategy", text_of(field, "patchStrategy"));
    print_text("patch_merge_key", text_of(field, "patchMergeKey"));
    print_text("list_type", text_of(field, "listType"));
    print_text("map_type", text_of(field, "mapType"));
    print_list("list_map_keys", cJSON_GetObjectItem(field, "listMapKeys"));
    print_text("format", text_of(field, "format"));
    if (text_of(field, "protobuf"))
        printf(" .protobuf = %s,", text_of(field, "protobuf"));
    printf(" },\n");
}

static const cJSON *fields_of(const cJSON *types, const char *name)
{
    if (special_shape(name))
        return NULL;
    return cJSON_GetObjectItem(cJSON_GetObjectItemCaseSensitive(types, name), "fields");
}

/* The JSON members of a struct, inline structs spread: their number, printed when asked. */
static size_t members_of(const struct names *names, const cJSON *types, const char *name,
                         bool print)
{
    size_t count = 0, at = 0;
    const cJSON *field;
    cJSON_ArrayForEach(field, fields_of(types, name))
    {
        const char *json = text_of(field, "json"), *type = text_of(field, "type");
        if (flag_of(field, "inline")) {
            count += members_of(names, types, type[0] == '*' ? type + 1 : type, print);
        } else if (json != NULL && strcmp(json, "-") != 0) {
            if (print)
                printf("    &fields_%zu[%zu],\n", index_of(names, name), at);
            count++;
        }
        at++;
    }
    return count;
}

static const char *shape_of(const cJSON *types, const char *name)
{
    if (special_shape(name))
        return special_shape(name);
    if (element_of(name))
        return name[0] == '*' ? "SCHEMA_POINTER" : name[0] == '[' ? "SCHEMA_LIST" : "SCHEMA_MAP";
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(types, name);
    const char *kind = text_of(type, "kind");
    if (kind == NULL)
        return fields_of(types, name) ? "SCHEMA_STRUCT" : "SCHEMA_ANY";
    return strcmp(kind, "string") == 0 ? "SCHEMA_STRING" : "SCHEMA_INT";
}

static void print_type(const struct names *names, const cJSON *types, size_t index)
{
    const char *name = names->items[index];
    const char *shape = shape_of(types, name);
    printf("    { .name = \"%s\", .go_name = \"", name);
    print_go_name(name);
    printf("\", .shape = %s,", shape);
    if (strcmp(shape, "SCHEMA_INT") == 0)
        printf(" .bits = %d,", strstr(name, "32") ? 32 : strcmp(name, "uint8") == 0 ? 8 : 64);
    if (element_of(name))
        printf(" .element = &schema_types[%zu],", index_of(names, element_of(name)));
    print_text("map_type", text_of(cJSON_GetObjectItemCaseSensitive(types, name), "map-type"));
    size_t fields = (size_t)cJSON_GetArraySize(fields_of(types, name));
    size_t members = members_of(names, types, name, false);
    if (fields > 0)
        printf(" .fields = fields_%zu, .field_count = %zu,", index, fields);
    if (members > 0)
        printf(" .members = members_%zu, .member_count = %zu,", index, members);
    printf(" },\n");
}

static void print_types(const struct names *names, const cJSON *types)
{
    for (size_t i = 0; i < names->count; i++) {
        const cJSON *field, *fields = fields_of(types, names->items[i]);
        if (cJSON_GetArraySize(fields) == 0)
            continue;
        printf("static const struct schema_field fields_%zu[] = { /* %s */\n", i, names->items[i]);
        cJSON_ArrayForEach(field, fields) print_field(names, field, i);
        printf("};\n");
    }
    for (size_t i = 0; i < names->count; i++) {
        if (members_of(names, types, names->items[i], false) == 0)
            continue;
        printf("static const struct schema_field *const members_%zu[] = {\n", i);
        members_of(names, types, names->items[i], true);
        printf("};\n");
    }
    printf("const struct schema_type schema_types[] = {\n");
    for (size_t i = 0; i < names->count; i++)
        print_type(names, types, i);
    printf("};\nconst size_t schema_type_total = %zu;\n", names->count);
}

static int compare_items(const void *a, const void *b)
{
    return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

static void print_kind(const struct names *names, const cJSON *kind, bool core)
{
    char *group = strdup(kind->string), *last = strrchr(group, '/');
    *last = '\0';
    char *slash = strchr(group, '/');
    if ((slash == NULL) == core) {
        if (slash)
            *slash = '\0';
        printf("    { \"%s\", \"%s\", \"%s\", &schema_types[%zu] },\n", slash ? group : "",
               slash ? slash + 1 : group, last + 1, index_of(names, kind->valuestring));
    }
    free(group);
}

/* "group/version/Kind", or "version/Kind" in the core group; in byte order but for the core group,
 * which "" puts first. */
static void print_kinds(const struct names *names, const cJSON *kinds, bool core)
{
    const size_t count = (size_t)cJSON_GetArraySize(kinds);
    const cJSON **sorted = calloc(count + 1, sizeof *sorted), *kind;
    size_t at = 0;
    if (sorted == NULL)
        abort();
    cJSON_ArrayForEach(kind, kinds) sorted[at++] = kind;
    qsort(sorted, count, sizeof *sorted, compare_items);
    for (size_t i = 0; i < count; i++)
        print_kind(names, sorted[i], core);
    free(sorted);
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        return NULL;
    long size = ftell(file);
    rewind(file);
    char *text = calloc(1, (size_t)size + 1);
    if (text == NULL || fread(text, 1, (size_t)size, file) != (size_t)size)
        abort();
    fclose(file);
    return text;
}

static cJSON *parse_file(const char *path)
{
    char *text = read_file(path);
    cJSON *root = text ? cJSON_Parse(text) : NULL;
    free(text);
    if (root == NULL) {
        fprintf(stderr, "schemagen: %s is no JSON\n", path);
        exit(1);
    }
    return root;
}

/* Move the members of one object into another. */
static void merge(cJSON *into, cJSON *from)
{
    while (from->child != NULL) {
        cJSON *member = cJSON_DetachItemViaPointer(from, from->child);
        char *name = strdup(member->string);
        cJSON_AddItemToObject(into, name, member);
        free(name);
    }
}

int main(int count, char **arguments)
{
    if (count < 2) {
        fprintf(stderr, "usage: schemagen models/api/types.json [MORE.json...] > schema_table.c\n");
        return 1;
    }
    cJSON *root = parse_file(arguments[1]);
    cJSON *types = cJSON_GetObjectItem(root, "types");
    cJSON *kinds = cJSON_GetObjectItem(root, "kinds");
    for (int i = 2; i < count; i++) {
        cJSON *more = parse_file(arguments[i]);
        merge(types, cJSON_GetObjectItem(more, "types"));
        merge(kinds, cJSON_GetObjectItem(more, "kinds"));
        cJSON_Delete(more);
    }
    struct names names = collect(types);
    printf("/* Generated from %s by tools/schemagen. Do not edit. */\n", arguments[1]);
    printf("#include \"models/api/schema_private.h\"\n\n");
    printf("const char schema_release[] = \"%s\";\n", text_of(root, "release"));
    print_types(&names, types);
    printf("const struct schema_kind schema_kinds[] = {\n");
    print_kinds(&names, kinds, true);
    print_kinds(&names, kinds, false);
    printf("};\nconst size_t schema_kind_total = sizeof schema_kinds / sizeof *schema_kinds;\n");
    for (size_t i = 0; i < names.count; i++)
        free(names.items[i]);
    free(names.items);
    cJSON_Delete(root);
    return 0;
}
