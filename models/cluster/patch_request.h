/* A PATCH (or PUT) as the API server carries it out on a stored document.
 *
 * Follows apiserver pkg/endpoints/handlers/patch.go of the release named in docs/fidelity.md: the patch
 * gives a document, which then goes the way of every update (or, applied where nothing is, of a
 * creation). */
#ifndef MODELS_CLUSTER_PATCH_REQUEST_H
#define MODELS_CLUSTER_PATCH_REQUEST_H

#include "models/cluster/admission.h"
#include "models/cluster/client.h"
#include "models/cluster/field_managers.h"

enum patch_type { PATCH_STRATEGIC, PATCH_MERGE, PATCH_JSON, PATCH_APPLY, PATCH_PUT };

struct patch_request {
    enum patch_type type;
    const char *name, *space;            /* of the URL; `space` NULL: not within one */
    const struct field_manager *manager; /* NULL: it is not noted; an apply needs one */
    bool force;                          /* of an apply: take what others own */
};

/* The document to store, a new reference; NULL with the refusal, and with each fault. `live` NULL:
 * there is none. Of the subresources, "status" changes the status alone, and "scale" is a patch to a
 * Scale. */
struct value *admit_patch(const struct admission *admission, const struct value *live,
                          const struct value *patch, const struct patch_request *request,
                          struct refusal *refusal, struct error_list *faults,
                          struct error_list *warnings);

/* Carry it out: read what the key names, patch, and write. The reply and error are the API server's;
 * with `dry_run` nothing is written. `warnings` NULL: unknown fields are faults. */
enum reply patch_carry_out(struct client *client, struct object_key key, const struct value *patch,
                           const struct patch_request *request, bool dry_run,
                           struct error_list *warnings, struct error *error);

#endif
