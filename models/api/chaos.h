/* Reading the documents of Chaos Mesh (chaos-mesh.org/v1alpha1).
 *
 * Their kinds are nothing but documents; what several readers need of them is here. Numbers in texts
 * ("25") are meant as well as numbers. Follows api/v1alpha1 of Chaos Mesh 2.7. */
#ifndef MODELS_API_CHAOS_H
#define MODELS_API_CHAOS_H

#include "models/api/kinds.h"

/* A number, or a text that is one; false when it is neither. An absent one is 0. */
bool chaos_number(const struct value *value, double *number);
/* The same as an amount that is known to be one; otherwise `otherwise`. */
double chaos_amount(const struct value *value, double otherwise);

/* A duration of the document; false when it is absent or none. */
bool chaos_duration(const struct value *value, sim_time *time);

/* "64MB", "1GiB", "512": bytes. "50%": a share of `all`. False when it is neither. */
bool chaos_bytes(const char *text, double all, double *bytes);

/* Where the spec of a kind stands in a Schedule or a Template: "podChaos"; NULL: nowhere. `kind` is
 * spelled as in the documents ("PodChaos", "Workflow"). */
const char *chaos_block(const char *kind);

/* Does an experiment act once, so that there is nothing to recover from? */
bool chaos_is_one_shot(enum kind kind, const struct value *spec);

/* Why a document does nothing in a simulation, although Chaos Mesh would do something: a sentence,
 * which the caller frees; NULL when it acts, or holds others that are asked for themselves. `at` is the
 * field that has no effect. */
char *chaos_without_effect(enum kind kind, const struct value *spec, const struct value **at);

/* Append a warning for each part of a document that has no effect here. */
void chaos_warn(const struct value *document, struct error_list *warnings);

#endif
