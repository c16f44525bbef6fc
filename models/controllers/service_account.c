/* Give every namespace its account "default", and give it again.
 *
 * Follows pkg/controller/serviceaccount/serviceaccounts_controller.go of the release named in
 * docs/fidelity.md. */
#include <string.h>

#include "models/api/policy.h"
#include "models/api/quota.h"
#include "models/controllers/controller.h"
#include "models/controllers/namespace_moment.h"
#include "models/controllers/pod_control.h"

static enum outcome service_account_reconcile(struct client *client, struct object_key key)
{
    const struct object *space = client_get(client, KIND_NAMESPACE, NULL, key.name);
    const struct text *name = cluster_text(client->cluster, "default");
    enum outcome outcome = RECONCILED;
    if (space != NULL && !((const struct namespace_object *)space)->terminating &&
        client_get(client, KIND_SERVICEACCOUNT, key.name, name) == NULL) {
        struct object *account = object_new(object_kinds, KIND_SERVICEACCOUNT);
        struct error error = { 0 };
        account->space = text_hold(key.name);
        account->name = text_hold(name);
        const enum reply reply = client_create(client, account, NULL, &error);
        if (reply != REPLY_CREATED && reply != REPLY_ALREADY_EXISTS &&
            !namespace_is_terminating(reply, &error))
            outcome = RETRY;
        error_close(&error);
    }
    text_drop(name);
    return outcome;
}

static void wake_namespace(struct controller_run *controller, const struct watch_event *event)
{
    if (event->type != WATCH_DELETED)
        controller_wake_after(controller, object_key(event->object), NAMESPACE_MOMENT,
                              event->cause);
}

static void wake_account(struct controller_run *controller, const struct watch_event *event)
{
    const struct object_key space = { KIND_NAMESPACE, NULL, event->object->space };
    if (event->type == WATCH_DELETED)
        controller_wake(controller, space, event->cause);
}

const struct controller service_account_controller = {
    .name = "serviceaccount-controller",
    .reconciles = KIND_NAMESPACE,
    .wakes_on = { { KIND_NAMESPACE, wake_namespace }, { KIND_SERVICEACCOUNT, wake_account } },
    .reconcile = service_account_reconcile,
};
