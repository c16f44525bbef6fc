/* Names: the patterns are small enough to be checked by hand instead of by a regular expression,
 * but the messages quote the expressions, as the API server does. */
#include "models/api/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "sim/base/writer.h"

#define LOWER   "abcdefghijklmnopqrstuvwxyz"
#define UPPER   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"
#define KEY_FMT "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

static void add_problem(struct writer *problems, const char *prefix, const char *text)
{
    if (problems->length > 0)
        writer_add(problems, "; ");
    writer_add(problems, prefix);
    writer_add(problems, text);
}

static void check_length(struct writer *problems, const char *prefix, size_t length, size_t most)
{
    if (length <= most)
        return;
    struct writer text = { 0 };
    writer_format(&text, "must be no more than %zu bytes", most);
    add_problem(problems, prefix, text.bytes);
    writer_close(&text);
}

static char *problems_take(struct writer *problems)
{
    return problems->length > 0 ? writer_take(problems) : NULL;
}

/* Letters of `ends` at both ends and of `inner` between them; at least one. */
static bool is_word(const char *text, size_t length, const char *ends, const char *inner)
{
    if (length == 0 || strchr(ends, text[0]) == NULL || strchr(ends, text[length - 1]) == NULL)
        return false;
    for (size_t i = 0; i < length; i++)
        if (strchr(inner, text[i]) == NULL)
            return false;
    return true;
}

static bool is_key_word(const char *text)
{
    return is_word(text, strlen(text), LOWER UPPER DIGITS, LOWER UPPER DIGITS "-_.");
}

static bool is_dns_label(const char *text, size_t length)
{
    return is_word(text, length, LOWER DIGITS, LOWER DIGITS "-");
}

static bool is_subdomain(const char *text)
{
    for (;;) {
        size_t length = strcspn(text, ".");
        if (!is_dns_label(text, length))
            return false;
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}

static void check_subdomain(struct writer *problems, const char *prefix, const char *name)
{
    check_length(problems, prefix, strlen(name), 253);
    if (!is_subdomain(name))
        add_problem(problems, prefix,
                    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
                    "characters, '-' or '.', and must start and end with an alphanumeric character "
                    "(e.g. 'example.com', regex used for validation is "
                    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
}

#define KEY_RULE                                                                                   \
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "    \
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "         \
    "validation is '" KEY_FMT "')"

static void check_key_name(struct writer *problems, const char *name)
{
    if (*name == '\0')
        add_problem(problems, "name part ", "must be non-empty");
    check_length(problems, "name part ", strlen(name), 63);
    if (!is_key_word(name))
        add_problem(problems, "name part ", KEY_RULE);
}

char *name_label_key_problem(const char *key)
{
    struct writer problems = { 0 };
    const char *slash = strchr(key, '/');
    if (slash != NULL && strchr(slash + 1, '/') != NULL) {
        writer_add(&problems, "a valid label key " KEY_RULE " with an optional DNS subdomain "
                              "prefix and '/' (e.g. 'example.com/MyName')");
        return writer_take(&problems);
    }
    if (slash == key) {
        add_problem(&problems, "prefix part ", "must be non-empty");
    } else if (slash != NULL) {
        struct writer prefix = { 0 };
        writer_add_bytes(&prefix, key, (size_t)(slash - key));
        check_subdomain(&problems, "prefix part ", prefix.bytes);
        writer_close(&prefix);
    }
    check_key_name(&problems, slash == NULL ? key : slash + 1);
    return problems_take(&problems);
}

char *name_label_value_problem(const char *value)
{
    struct writer problems = { 0 };
    check_length(&problems, "", strlen(value), 63);
    if (*value != '\0' && !is_key_word(value))
        add_problem(&problems, "",
                    "a valid label must be an empty string or consist of alphanumeric characters, "
                    "'-', '_' or '.', and must start and end with an alphanumeric character (e.g. "
                    "'MyValue',  or 'my_value',  or '12345', regex used for validation is "
                    "'(" KEY_FMT ")?')");
    return problems_take(&problems);
}

char *name_dns_label_problem(const char *name)
{
    struct writer problems = { 0 };
    check_length(&problems, "", strlen(name), 63);
    if (is_dns_label(name, strlen(name)))
        return problems_take(&problems);
    if (is_subdomain(name)) /* the letters are right, there are only too many dots */
        add_problem(&problems, "", "must not contain dots");
    else
        add_problem(&problems, "",
                    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters "
                    "or '-', and must start and end with an alphanumeric character (e.g. "
                    "'my-name',  or '123-abc', regex used for validation is "
                    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')");
    return problems_take(&problems);
}

char *name_dns_subdomain_problem(const char *name)
{
    struct writer problems = { 0 };
    check_subdomain(&problems, "", name);
    return problems_take(&problems);
}

char *name_dns_1035_label_problem(const char *name)
{
    struct writer problems = { 0 };
    check_length(&problems, "", strlen(name), 63);
    if (!is_dns_label(name, strlen(name)) || strchr(DIGITS, name[0]) != NULL)
        add_problem(&problems, "",
                    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
                    "start with an alphabetic character, and end with an alphanumeric character "
                    "(e.g. 'my-name',  or 'abc-123', regex used for validation is "
                    "'[a-z]([-a-z0-9]*[a-z0-9])?')");
    return problems_take(&problems);
}
