/* What the names, label keys and label values of objects may look like, in the API server's
 * words.
 *
 * Follows apimachinery pkg/api/validate/content and pkg/util/validation of the release named in
 * docs/fidelity.md. Each function gives NULL when the text is fine, or what is wrong with it
 * (several things joined by "; ") as a new string, which the caller frees. */
#ifndef MODELS_API_NAMES_H
#define MODELS_API_NAMES_H

char *name_label_key_problem(const char *key);     /* "app", "example.com/app" */
char *name_label_value_problem(const char *value); /* "web", "" */
char *name_dns_label_problem(const char *name);    /* RFC 1123: "web-1" */
char *name_dns_subdomain_problem(const char *name);
char *name_dns_1035_label_problem(const char *name); /* begins with a letter */

#endif
