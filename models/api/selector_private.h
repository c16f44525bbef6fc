/* Requirements, shared by selector.c, selector_parse.c and node_selector.c. */
#ifndef MODELS_API_SELECTOR_PRIVATE_H
#define MODELS_API_SELECTOR_PRIVATE_H

#include "models/api/selector.h"
#include "sim/base/writer.h"

/* A growing list of requirements, before it becomes a selector. */
struct requirements {
    struct requirement *items; /* owned, with their texts */
    size_t count, capacity;
};

/* Append a checked requirement with sorted copies of the values. False, with what the API server
 * would say, when it is none: the phrases start with `path` ("" or "x[0]."). */
bool requirements_add(struct requirements *list, struct texts *texts, const char *path,
                      const char *key, enum selector_operator operator, const char * const * values,
                      size_t value_count, struct place at, struct error *error);

/* The same from {key, operator, values}, whose operator has been understood. */
bool requirements_add_expression(struct requirements *list, struct texts *texts,
                                 const struct value *expression, enum selector_operator operator,
                                 struct error * error);

/* In, NotIn, Exists, DoesNotExist, and for nodes Gt and Lt. False for any other text. */
bool operator_from_text(const char *text, bool of_nodes, enum selector_operator *operator);

bool requirement_matches(const struct requirement *requirement, const char *value);
void requirement_close(struct requirement *requirement);
void requirements_close(struct requirements *list);

/* The selector of these requirements, sorted by key; empties the list. */
const struct selector *selector_from(struct requirements *list);

#endif
