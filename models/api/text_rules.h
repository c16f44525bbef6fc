/* The shapes of names: what a text must look like, with the API server's complaints.
 *
 * Follows apimachinery pkg/util/validation/validation.go and pkg/api/validate/content of the
 * release named in docs/fidelity.md. The patterns stand in the messages; the checks scan by hand. */
#ifndef MODELS_API_TEXT_RULES_H
#define MODELS_API_TEXT_RULES_H

#include <stdbool.h>
#include <stddef.h>

/* What is wrong with one text; a text breaks at most five rules. */
struct complaints {
    size_t count;
    char *items[5]; /* owned */
};

void complaints_close(struct complaints *complaints);

/* A rule appends its complaints about a text. */
typedef void text_rule(struct complaints *complaints, const char *text);

text_rule text_dns_label;                /* RFC 1123 label: my-name */
text_rule text_dns_subdomain;            /* RFC 1123 subdomain: example.com */
text_rule text_dns_subdomain_underscore; /* the same, labels may begin with and hold _ */
text_rule text_dns1035_label;            /* begins with a letter */
text_rule text_label_key;                /* qualified name: example.com/MyName */
text_rule text_label_value;
text_rule text_annotation_key; /* as a label key, whatever the case */
text_rule text_port_name;
text_rule text_percent;
text_rule text_environment_name;
text_rule text_config_key; /* of ConfigMaps and Secrets */
text_rule text_http_header;
text_rule text_path_segment; /* what fits between two slashes of a URL */

bool text_fits(const char *text, text_rule *rule);
/* All complaints in one text, joined by "; ", which the caller frees; NULL when there are none. */
char *text_problem(const char *text, text_rule *rule);

#define PORT_RANGE "must be between 1 and 65535, inclusive"

#endif
