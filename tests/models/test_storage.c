/* Records of storage: what they say of their documents, and what changes say in both. */
#include "models/api/storage.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/api/kinds.h"
#include "models/api/pod_spec.h"
#include "models/cluster/unchanged.h"
#include "sim/base/memory.h"
#include "tests/support/rows.h"

static struct codec codec;

static void open_codec(void)
{
    codec.texts = texts_new();
    codec.specs = pod_specs_new(codec.texts);
}

static void close_codec(void)
{
    pod_specs_free(codec.specs);
    texts_free(codec.texts);
}

TestSuite(storage, .init = open_codec, .fini = close_codec);

static struct object *load(enum kind kind, const char *text)
{
    struct value *tree = rows_parse(text);
    struct object *object = kind_infos[kind].load(&codec, tree);
    value_drop(tree);
    return object;
}

static const struct labels *labels(const char *text)
{
    struct value *map = rows_parse(text);
    const struct labels *loaded = labels_from_value(codec.texts, map);
    value_drop(map);
    return loaded;
}

Test(storage, every_kind_is_printed_as_it_was_read)
{
    static const struct {
        enum kind kind;
        const char *text;
    } rows[] = {
        { KIND_PERSISTENTVOLUME,
          "{\"apiVersion\":\"v1\",\"kind\":\"PersistentVolume\",\"metadata\":{\"name\":\"v\"},"
          "\"spec\":{\"capacity\":{\"storage\":\"12Gi\"},\"csi\":{\"driver\":\"d\","
          "\"volumeHandle\":\"h\",\"fsType\":\"ext4\"},\"accessModes\":[\"ReadWriteOnce\"],"
          "\"claimRef\":{\"kind\":\"PersistentVolumeClaim\",\"namespace\":\"a\",\"name\":\"c\"},"
          "\"persistentVolumeReclaimPolicy\":\"Retain\"},\"status\":{\"phase\":\"Bound\"}}" },
        { KIND_PERSISTENTVOLUMECLAIM,
          "{\"apiVersion\":\"v1\",\"kind\":\"PersistentVolumeClaim\",\"metadata\":{\"name\":\"c\","
          "\"namespace\":\"a\"},\"spec\":{\"accessModes\":[\"ReadWriteOnce\"],"
          "\"resources\":{\"requests\":{\"storage\":\"1Gi\"}},\"volumeName\":\"v\","
          "\"storageClassName\":\"\"},\"status\":{\"phase\":\"Pending\"}}" },
        { KIND_STORAGECLASS,
          "{\"apiVersion\":\"storage.k8s.io/v1\",\"kind\":\"StorageClass\",\"metadata\":{\"name\":"
          "\"s\"},\"provisioner\":\"p\",\"parameters\":{\"type\":\"gp3\"}}" },
        { KIND_CSIDRIVER,
          "{\"apiVersion\":\"storage.k8s.io/v1\",\"kind\":\"CSIDriver\",\"metadata\":{\"name\":"
          "\"d\"},\"spec\":{\"storageCapacity\":true}}" },
        { KIND_CSINODE,
          "{\"apiVersion\":\"storage.k8s.io/v1\",\"kind\":\"CSINode\",\"metadata\":{\"name\":"
          "\"n\"},\"spec\":{\"drivers\":[{\"name\":\"d\",\"nodeID\":\"n\",\"topologyKeys\":null,"
          "\"allocatable\":{\"count\":3}}]}}" },
        { KIND_CSISTORAGECAPACITY,
          "{\"apiVersion\":\"storage.k8s.io/v1\",\"kind\":\"CSIStorageCapacity\",\"metadata\":"
          "{\"name\":\"k\",\"namespace\":\"a\"},\"storageClassName\":\"s\",\"capacity\":\"2Gi\"}" },
        { KIND_VOLUMEATTACHMENT,
          "{\"apiVersion\":\"storage.k8s.io/v1\",\"kind\":\"VolumeAttachment\",\"metadata\":"
          "{\"name\":\"t\"},\"spec\":{\"attacher\":\"d\",\"source\":{\"persistentVolumeName\":"
          "\"v\"},\"nodeName\":\"n\"},\"status\":{\"attached\":true}}" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct value *tree = rows_parse(rows[i].text);
        struct object *object = kind_infos[rows[i].kind].load(&codec, tree);
        struct value *printed = kind_infos[rows[i].kind].print(&codec, object);
        char *got = rows_print(printed);
        cr_expect(value_equal(tree, printed), "%s is printed as %s", rows[i].text, got);
        free(got);
        value_drop(printed);
        object_drop(object);
        value_drop(tree);
    }
}

Test(storage, a_volume_belongs_to_the_claim_it_names)
{
    static const struct {
        const char *why, *reference;
        bool want;
    } rows[] = {
        { "no claimRef: nobody's", "null", false },
        { "name and namespace, no uid: bound beforehand by a user",
          "{\"namespace\":\"a\",\"name\":\"c\"}", true },
        { "another namespace's claim of that name", "{\"namespace\":\"b\",\"name\":\"c\"}", false },
        { "the same claim", "{\"namespace\":\"a\",\"name\":\"c\",\"uid\":\"one\"}", true },
        { "an earlier claim of that name", "{\"namespace\":\"a\",\"name\":\"c\",\"uid\":\"two\"}",
          false },
    };
    struct object *claim = load(KIND_PERSISTENTVOLUMECLAIM,
                                "{\"metadata\":{\"name\":\"c\",\"namespace\":\"a\"},\"spec\":{}}");
    ((struct meta *)claim)->uid = uid_from_text("one");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = mem_format("{\"metadata\":{\"name\":\"v\"},\"spec\":{\"claimRef\":%s}}",
                                rows[i].reference);
        struct object *volume = load(KIND_PERSISTENTVOLUME, text);
        cr_expect_eq(persistent_volume_is_for(persistent_volume_of(volume), claim_of(claim)),
                     rows[i].want, "%s", rows[i].why);
        object_drop(volume);
        free(text);
    }
    object_drop(claim);
}

