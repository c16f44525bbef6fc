/* How the API server replies to a call, and why it refuses one, in its own words. */
#ifndef MODELS_CLUSTER_REPLY_H
#define MODELS_CLUSTER_REPLY_H

#include "sim/base/error.h"
#include "sim/store/object.h"

/* HTTP status codes of the replies we can give. */
enum reply {
    REPLY_OK = 200,
    REPLY_CREATED = 201,
    REPLY_BAD_REQUEST = 400,
    REPLY_FORBIDDEN = 403,
    REPLY_NOT_FOUND = 404,
    REPLY_CONFLICT = 409,        /* stale version */
    REPLY_ALREADY_EXISTS = 1409, /* 409 with reason AlreadyExists */
    REPLY_INVALID = 422,
    REPLY_TOO_MANY_REQUESTS = 429,
    REPLY_INTERNAL_ERROR = 500,
    REPLY_UNAVAILABLE = 503 /* no reply at all: nobody answers */
};

/* Is there nothing left to do about an object that was to be changed or deleted: done, or gone? */
static inline bool reply_settles(enum reply reply)
{
    return reply == REPLY_OK || reply == REPLY_NOT_FOUND;
}

/* Set the error (may be NULL) to the API server's message; returns `reply`. */
enum reply reply_refuse(struct error *error, enum reply reply, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* pods "web-1" not found */
enum reply reply_missing(struct error *error, struct object_key key);
/* Operation cannot be fulfilled on pods "web-1": ... */
enum reply reply_conflict(struct error *error, struct object_key key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The resource as messages name it: "pods", "deployments.apps". */
enum { RESOURCE_TEXT = 320 };
char *resource_text(struct object_key key, char text[RESOURCE_TEXT]);
/* The name as messages have it; that of a kind without a row is part of the record's. */
const char *own_name(struct object_key key);

#endif
