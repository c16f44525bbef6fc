#include "models/api/text_rules.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/writer.h"

#define LABEL          "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
#define LABEL_LOOSE    "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
#define SUBDOMAIN      LABEL "(\\." LABEL ")*"
#define KEY            "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
#define REGEX(pattern) "regex used for validation is '" pattern "')"

enum { LABEL_LENGTH = 63, SUBDOMAIN_LENGTH = 253, PORT_NAME_LENGTH = 15 };

static void complain(struct complaints *complaints, const char *prefix, const char *text)
{
    assert(complaints->count < sizeof complaints->items / sizeof *complaints->items);
    complaints->items[complaints->count++] = mem_format("%s%s", prefix, text);
}

void complaints_close(struct complaints *complaints)
{
    for (size_t i = 0; i < complaints->count; i++)
        free(complaints->items[i]);
    complaints->count = 0;
}

bool text_fits(const char *text, text_rule *rule)
{
    struct complaints complaints = { 0 };
    rule(&complaints, text);
    bool fits = complaints.count == 0;
    complaints_close(&complaints);
    return fits;
}

char *text_problem(const char *text, text_rule *rule)
{
    struct complaints complaints = { 0 };
    struct writer joined = { 0 };
    rule(&complaints, text);
    for (size_t i = 0; i < complaints.count; i++)
        writer_format(&joined, "%s%s", i > 0 ? "; " : "", complaints.items[i]);
    bool fits = complaints.count == 0;
    complaints_close(&complaints);
    return fits ? NULL : writer_take(&joined);
}

static void limit(struct complaints *complaints, const char *prefix, const char *text, size_t most,
                  const char *unit)
{
    if (strlen(text) <= most)
        return;
    char *message = mem_format("must be no more than %zu %s", most, unit);
    complain(complaints, prefix, message);
    free(message);
}

