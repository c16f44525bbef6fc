/* Random objects of a cluster in which every scheduler plugin has something to say.
 *
 * Names are few, so that objects meet: three zones, three apps, two namespaces, six claims. What
 * is drawn depends on the stream alone. */
#ifndef TESTS_SUPPORT_RANDOM_OBJECTS_H
#define TESTS_SUPPORT_RANDOM_OBJECTS_H

#include "sim/base/value.h"
#include "sim/chance/stream.h"

enum { RANDOM_APPS = 3, RANDOM_CLAIMS = 6, RANDOM_ZONES = 3 };

/* Documents without kind and version, as the lists of a recorded case have them. The caller drops
 * them. Nodes are n0, n1, ...; claims c0, ... in either namespace; the rest is numbered as well. */
struct value *random_node(struct stream *luck, size_t number);
struct value *random_namespace(struct stream *luck, size_t number); /* default, team */
struct value *random_service(struct stream *luck, size_t number);
struct value *random_replicaset(struct stream *luck, size_t number);
struct value *random_claim(struct stream *luck, size_t number);
struct value *random_volume(struct stream *luck, size_t number);
struct value *random_csi_node(struct stream *luck, size_t number);
struct value *random_budget(struct stream *luck, size_t number);
struct value *storage_class(const char *name, bool waits);

/* What the pods of a template share: the inside of a PodSpec in JSON. The caller frees it. */
char *random_template(struct stream *luck);
/* A pod of a template, in one of the namespaces, with labels of one of the apps. */
struct value *random_pod(struct stream *luck, size_t number, const char *template);

#endif