Test(storage, a_binding_is_told_by_both_records_and_their_documents)
{
    struct object *claim =
        load(KIND_PERSISTENTVOLUMECLAIM,
             "{\"metadata\":{\"name\":\"c\",\"namespace\":\"a\"},\"spec\":{\"resources\":"
             "{\"requests\":{\"storage\":\"3Gi\"}}},\"status\":{\"phase\":\"Pending\"}}");
    struct object *volume =
        load(KIND_PERSISTENTVOLUME,
             "{\"metadata\":{\"name\":\"v\"},\"spec\":{\"capacity\":{\"storage\":\"5Gi\"},"
             "\"accessModes\":[\"ReadWriteOnce\"]},\"status\":{\"phase\":\"Available\"}}");
    struct persistent_volume *bound = (struct persistent_volume *)object_copy(volume);
    struct persistent_volume_claim *complete = (struct persistent_volume_claim *)object_copy(claim);
    complete->meta.uid = bound->claim_uid = uid_from_bits(1, 2);
    persistent_volume_set_claim(bound, codec.texts, complete);
    persistent_volume_set_phase(bound, VOLUME_BOUND);
    claim_set_volume(complete, codec.texts, bound);
    cr_expect(persistent_volume_is_for(bound, complete));
    cr_expect(claim_is_bound(complete));
    cr_expect_not(claim_is_bound(claim_of(claim)), "the original is as it was");
    struct value *printed = kind_infos[KIND_PERSISTENTVOLUMECLAIM].print(&codec, (void *)complete);
    cr_expect_str_eq(value_text(value_path(printed, "spec", "volumeName", NULL), ""), "v");
    cr_expect_str_eq(value_text(value_path(printed, "status", "phase", NULL), ""), "Bound");
    cr_expect_str_eq(value_text(value_path(printed, "status", "capacity", "storage", NULL), ""),
                     "5Gi");
    value_drop(printed);
    struct object *again = object_copy(&bound->meta.object);
    kind_infos[KIND_PERSISTENTVOLUME].take_status(again, volume);
    cr_expect_eq(persistent_volume_of(again)->phase, VOLUME_AVAILABLE, "status by itself");
    cr_expect(persistent_volume_of(again)->claimed, "spec by itself");
    object_drop(again);
    object_drop(&bound->meta.object);
    object_drop(&complete->meta.object);
    object_drop(volume);
    object_drop(claim);
}

