/* Inter-pod affinity and anti-affinity of a pod's template, compiled once.
 *
 * Templates of one cluster that ask for the same share it: the pods of a StatefulSet have each a
 * template of their own (with their host name), but the same terms.
 *
 * A term selects pods by labels and namespace; which nodes that concerns, its topologyKey says.
 * Follows AffinityTerm in staging/src/k8s.io/kube-scheduler/framework of the release named in
 * docs/fidelity.md. */
#ifndef MODELS_API_POD_AFFINITY_H
#define MODELS_API_POD_AFFINITY_H

#include "models/api/labels.h"
#include "models/api/selector.h"

struct affinity_term {
    const struct text *topology_key;
    const struct selector *selector;           /* labelSelector; NULL: selects nothing */
    const struct selector *namespace_selector; /* NULL: not given */
    const struct text **namespaces;            /* owned; the listed ones */
    size_t namespace_count;
    int32_t weight; /* of a preferred term: 1 to 100 */
};

struct affinity_terms {
    struct affinity_term *items; /* owned */
    size_t count;
};

struct pod_affinity {
    struct affinity_terms required, preferred;           /* podAffinity */
    struct affinity_terms required_anti, preferred_anti; /* podAntiAffinity */
    bool has_namespace_selector; /* some term selects namespaces by their labels */
};

/* The different ones of a cluster's templates. Release after they were all dropped. */
struct pod_affinities;
struct pod_affinities *pod_affinities_new(struct texts *texts);
void pod_affinities_free(struct pod_affinities *affinities);

/* From an Affinity document, one reference to what all templates with these terms share; NULL when it
 * has no terms. */
const struct pod_affinity *pod_affinity_load(struct pod_affinities *affinities,
                                             const struct value *affinity);
void pod_affinity_drop(const struct pod_affinity *affinity); /* NULL is fine */

/* Does the term select these labels, in whatever namespace? */
bool affinity_term_selects(const struct affinity_term *term, const struct labels *labels);

/* Does a term of a pod in namespace `own` reach namespace `space` whatever its labels: because it
 * lists it, says nothing of namespaces, or selects all of them? */
bool affinity_term_reaches(const struct affinity_term *term, const struct text *own,
                           const struct text *space);

/* The same for a namespace with these labels (NULL: it has none), and the pod's labels as well:
 * AffinityTerm.Matches. */
bool affinity_term_matches(const struct affinity_term *term, const struct text *own,
                           const struct text *space, const struct labels *space_labels,
                           const struct labels *labels);

#endif