static bool is_lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c)
{
    return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

/* Does [text, end) begin and end with an alphanumeric and hold nothing but those and `inner`? */
static bool is_word(const char *text, const char *end, bool upper, const char *inner)
{
    bool (*edge)(char) = upper ? is_alnum : is_lower_alnum;
    if (text == end || !edge(text[0]) || !edge(end[-1]))
        return false;
    for (const char *c = text; c < end; c++)
        if (!edge(*c) && strchr(inner, *c) == NULL)
            return false;
    return true;
}

static bool are_labels(const char *text, bool underscore)
{
    for (;;) {
        const char *end = strchrnul(text, '.');
        const char *word = text + (underscore && *text == '_');
        if (!is_word(word, end, false, underscore ? "-_" : "-"))
            return false;
        if (*end == '\0')
            return true;
        text = end + 1;
    }
}

void text_dns_label(struct complaints *complaints, const char *text)
{
    limit(complaints, "", text, LABEL_LENGTH, "characters");
    if (is_word(text, text + strlen(text), false, "-"))
        return;
    if (are_labels(text, false))
        complain(complaints, "", "must not contain dots");
    else
        complain(complaints, "",
                 "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or "
                 "'-', and must start and end with an alphanumeric character (e.g. 'my-name',  or "
                 "'123-abc', " REGEX(LABEL));
}

static void dns_subdomain(struct complaints *complaints, const char *prefix, const char *text)
{
    limit(complaints, prefix, text, SUBDOMAIN_LENGTH, *prefix ? "bytes" : "characters");
    if (!are_labels(text, false))
        complain(complaints, prefix,
                 "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
                 "characters, '-' or '.', and must start and end with an alphanumeric character "
                 "(e.g. 'example.com', " REGEX(SUBDOMAIN));
}

void text_dns_subdomain(struct complaints *complaints, const char *text)
{
    dns_subdomain(complaints, "", text);
}

void text_dns_subdomain_underscore(struct complaints *complaints, const char *text)
{
    limit(complaints, "", text, SUBDOMAIN_LENGTH, "characters");
    if (!are_labels(text, true))
        complain(complaints, "",
                 "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
                 "characters, '_', '-' or '.', and must start and end with an alphanumeric "
                 "character (e.g. 'example.com', " REGEX(LABEL_LOOSE "(\\." LABEL_LOOSE ")*"));
}

void text_dns1035_label(struct complaints *complaints, const char *text)
{
    limit(complaints, "", text, LABEL_LENGTH, "characters");
    if (!is_word(text, text + strlen(text), false, "-") || isdigit((unsigned char)*text))
        complain(complaints, "",
                 "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
                 "start with an alphabetic character, and end with an alphanumeric character (e.g. "
                 "'my-name',  or 'abc-123', " REGEX("[a-z]([-a-z0-9]*[a-z0-9])?"));
}

#define KEY_RULE                                                                                   \
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "    \
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', " REGEX(KEY)

void text_label_key(struct complaints *complaints, const char *text)
{
    const char *name = text, *slash = strchr(text, '/');
    if (slash != NULL && strchr(slash + 1, '/') != NULL) {
        complain(complaints, "a valid label key ",
                 KEY_RULE " with an optional DNS subdomain prefix and '/' (e.g. "
                          "'example.com/MyName')");
        return;
    }
    if (slash == text)
        complain(complaints, "prefix part ", "must be non-empty");
    else if (slash != NULL) {
        char *prefix = mem_text(text, (size_t)(slash - text));
        dns_subdomain(complaints, "prefix part ", prefix);
        free(prefix);
    }
    if (slash != NULL)
        name = slash + 1;
    if (*name == '\0')
        complain(complaints, "name part ", "must be non-empty");
    limit(complaints, "name part ", name, LABEL_LENGTH, "bytes");
    if (!is_word(name, name + strlen(name), true, "-_."))
        complain(complaints, "name part ", KEY_RULE);
}

void text_annotation_key(struct complaints *complaints, const char *text)
{
    char *lower = mem_text(text, strlen(text));
    for (char *c = lower; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    text_label_key(complaints, lower);
    free(lower);
}

void text_label_value(struct complaints *complaints, const char *text)
{
    limit(complaints, "", text, LABEL_LENGTH, "bytes");
    if (*text != '\0' && !is_word(text, text + strlen(text), true, "-_."))
        complain(complaints, "",
                 "a valid label must be an empty string or consist of alphanumeric characters, "
                 "'-', '_' or '.', and must start and end with an alphanumeric character (e.g. "
                 "'MyValue',  or 'my_value',  or '12345', " REGEX("(" KEY ")?"));
}

/* Is every character one of the set, and is there one? */
static bool is_made_of(const char *text, const char *set)
{
    return *text != '\0' && text[strspn(text, set)] == '\0';
}

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

void text_port_name(struct complaints *complaints, const char *text)
{
    size_t length = strlen(text);
    limit(complaints, "", text, PORT_NAME_LENGTH, "characters");
    if (!is_made_of(text, LOWER DIGITS "-"))
        complain(complaints, "",
                 "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    if (strpbrk(text, LOWER) == NULL)
        complain(complaints, "", "must contain at least one letter (a-z)");
    if (strstr(text, "--") != NULL)
        complain(complaints, "", "must not contain consecutive hyphens");
    if (length > 0 && (text[0] == '-' || text[length - 1] == '-'))
        complain(complaints, "", "must not begin or end with a hyphen");
}

void text_percent(struct complaints *complaints, const char *text)
{
    size_t digits = strspn(text, DIGITS);
    if (digits == 0 || strcmp(text + digits, "%") != 0)
        complain(complaints, "",
                 "a valid percent string must be a numeric string followed by an ending '%' (e.g. "
                 "'1%',  or '93%', " REGEX("[0-9]+%"));
}

void text_environment_name(struct complaints *complaints, const char *text)
{
    if (*text == '\0')
        complain(complaints, "environment variable name ", "must be non-empty");
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c >= ' ' && *c <= '~' && *c != '=')
            continue;
        complain(complaints, "",
                 "a valid environment variable name must consist only of printable ASCII "
                 "characters other than '='");
        return;
    }
}

void text_config_key(struct complaints *complaints, const char *text)
{
    limit(complaints, "", text, SUBDOMAIN_LENGTH, "characters");
    if (!is_made_of(text, LOWER UPPER DIGITS "-._"))
        complain(complaints, "",
                 "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
                 "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', " REGEX("[-._a-zA-Z0-9]+"));
    if (strcmp(text, ".") == 0)
        complain(complaints, "", "must not be '.'");
    else if (strcmp(text, "..") == 0)
        complain(complaints, "", "must not be '..'");
    else if (strncmp(text, "..", 2) == 0)
        complain(complaints, "", "must not start with '..'");
}

void text_http_header(struct complaints *complaints, const char *text)
{
    if (!is_made_of(text, LOWER UPPER DIGITS "-"))
        complain(complaints, "",
                 "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. "
                 "'X-Header-Name', " REGEX("[-A-Za-z0-9]+"));
}

void text_path_segment(struct complaints *complaints, const char *text)
{
    if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
        complain(complaints, "", text[1] == '\0' ? "may not be '.'" : "may not be '..'");
    else if (strchr(text, '/') != NULL)
        complain(complaints, "", "may not contain '/'");
    else if (strchr(text, '%') != NULL)
        complain(complaints, "", "may not contain '%'");
}
