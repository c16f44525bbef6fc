/* Why the API server refuses a call, in its own words: what a client and a user's verb reply. */
#ifndef MODELS_CLUSTER_REFUSAL_H
#define MODELS_CLUSTER_REFUSAL_H

#include "models/cluster/client.h"

/* Set the error (may be NULL) to the API server's message; returns `reply`. */
enum reply refuse(struct error *error, enum reply reply, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* pods "web-1" not found */
enum reply refuse_missing(struct error *error, struct object_key key);
/* Operation cannot be fulfilled on pods "web-1": ... */
enum reply refuse_conflict(struct error *error, struct object_key key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The resource as messages name it: "pods", "deployments.apps". */
enum { RESOURCE_TEXT = 128 };
char *resource_text(struct object_key key, char text[RESOURCE_TEXT]);

#endif
