/* Go templates, as far as stages of KWOK are written in them.
 *
 * Actions: values and pipelines, if, else if, else, range (with one or two variables), with, variables,
 * comments, trimmed blanks. Functions: or, and, not, eq, ne, index, len, dict, default, print, printf
 * (%s, %v, %d), Quote, YAML, and those of the caller. Follows Go's text/template over documents of JSON
 * with two differences: a member of nothing is nothing, and so is an item that is not there, where Go
 * stops with an error. Anything else is refused when the template is read. */
#ifndef MODELS_API_GO_TEMPLATE_H
#define MODELS_API_GO_TEMPLATE_H

#include "sim/base/error.h"
#include "sim/base/value.h"
#include "sim/base/writer.h"

struct go_template;

/* Functions of the caller: names, and one that calls them. */
struct go_functions {
    const char *const *names; /* ends with NULL */
    /* A new reference; NULL: nothing. Arguments are borrowed, and NULL where there is nothing. */
    struct value *(*call)(void *context, const char *name, struct value *const *arguments,
                          size_t count);
    void *context;
};

/* Read a template; names of functions are borrowed. NULL with the error at `at`, whose text counts the
 * template's lines. Release with go_template_free(). */
struct go_template *go_template_parse(const char *text, const char *const *functions,
                                      struct place at, struct error *error);
void go_template_free(struct go_template *template);

/* Append what it gives for a document. */
void go_template_run(const struct go_template *template, const struct value *root,
                     const struct go_functions *functions, struct writer *into);

#endif
