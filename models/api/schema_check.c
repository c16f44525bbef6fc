/* Check a document against its type, by the rules of Go's JSON decoder.
 *
 * One walk in document order reports findings; two reporters word them, one for people
 * and one as the API server of Kubernetes 1.36.4 (sigs.k8s.io/json and
 * apimachinery/pkg/runtime/serializer/json): of several wrong types only the first is
 * told, but a value that fails to parse (quantity, time) ends the decoding and is told instead. */
#include "models/api/schema_check.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/field_path.h"
#include "models/api/scalar.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"
#include "sim/base/writer.h"

enum finding_kind { WRONG_TYPE, BAD_BASE64, BAD_VALUE, UNKNOWN_FIELD };

struct finding {
    enum finding_kind kind;
    struct place at;
    const struct field_path *path;
    const struct value *value;        /* what stands there */
    const struct schema_type *type;   /* of what stands there; NULL for an unknown field */
    const struct schema_type *wanted; /* of WRONG_TYPE */
    const struct schema_type *within; /* the struct being read */
    const char *text;                 /* of BAD_BASE64 and BAD_VALUE: Go's words */
};

struct checker {
    void (*report)(struct checker *checker, const struct finding *finding);
    bool is_strict;
    struct error_list *faults, *warnings; /* for people */
    bool is_wrong;
    char *type_error, *value_error, *unknown; /* for the API server; owned */
};

struct visited {
    const struct value *value;
    const struct schema_type *type, *within;
    const struct field_path *path;
    struct place at;
};

static void check_node(struct checker *checker, struct visited node);

static void report(struct checker *checker, struct visited node, enum finding_kind kind,
                   const struct schema_type *wanted, const char *text)
{
    struct finding finding = { kind,      node.at, node.path,   node.value,
                               node.type, wanted,  node.within, text };
    checker->report(checker, &finding);
}

/* The embedded struct through which a type has a member of another's; NULL when there is none. */
static const struct schema_field *embedding(const struct schema_type *type,
                                            const struct schema_field *member)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct schema_type *inner = schema_pointee(type->fields[i].type);
        for (size_t j = 0; type->fields[i].is_inline && j < inner->member_count; j++)
            if (inner->members[j] == member)
                return &type->fields[i];
    }
    return NULL;
}

enum { DEEPEST_EMBEDDING = 3 };

/* Go names the embedded structs on the way to a member. The steps are kept in `steps`. */
static const struct field_path *path_to(const struct schema_field *member, struct visited node,
                                        struct field_path steps[DEEPEST_EMBEDDING])
{
    const struct field_path *up = node.path;
    const struct schema_type *type = node.type;
    for (int i = 0; i < DEEPEST_EMBEDDING && member != NULL && member->owner != type; i++) {
        const struct schema_field *through = embedding(type, member);
        if (through == NULL)
            break;
        steps[i] = field_embedded(up, through->go);
        up = &steps[i];
        type = schema_pointee(through->type);
    }
    return up;
}

static void check_members(struct checker *checker, struct visited node)
{
    for (size_t i = 0; i < node.value->count; i++) {
        const struct value_entry *entry = &node.value->entries[i];
        const struct schema_field *field = schema_field(node.type, entry->key);
        struct field_path steps[DEEPEST_EMBEDDING];
        struct field_path path = field_child(path_to(field, node, steps), entry->key);
        struct visited child = { entry->value, NULL, node.type, &path, entry->at };
        if (field == NULL) {
            report(checker, child, UNKNOWN_FIELD, NULL, NULL);
            continue;
        }
        child.type = field->type;
        if (entry->value->at.line != 0)
            child.at = entry->value->at;
        check_node(checker, child);
    }
}

static void check_items(struct checker *checker, struct visited node)
{
    for (size_t i = 0; i < node.value->count; i++) {
        struct field_path path = field_item(node.path, i);
        const struct value *item = node.value->items[i];
        check_node(checker,
                   (struct visited){ item, node.type->element, node.within, &path, item->at });
    }
}

static void check_entries(struct checker *checker, struct visited node)
{
    for (size_t i = 0; i < node.value->count; i++) {
        const struct value_entry *entry = &node.value->entries[i];
        struct field_path path = field_key(node.path, entry->key);
        check_node(checker, (struct visited){ entry->value, node.type->element, node.within, &path,
                                              entry->at });
    }
}

