/* Shared by the files of typed.h: how a value is structured, and its steps. */
#ifndef MODELS_CLUSTER_TYPED_PRIVATE_H
#define MODELS_CLUSTER_TYPED_PRIVATE_H

#include "models/cluster/typed.h"

enum structure { TYPED_LEAF, TYPED_MAP, TYPED_LIST }; /* a list of items that have steps */

/* `value` (NULL: any) decides where the schema does not say. */
enum structure typed_structure(struct typed typed, const struct value *value);
struct typed typed_member(struct typed typed, const char *key);
struct typed typed_item(struct typed typed);
/* "f:NAME"; and "k:{...}" or "v:..." of an item of such a list. The caller frees. */
char *typed_member_step(const char *key);
char *typed_item_step(struct typed list, const struct value *item);
/* The item of a list with this step; NULL: none, or `list` is no list. */
const struct value *typed_find_item(struct typed typed, const struct value *list, const char *step);
/* NULL for null. */
const struct value *typed_present(const struct value *value);

#endif
