/* Who controls an object: adopting orphans that match a selector, releasing what no longer does.
 *
 * Follows pkg/controller/controller_ref_manager.go of kube-controller-manager, in the release
 * named in docs/fidelity.md. Both are patches: labels may have changed meanwhile, and the
 * other side decides again when it sees the change. */
#ifndef MODELS_CONTROLLERS_OWNERSHIP_H
#define MODELS_CONTROLLERS_OWNERSHIP_H

#include "models/api/meta.h"
#include "models/api/selector.h"
#include "models/cluster/client.h"

/* The object of this kind that an owner reference (NULL is fine) of something in a namespace means;
 * NULL when there is none with its uid. */
const struct object *owner_object(const struct client *client, enum kind kind,
                                  const struct text *space, const struct owner *owner);

/* One controlling object that looks for what is its own, for the length of a reconcile. */
struct claim {
    struct client *client;
    const struct meta *owner;
    const char *api_version, *kind; /* of the owner; constants */
    const struct selector *selector;
    const char *finalizer;   /* what is adopted gets, too; NULL: none */
    bool checked, may_adopt; /* it was read again past the cache, and is not being deleted */
};

bool claim_matches(const struct claim *claim, const struct meta *object);

/* Become the controller of an orphan that matches. Nothing happens, and *adopted is false, when
 * either is being deleted or the orphan is gone. False with an error: try again. */
bool claim_adopt(struct claim *claim, const struct meta *orphan, bool *adopted,
                 struct error *error);

/* Give up an object that is controlled and does not match, unless the owner is being deleted. */
bool claim_release(struct claim *claim, const struct meta *owned, struct error *error);

#endif