static bool fits_integer(const struct value *value, int bits)
{
    int64_t number;
    if (value->type != VALUE_NUMBER || !value_as_int(value, &number))
        return false;
    if (strpbrk(value->text, ".eE") != NULL) /* Go refuses 1.0 and 1e3 as integers */
        return false;
    return bits == 64 || (number >= INT32_MIN && number <= INT32_MAX);
}

static void check_parsed(struct checker *checker, struct visited node)
{
    char *problem = NULL;
    if (node.type->shape == SCHEMA_BYTES)
        problem = scalar_base64_problem(node.value);
    else if (node.type->shape == SCHEMA_QUANTITY)
        problem = scalar_quantity_problem(node.value);
    else
        problem = scalar_time_problem(node.value, node.type->shape == SCHEMA_MICRO_TIME);
    if (problem != NULL)
        report(checker, node, node.type->shape == SCHEMA_BYTES ? BAD_BASE64 : BAD_VALUE, NULL,
               problem);
    free(problem);
}

static void expect(struct checker *checker, struct visited node, bool fits,
                   const struct schema_type *wanted)
{
    if (!fits)
        report(checker, node, WRONG_TYPE, wanted, NULL);
}

static void check_node(struct checker *checker, struct visited node)
{
    if (node.value->type == VALUE_NULL)
        return;
    node.type = schema_pointee(node.type);
    enum value_type type = node.value->type;
    switch (node.type->shape) {
    case SCHEMA_STRING:
        expect(checker, node, type == VALUE_STRING, node.type);
        break;
    case SCHEMA_BOOL:
        expect(checker, node, type == VALUE_BOOL, node.type);
        break;
    case SCHEMA_INT:
        expect(checker, node, fits_integer(node.value, node.type->bits), node.type);
        break;
    case SCHEMA_INT_OR_STRING:
        expect(checker, node, type == VALUE_STRING || fits_integer(node.value, 32),
               type == VALUE_STRING ? node.type : schema_type("int32"));
        break;
    case SCHEMA_BYTES:
    case SCHEMA_TIME:
    case SCHEMA_MICRO_TIME:
        expect(checker, node, type == VALUE_STRING,
               node.type->shape == SCHEMA_BYTES ? node.type : schema_type("string"));
        if (type == VALUE_STRING)
            check_parsed(checker, node);
        break;
    case SCHEMA_QUANTITY:
        check_parsed(checker, node);
        break;
    case SCHEMA_LIST:
        expect(checker, node, type == VALUE_LIST, node.type);
        if (type == VALUE_LIST)
            check_items(checker, node);
        break;
    case SCHEMA_MAP:
    case SCHEMA_STRUCT:
        expect(checker, node, type == VALUE_MAP, node.type);
        if (type == VALUE_MAP && node.type->shape == SCHEMA_MAP)
            check_entries(checker, node);
        else if (type == VALUE_MAP)
            check_members(checker, node);
        break;
    case SCHEMA_POINTER:
    case SCHEMA_ANY:
        break;
    }
}

/* ---- in the words of people ---- */

static const char *name_of_type(const struct schema_type *type)
{
    switch (type->shape) {
    case SCHEMA_STRING:
    case SCHEMA_BYTES:
        return "string";
    case SCHEMA_BOOL:
        return "true or false";
    case SCHEMA_INT:
        return "integer";
    case SCHEMA_LIST:
        return "list";
    default:
        return "map";
    }
}

static const char *name_of_value(const struct value *value)
{
    static const char *const names[] = { "null", "boolean", "number", "string", "list", "map" };
    return names[value->type];
}

/* YAML types `yes` and 1.10 before anybody knows what the field wants. */
static const char *hint_of(const struct finding *finding)
{
    bool is_scalar = finding->value->type == VALUE_NUMBER || finding->value->type == VALUE_BOOL;
    return is_scalar && finding->wanted->shape == SCHEMA_STRING ? " (put it in quotes)" : "";
}

