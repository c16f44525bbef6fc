/* Image names, and what nodes say of their images. */
#include <criterion/criterion.h>

#include "models/kubelet/images.h"
#include "tests/support/kubelet_stories.h"

static const struct {
    const char *name, *full;
} rows[] = {
    { "nginx", "docker.io/library/nginx:latest" },
    { "nginx:1.27", "docker.io/library/nginx:1.27" },
    { "shop/web:2", "docker.io/shop/web:2" },
    { "quay.io/shop/web", "quay.io/shop/web:latest" },
    { "registry:5000/web", "registry:5000/web:latest" },
    { "localhost/web:1", "localhost/web:1" },
    { "nginx@sha256:0123", "docker.io/library/nginx@sha256:0123" },
};

Test(images, have_full_names)
{
    struct texts *texts = texts_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct text *name = text_intern(texts, rows[i].name);
        const struct text *full = image_full_name(name);
        cr_expect_str_eq(full->s, rows[i].full);
        text_drop(full);
        text_drop(name);
    }
    texts_free(texts);
}

Test(images, are_reported_at_the_next_regular_update)
{
    struct world *w = given_nodes(IMAGE("small:1", "sizeBytes: 50000000")
                                      IMAGE("large:1", "sizeBytes: 100000000") NODE("n0"),
                                  "");
    create(w, POD("web", "containers: [{name: a, image: 'small:1'}, {name: b, image: 'large:1'}]"));
    until(w, 9.9);
    expect_field(w, "node/n0", "status.images", NULL);
    until(w, 60);
    expect_field(w, "node/n0", "status.images",
                 "[{\"names\":[\"docker.io/library/large:1\"],\"sizeBytes\":100000000},"
                 "{\"names\":[\"docker.io/library/small:1\"],\"sizeBytes\":50000000}]");
    expect_trace(w, "node/",
                 "   0.000 node/n0 create\n"
                 "   0.000 node/n0 patch Ready=True KubeletReady\n"
                 "  10.000 node/n0 patch\n");
    done(w);
}

Test(images, that_a_node_has_from_the_start_need_no_pull)
{
    struct world *w = given_nodes(
        IMAGE("web:1", "sizeBytes: 100000000") "---\n{apiVersion: v1, kind: Node, metadata: {name: "
                                               "n0}, status: {images: [{names: "
                                               "['docker.io/library/web@sha256:01', "
                                               "'docker.io/library/web:1'], sizeBytes: "
                                               "100000000}]}}\n" POD(
                                                   "web",
                                                   "containers: [{name: c, image: 'web:1'}]"),
        "");
    until(w, 60);
    expect_trace(w, "pod/",
                 "   0.000 pod/default/web create\n"
                 "   1.000 pod/default/web patch Running, ready\n");
    done(w);
}
