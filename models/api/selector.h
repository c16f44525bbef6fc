/* Label selectors, and the node selectors of affinity.
 *
 * Compiled once, immutable, reference-counted. Matching asks a lookup for each key, so that
 * one matcher serves labels, fields and documents. Follows apimachinery pkg/labels and
 * component-helpers scheduling/corev1/nodeaffinity of the release named in docs/fidelity.md. */
#ifndef MODELS_API_SELECTOR_H
#define MODELS_API_SELECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/error.h"
#include "sim/base/text.h"
#include "sim/base/value.h"

enum selector_operator {
    OPERATOR_IN,
    OPERATOR_NOT_IN,
    OPERATOR_EXISTS,
    OPERATOR_DOES_NOT_EXIST,
    OPERATOR_GREATER,
    OPERATOR_LESS,
    OPERATOR_EQUALS,       /* of a text: =; and of matchLabels */
    OPERATOR_NOT_EQUALS,   /* of a text: != */
    OPERATOR_DOUBLE_EQUALS /* of a text: ==, which means = but prints as it was written */
};

struct requirement {
    const struct text *key;
    enum selector_operator operator;
    const struct text **values; /* sorted; NULL entries are the empty string */
    size_t value_count;
    int64_t number; /* of Gt and Lt */
};

struct selector {
    uint32_t refs;
    bool nothing; /* matches nothing: a nil label selector */
    size_t count; /* all requirements must hold; none: matches everything */
    struct requirement requirements[];
};

/* The value under a key, NULL when absent. */
typedef const char *selector_lookup(const void *context, const char *key);

/* From a text as kubectl -l takes it: "app=web,tier in (a, b),!old". NULL with the error. */
const struct selector *selector_parse(struct texts *texts, const char *text, struct place at,
                                      struct error *error);
/* From a LabelSelector document; NULL or null matches nothing, an empty map everything. */
const struct selector *selector_load(struct texts *texts, const struct value *from,
                                     struct error *error);
const struct selector *selector_hold(const struct selector *selector);
void selector_drop(const struct selector *selector);

bool selector_matches(const struct selector *selector, selector_lookup *lookup,
                      const void *context);
bool selector_is_empty(const struct selector *selector); /* matches everything */

/* Canonical text, as labels.Selector.String(); the caller frees. */
char *selector_print(const struct selector *selector);

/* A NodeSelector: any of its terms; a term: all of its expressions and fields. */
struct node_selector;
const struct node_selector *node_selector_load(struct texts *texts, const struct value *from,
                                               struct error *error);
/* One NodeSelectorTerm (of a preference) as a selector of one term. */
const struct node_selector *node_selector_load_term(struct texts *texts, const struct value *from,
                                                    struct error *error);
const struct node_selector *node_selector_hold(const struct node_selector *selector);
void node_selector_drop(const struct node_selector *selector);
/* `labels` is asked for matchExpressions; matchFields know metadata.name only. */
bool node_selector_matches(const struct node_selector *selector, selector_lookup *lookup,
                           const void *labels, const char *node_name);
/* The node names that every term requires by matchFields, or false when a term has none: the
 * PreFilter set of NodeAffinity. `names` is borrowed from the selector, `*count` may be 0. */
bool node_selector_names(const struct node_selector *selector, const struct text *const **names,
                         size_t *count);

#endif