static void report_to_people(struct checker *checker, const struct finding *finding)
{
    char *path = field_path_text(finding->path);
    bool is_fault = finding->kind != UNKNOWN_FIELD || checker->is_strict;
    struct error_list *list = is_fault ? checker->faults : checker->warnings;
    checker->is_wrong |= is_fault;
    if (finding->kind == UNKNOWN_FIELD) {
        const char *near = schema_nearest(finding->within, finding->path->name);
        error_list_add(list, finding->at, "%s: unknown field%s%s%s", path,
                       near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
    } else if (finding->kind == WRONG_TYPE && finding->value->type == VALUE_NUMBER &&
               finding->wanted->shape == SCHEMA_INT) {
        error_list_add(list, finding->at, "%s: %s is not a %d-bit integer", path,
                       finding->value->text, finding->wanted->bits);
    } else if (finding->kind == WRONG_TYPE) {
        error_list_add(list, finding->at, "%s: expected %s, got %s%s", path,
                       name_of_type(finding->wanted), name_of_value(finding->value),
                       hint_of(finding));
    } else {
        error_list_add(list, finding->at, "%s: %s", path, finding->text);
    }
    free(path);
}

bool schema_check(const struct value *tree, const struct schema_type *type, bool strict,
                  struct error_list *faults, struct error_list *warnings)
{
    struct checker checker = { report_to_people, .is_strict = strict, .faults = faults,
                               .warnings = warnings };
    check_node(&checker, (struct visited){ tree, type, type, NULL, tree->at });
    return !checker.is_wrong;
}

const char *schema_nearest(const struct schema_type *type, const char *name)
{
    struct nearest near = nearest_to(name);
    for (size_t i = 0; i < type->member_count; i++)
        nearest_offer(&near, type->members[i]->json);
    return near.found;
}

/* ---- in the words of the API server ---- */

/* encoding/json: "cannot unmarshal string into Go struct field PodSpec.spec.x of type T". */
static char *go_type_error(const struct finding *finding)
{
    static const char *const names[] = { "null", "bool", "number", "string", "array", "object" };
    const struct value *value = finding->value;
    bool shows_number = value->type == VALUE_NUMBER && finding->wanted->shape == SCHEMA_INT;
    const char *within = strrchr(finding->within->go_name, '.');
    struct writer text = { 0 };
    writer_format(&text, "json: cannot unmarshal %s%s%s into Go ", names[value->type],
                  shows_number ? " " : "", shows_number ? value->text : "");
    if (finding->path == NULL)
        writer_add(&text, "value");
    else
        writer_format(&text, "struct field %s.", within ? within + 1 : finding->within->go_name);
    field_path_write_names(finding->path, &text);
    writer_format(&text, " of type %s", finding->wanted->go_name);
    return writer_take(&text);
}

/* Types that read themselves end the decoding when they cannot. */
static bool ends_decoding(const struct finding *finding)
{
    if (finding->kind != WRONG_TYPE)
        return finding->kind == BAD_VALUE;
    enum schema_shape shape = finding->type->shape;
    return shape == SCHEMA_INT_OR_STRING || shape == SCHEMA_TIME || shape == SCHEMA_MICRO_TIME;
}

static void report_as_server(struct checker *checker, const struct finding *finding)
{
    if (finding->kind == UNKNOWN_FIELD) {
        char *path = field_path_text(finding->path), *before = checker->unknown;
        checker->unknown =
            mem_format("%s%sunknown field \"%s\"", before ? before : "", before ? ", " : "", path);
        free(before);
        free(path);
    } else if (ends_decoding(finding) && checker->value_error == NULL) {
        checker->value_error =
            finding->kind == BAD_VALUE ? mem_format("%s", finding->text) : go_type_error(finding);
    } else if (finding->kind == WRONG_TYPE && checker->type_error == NULL) {
        checker->type_error = go_type_error(finding);
    } else if (finding->kind == BAD_BASE64 && checker->type_error == NULL) {
        checker->type_error = mem_format("%s", finding->text);
    }
}

char *schema_decode_error(const struct value *tree, const struct schema_kind *kind, bool strict)
{
    struct checker checker = { .report = report_as_server };
    check_node(&checker, (struct visited){ tree, kind->type, kind->type, NULL, tree->at });
    const char *why = checker.value_error ? checker.value_error : checker.type_error;
    char *message = NULL;
    if (why != NULL)
        message = mem_format("%s in version \"%s\" cannot be handled as a %s: %s", kind->kind,
                             kind->version, kind->kind, why);
    else if (strict && checker.unknown != NULL)
        message = mem_format("%s in version \"%s\" cannot be handled as a %s: "
                             "strict decoding error: %s",
                             kind->kind, kind->version, kind->kind, checker.unknown);
    free(checker.value_error);
    free(checker.type_error);
    free(checker.unknown);
    return message;
}
