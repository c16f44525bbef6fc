/* Calls to CSI drivers that take time: what external-provisioner and external-attacher wait for.
 *
 * A sidecar looks at an object, calls its driver, and goes on when the call has ended. Here the call
 * is remembered by the key of the object, and the key comes back when it has ended. One that failed is
 * made again after 1 s, 2 s, ... at most 5 min, as the sidecars' --retry-interval-start and
 * --retry-interval-max have it. */
#ifndef MODELS_CONTROLLERS_CSI_CALLS_H
#define MODELS_CONTROLLERS_CSI_CALLS_H

#include "models/controllers/controller.h"
#include "sim/base/table.h"

struct csi_call;

struct csi_calls {
    struct table by_key;
    struct csi_call *first; /* for closing */
};

void csi_calls_init(struct csi_calls *calls);
void csi_calls_close(struct csi_calls *calls);

/* What kind of call it is. */
struct csi_method {
    const char *purpose;              /* a constant: of the stream it draws from */
    const struct distribution *lasts; /* borrowed */
    double failures;                  /* the chance that it fails */
};

enum csi_progress {
    CSI_BEGUN,  /* just now */
    CSI_WAITS,  /* under way, or not to be tried again yet */
    CSI_FAILED, /* now; it will be tried again */
    CSI_DONE    /* and forgotten */
};

/* Go on with the call for an object: of the object with this uid, as one made anew under its name begins
 * anew. The key comes back by itself. */
enum csi_progress csi_calls_go_on(struct csi_calls *calls, struct client *client,
                                  struct object_key key, struct uid uid,
                                  const struct csi_method *method);
/* The sidecar found that it cannot even call: the same back-off. True when it is time to say so. */
bool csi_calls_refuse(struct csi_calls *calls, struct client *client, struct object_key key,
                      struct uid uid);
/* The object does not need it any more. */
void csi_calls_forget(struct csi_calls *calls, struct object_key key);

#endif
