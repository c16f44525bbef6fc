/* kubectl apply --server-side in a cluster at work: who owns what after users and controllers have
 * written. The words are those of the recording ssa-conflicts. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/cluster/patch_request.h"
#include "sim/base/memory.h"
#include "tests/support/desk.h"

static struct desk *sit(void)
{
    return desk_at(given(""));
}

static void leave(struct desk *desk)
{
    struct world *world = desk->world;
    desk_leave(desk);
    done(world);
}

static void expect(struct desk *desk, int rc, const char *begins)
{
    cr_expect_eq(desk->rc, rc, "%s", desk->printed);
    cr_expect(strncmp(desk->printed, begins, strlen(begins)) == 0, "%s", desk->printed);
}

#define WEB(replicas)                                                                              \
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {" replicas              \
    "selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: "       \
    "{containers: [{name: c, image: 'app:1'}]}}}}\n"

static const char applied[] = "apply --server-side -f -";

Test(server_side_apply, takes_what_others_own_only_by_force)
{
    struct desk *desk = sit();
    kubectl(desk, "apply --server-side --field-manager=alice -f -", WEB("replicas: 3, "));
    expect(desk, 0, "deployment.apps/web serverside-applied\n");
    kubectl(desk, applied, WEB("replicas: 5, "));
    expect(desk, 1,
           "error: Apply failed with 1 conflict: conflict with \"alice\": .spec.replicas\n");
    kubectl(desk, applied, WEB("")); /* equal values are shared, what is not said is left alone */
    expect(desk, 0, "deployment.apps/web serverside-applied\n");
    expect_field(desk->world, "deployment/default/web", "spec.replicas", "3");
    kubectl(desk, "apply --server-side --force-conflicts -f -", WEB("replicas: 5, "));
    expect(desk, 0, "deployment.apps/web serverside-applied\n");
    expect_field(desk->world, "deployment/default/web", "spec.replicas", "5");
    leave(desk);
}

Test(server_side_apply, scaling_is_an_owner_of_its_own)
{
    struct desk *desk = sit();
    kubectl(desk, applied, WEB("replicas: 3, "));
    kubectl(desk, "scale deployment/web --replicas=2", NULL);
    kubectl(desk, applied, WEB("replicas: 3, "));
    expect(desk, 1,
           "error: Apply failed with 1 conflict: conflict with \"kubectl\" with subresource "
           "\"scale\" using apps/v1: .spec.replicas\n");
    leave(desk);
}

Test(server_side_apply, what_nobody_says_any_more_goes)
{
    struct desk *desk = sit();
    static const char map[] = "{apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {";
    char *both = mem_format("%sa: '1', b: '2'}}\n", map), *one = mem_format("%sa: '1'}}\n", map);
    kubectl(desk, applied, both);
    kubectl(desk, applied, one);
    expect(desk, 0, "configmap/m serverside-applied\n");
    expect_field(desk->world, "configmap/default/m", "data.a", "1");
    expect_field(desk->world, "configmap/default/m", "data.b", NULL);
    free(both);
    free(one);
    leave(desk);
}

/* The scenario's own objects were written by nobody in particular. */
Test(server_side_apply, finds_an_owner_of_what_was_there_before)
{
    struct desk *desk = sit();
    create(desk->world, WEB("replicas: 3, "));
    kubectl(desk, applied, WEB("replicas: 4, "));
    expect(desk, 1,
           "error: Apply failed with 1 conflict: conflict with \"before-first-apply\" using "
           "apps/v1: .spec.replicas\n");
    leave(desk);
}

/* The Deployment controller writes the revision, an annotation: a user who says another one meets it. */
Test(server_side_apply, controllers_own_what_they_write)
{
    struct desk *desk = sit();
    kubectl(desk, applied, WEB("replicas: 1, "));
    until(desk->world, 10);
    kubectl(desk, applied,
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, annotations: "
            "{deployment.kubernetes.io/revision: '7'}}}\n");
    expect(desk, 1,
           "error: Apply failed with 1 conflict: conflict with \"kube-controller-manager\" with "
           "subresource \"status\" using apps/v1: "
           ".metadata.annotations.deployment.kubernetes.io/revision\n");
    leave(desk);
}