Test(storage, reading_the_same_again_changes_nothing)
{
    static const char text[] =
        "{\"metadata\":{\"name\":\"v\"},\"spec\":{\"nodeAffinity\":{\"required\":"
        "{\"nodeSelectorTerms\":[{\"matchExpressions\":[{\"key\":\"zone\",\"operator\":\"In\","
        "\"values\":[\"a\"]}]}]}}}}";
    struct object *one = load(KIND_PERSISTENTVOLUME, text);
    struct object *two = load(KIND_PERSISTENTVOLUME, text);
    cr_expect_not(is_unchanged(one, two), "two selectors, until they are shared");
    share_unchanged(two, one);
    cr_expect(is_unchanged(one, two));
    object_drop(one);
    object_drop(two);
}

Test(storage, topologies_of_a_class_say_which_nodes_it_can_provision_for)
{
    static const struct {
        const char *why, *topologies, *node;
        bool want;
    } rows[] = {
        { "none: every node", "null", "{}", true },
        { "one of the values",
          "[{\"matchLabelExpressions\":[{\"key\":\"zone\",\"values\":[\"a\",\"b\"]}]}]",
          "{\"zone\":\"b\"}", true },
        { "another value",
          "[{\"matchLabelExpressions\":[{\"key\":\"zone\",\"values\":[\"a\",\"b\"]}]}]",
          "{\"zone\":\"c\"}", false },
        { "all expressions of a term",
          "[{\"matchLabelExpressions\":[{\"key\":\"zone\",\"values\":[\"a\"]},{\"key\":\"rack\","
          "\"values\":[\"1\"]}]}]",
          "{\"zone\":\"a\",\"rack\":\"2\"}", false },
        { "any of the terms",
          "[{\"matchLabelExpressions\":[{\"key\":\"zone\",\"values\":[\"a\"]}]},"
          "{\"matchLabelExpressions\":[{\"key\":\"zone\",\"values\":[\"c\"]}]}]",
          "{\"zone\":\"c\"}", true },
        { "an empty term is of no node", "[{}]", "{\"zone\":\"a\"}", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = mem_format("{\"metadata\":{\"name\":\"s\"},\"allowedTopologies\":%s}",
                                rows[i].topologies);
        struct object *object = load(KIND_STORAGECLASS, text);
        const struct node_selector *allowed = ((struct storage_class *)object)->allowed_nodes;
        const struct labels *node = labels(rows[i].node);
        cr_expect_eq(allowed == NULL || node_selector_matches(allowed, labels_lookup, node, ""),
                     rows[i].want, "%s", rows[i].why);
        labels_drop(node);
        object_drop(object);
        free(text);
    }
}

Test(storage, plugins_that_moved_are_named_in_full)
{
    struct object *object =
        load(KIND_CSINODE, "{\"metadata\":{\"name\":\"n\",\"annotations\":"
                           "{\"storage.alpha.kubernetes.io/migrated-plugins\":"
                           "\"kubernetes.io/aws-ebs,kubernetes.io/gce-pd\"}},\"spec\":{}}");
    const struct csi_node *node = (const struct csi_node *)object;
    cr_expect(csi_node_has_migrated(node, "kubernetes.io/gce-pd"));
    cr_expect(csi_node_has_migrated(node, "kubernetes.io/aws-ebs"));
    cr_expect_not(csi_node_has_migrated(node, "kubernetes.io/aws"));
    cr_expect_not(csi_node_has_migrated(NULL, "kubernetes.io/aws-ebs"), "no CSINode");
    object_drop(object);
}
