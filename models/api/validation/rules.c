/* Rules that repeat across kinds: choices, ranges, addresses, paths of files. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/validation/address.h"
#include "models/api/validation/go_value.h"
#include "models/api/validation/validation_private.h"
#include "sim/base/memory.h"

size_t size_of(const struct value *node)
{
    bool is_tree = node != NULL && (node->type == VALUE_LIST || node->type == VALUE_MAP);
    return is_tree ? node->count : 0;
}

bool has(const struct value *map, const char *key)
{
    return !value_is_null(value_get(map, key));
}

const char *text_at(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

int64_t number_at(const struct value *map, const char *key)
{
    return value_int(value_get(map, key), 0);
}

bool truth_at(const struct value *map, const char *key)
{
    return value_truth(value_get(map, key), false);
}

bool list_has(const struct value *list, const char *text)
{
    for (size_t i = 0; i < size_of(list); i++)
        if (strcmp(value_text(list->items[i], ""), text) == 0)
            return true;
    return false;
}

bool one_of(const char *text, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(text, *list) == 0)
            return true;
    return false;
}

bool is_trimmed(const char *text)
{
    static const char blanks[] = " \t\n\v\f\r";
    size_t length = strlen(text);
    return length == 0 || (!strchr(blanks, text[0]) && !strchr(blanks, text[length - 1]));
}

void check_derived_text(struct field_errors *errors, const struct value *blamed, const char *text,
                        const struct field_path *path, text_rule *rule)
{
    struct complaints complaints = { 0 };
    rule(&complaints, text);
    for (size_t i = 0; i < complaints.count; i++)
        field_invalid(errors, path, blamed, "%s", complaints.items[i]);
    complaints_close(&complaints);
}

void check_text(struct field_errors *errors, const struct value *text,
                const struct field_path *path, text_rule *rule)
{
    check_derived_text(errors, text, value_text(text, ""), path, rule);
}

void check_required_text(struct field_errors *errors, const struct value *map, const char *key,
                         const struct field_path *path, text_rule *rule)
{
    if (*text_at(map, key) == '\0')
        field_required(errors, CHILD(path, key), map, "%s", "");
    else if (rule != NULL)
        check_text(errors, value_get(map, key), CHILD(path, key), rule);
}

void check_optional_text(struct field_errors *errors, const struct value *map, const char *key,
                         const struct field_path *path, text_rule *rule)
{
    if (*text_at(map, key) != '\0')
        check_text(errors, value_get(map, key), CHILD(path, key), rule);
}

void check_choice(struct field_errors *errors, const struct value *map, const char *key,
                  const struct field_path *path, const char *const *choices, enum presence presence)
{
    const char *text = text_at(map, key);
    if (presence == REQUIRED && *text == '\0')
        field_required(errors, CHILD(path, key), map, "%s", "");
    else if (has(map, key) && !one_of(text, choices))
        field_unsupported(errors, CHILD(path, key), value_get(map, key), NULL, choices);
}

void check_not_negative(struct field_errors *errors, const struct value *map, const char *key,
                        const struct field_path *path)
{
    if (number_at(map, key) < 0)
        field_invalid(errors, CHILD(path, key), value_get(map, key),
                      "must be greater than or equal to 0");
}

void check_range(struct field_errors *errors, const struct value *map, const char *key,
                 const struct field_path *path, int64_t low, int64_t high)
{
    int64_t number = number_at(map, key);
    if (has(map, key) && (number < low || number > high))
        field_invalid(errors, CHILD(path, key), value_get(map, key),
                      "must be between %" PRId64 " and %" PRId64 ", inclusive", low, high);
}

void invalid_number(struct field_errors *errors, const struct value *map, const char *key,
                    const struct field_path *path, const char *detail)
{
    const struct value *number = value_get(map, key);
    field_invalid_printed(errors, CHILD(path, key), number ? number : map,
                          number ? number->text : "0", "%s", detail);
}

void check_port(struct field_errors *errors, const struct value *port,
                const struct field_path *path)
{
    int64_t number = value_int(port, 0);
    if (number < 1 || number > 65535)
        field_invalid_printed(errors, path, port, port ? port->text : "0", PORT_RANGE);
}

void check_port_or_name(struct field_errors *errors, const struct value *port,
                        const struct field_path *path)
{
    if (port != NULL && port->type == VALUE_STRING)
        check_text(errors, port, path, text_port_name);
    else
        check_port(errors, port, path);
}

void check_ip(struct field_errors *errors, const struct value *ip, const struct field_path *path)
{
    struct address address;
    if (!address_parse(value_text(ip, ""), &address))
        field_invalid(errors, path, ip,
                      "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
}

void check_cidr(struct field_errors *errors, const struct value *cidr, const char *text,
                const struct field_path *path)
{
    struct address address;
    if (cidr_parse(text, &address))
        return;
    char *quoted = field_quote(text);
    field_invalid_printed(errors, path, cidr, quoted,
                          "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    free(quoted);
}

void check_ordinary_ip(struct field_errors *errors, const struct value *ip,
                       const struct field_path *path)
{
    static const struct {
        bool (*is)(const struct address *address);
        const char *problem;
    } rows[] = {
        { address_is_loopback, "may not be in the loopback range (127.0.0.0/8, ::1/128)" },
        { address_is_link_local, "may not be in the link-local range (169.254.0.0/16, fe80::/10)" },
        { address_is_link_local_multicast,
          "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)" },
    };
    struct address address;
    if (!address_parse(value_text(ip, ""), &address)) {
        field_invalid(errors, path, ip, "must be a valid IP address");
        return;
    }
    if (address_is_unspecified(&address))
        field_invalid(errors, path, ip, "may not be unspecified (%s)", value_text(ip, ""));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].is(&address))
            field_invalid(errors, path, ip, "%s", rows[i].problem);
}

static bool steps_back(const char *file)
{
    for (const char *end; *file != '\0'; file = *end ? end + 1 : end) {
        end = strchrnul(file, '/');
        if (end - file == 2 && file[0] == '.' && file[1] == '.')
            return true;
    }
    return false;
}

void check_no_backsteps(struct field_errors *errors, const struct value *file,
                        const struct field_path *path)
{
    if (steps_back(value_text(file, "")))
        field_invalid(errors, path, file, "must not contain '..'");
}

void check_descending_path(struct field_errors *errors, const struct value *file, const char *text,
                           const struct field_path *path)
{
    char *quoted = field_quote(text);
    if (*text == '/')
        field_invalid_printed(errors, path, file, quoted, "must be a relative path");
    if (steps_back(text))
        field_invalid_printed(errors, path, file, quoted, "must not contain '..'");
    free(quoted);
}

void check_local_path(struct field_errors *errors, const struct value *file,
                      const struct field_path *path)
{
    const char *text = value_text(file, "");
    check_descending_path(errors, file, text, path);
    if (strncmp(text, "..", 2) == 0 && strncmp(text, "../", 3) != 0)
        field_invalid(errors, path, file, "must not start with '..'");
}

/* Absent, null and empty are the same to the API server's comparison. */
static bool is_void(const struct value *node)
{
    return value_is_null(node) || node->count == 0;
}

void check_immutable(struct field_errors *errors, const struct value *now,
                     const struct value *before, const struct field_path *path,
                     const char *type_name)
{
    if (value_equal(now, before) || (is_void(now) && is_void(before)))
        return;
    if (type_name != NULL)
        invalid_struct(errors, now, type_name, path, "field is immutable");
    else
        field_invalid(errors, path, now, "field is immutable");
}

void invalid_struct(struct field_errors *errors, const struct value *node, const char *type_name,
                    const struct field_path *path, const char *detail)
{
    char *printed = go_value_print(node, schema_type(type_name));
    field_invalid_printed(errors, path, node, printed, "%s", detail);
    free(printed);
}
