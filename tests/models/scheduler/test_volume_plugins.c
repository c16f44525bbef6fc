/* VolumeBinding, VolumeZone, VolumeRestrictions, NodeVolumeLimits and NodeDeclaredFeatures, rule by
 * rule: objects in which no time passes, one pod, and what is said of the nodes. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tests/support/rows.h"
#include "tools/schedule/script.h"

/* Two nodes in two zones. */
#define NODE(name, zone)                                                                           \
    "{'metadata':{'name':'" name "','labels':{'kubernetes.io/hostname':'" name                     \
    "','topology.kubernetes.io/zone':'" zone "'}},'status':{'allocatable':{'cpu':'8','memory':"    \
    "'32Gi','pods':'110'}}}"
#define NODES "'nodes':[" NODE("a", "za") "," NODE("b", "zb") "]"

#define POD(name, rest)                                                                            \
    "{'metadata':{'name':'" name "'},'spec':{'containers':[{'name':'c'}]" rest "}}"
#define MOUNTS(claim) ",'volumes':[{'name':'v','persistentVolumeClaim':{'claimName':'" claim "'}}]"
#define MOUNTS_BOTH                                                                                \
    ",'volumes':[{'name':'v','persistentVolumeClaim':{'claimName':'c1'}},"                         \
    "{'name':'w','persistentVolumeClaim':{'claimName':'c2'}}]"

#define CLASS(name, provisioner, mode, rest)                                                       \
    "{'metadata':{'name':'" name "'},'provisioner':'" provisioner "','volumeBindingMode':'" mode   \
    "'" rest "}"
#define CLASSES                                                                                    \
    "'storageClasses':[" CLASS(                                                                    \
        "local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer",                           \
        "") "," CLASS("csi", "d", "WaitForFirstConsumer",                                          \
                      "") "," CLASS("now", "d", "Immediate",                                       \
                                    "") "," CLASS("za", "d", "WaitForFirstConsumer",               \
                                                  ",'allowedTopologies':[{'matchLabelExpressions'" \
                                                  ":[{'key':"                                      \
                                                  "'topology.kubernetes.io/"                       \
                                                  "zone','values':['za']}]}]") "]"

#define CLAIM(name, class, size, rest)                                                             \
    "{'metadata':{'name':'" name "'},'spec':{'accessModes':['ReadWriteOnce'],'storageClassName':"  \
    "'" class "','resources':{'requests':{'storage':'" size "'}}" rest "}}"
/* Bound to a volume, as the PV controller leaves it. */
#define BOUND(name, volume)                                                                        \
    "{'metadata':{'name':'" name "','annotations':{'pv.kubernetes.io/bind-completed':'yes'}},"     \
    "'spec':{'accessModes':['ReadWriteOnce'],'storageClassName':'csi','volumeName':'" volume       \
    "','resources':{'requests':{'storage':'1Gi'}}},'status':{'phase':'Bound'}}"

#define ON(node)                                                                                   \
    ",'nodeAffinity':{'required':{'nodeSelectorTerms':[{'matchExpressions':[{'key':"               \
    "'kubernetes.io/hostname','operator':'In','values':['" node "']}]}]}}"
#define VOLUME(name, class, size, rest)                                                            \
    "{'metadata':{'name':'" name "'},'spec':{'accessModes':['ReadWriteOnce'],'capacity':"          \
    "{'storage':'" size                                                                            \
    "'},'storageClassName':'" class "','csi':{'driver':'d','volumeHandle':'" name "'}" rest "}}"

/* Further members of the input. */
#define VOLUMES(list) ",'persistentVolumes':[" list "]"
#define CLAIMS(list)  ",'persistentVolumeClaims':[" list "]"

struct row {
    const char *why, *objects, *pod;
    const char *want; /* feasible nodes with what is bound, or the message without its beginning */
};

static char *double_quotes(char *text)
{
    for (char *c = text; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    return text;
}

/* "a b", then the claims: " c1=v1" or " c1=new". */
static void tell_found(const struct value *step, struct writer *told)
{
    const struct value *feasible = value_get(step, "feasible");
    const struct value *bound = value_path(step, "volumes", "staticBindings", NULL);
    const struct value *made = value_path(step, "volumes", "dynamicProvisions", NULL);
    for (size_t i = 0; i < feasible->count; i++)
        writer_format(told, "%s%s", i > 0 ? " " : "", value_text(feasible->items[i], ""));
    for (size_t i = 0; bound != NULL && i < bound->count; i++)
        writer_format(told, " %s=%s", strchr(bound->entries[i].key, '/') + 1,
                      value_text(bound->entries[i].value, ""));
    for (size_t i = 0; made != NULL && i < made->count; i++)
        writer_format(told, " %s=new", strchr(value_text(made->items[i], "/"), '/') + 1);
}

static char *try_pod(const struct row *row)
{
    static const char available[] = "nodes are available: ";
    char *text = double_quotes(
        mem_format("{'format':1,'input':{" NODES ",%s%s'pods':[%s],'steps':[{'op':'schedule',"
                   "'pod':'default/p'}]}}",
                   row->objects, *row->objects != '\0' ? "," : "", row->pod));
    struct value *document = rows_parse(text);
    struct error_list faults = { 0 };
    struct writer told = { 0 };
    size_t doubtful = 0;
    struct value *answer = script_run(document, &doubtful, &faults);
    cr_assert_not_null(answer, "%s: %s", row->why, faults.count > 0 ? faults.items[0].text : "");
    cr_expect_eq(doubtful, 0, "%s: both ways of deciding say the same", row->why);
    const struct value *step = value_at(value_get(answer, "steps"), 0);
    const char *message = value_text(value_get(step, "message"), NULL);
    writer_add(&told, "");
    if (message != NULL)
        writer_add(&told, strstr(message, available) != NULL
                              ? strstr(message, available) + strlen(available)
                              : message);
    else
        tell_found(step, &told);
    value_drop(answer);
    value_drop(document);
    error_list_close(&faults);
    free(text);
    return writer_take(&told);
}

/* Of a message only the reasons count, up to their full stop. */
static bool is_as_wanted(const char *got, const char *want)
{
    const size_t length = strlen(want);
    return want[length - 1] == '.' ? strncmp(got, want, length) == 0 : strcmp(got, want) == 0;
}

static void expect(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *got = try_pod(&rows[i]);
        cr_expect(is_as_wanted(got, rows[i].want), "%s:\nwant %s\ngot  %s", rows[i].why,
                  rows[i].want, got);
        free(got);
    }
}
#define EXPECT(rows) expect(rows, sizeof(rows) / sizeof *(rows))

Test(volume_plugins, claims_that_cannot_be_used)
{
    static const struct row rows[] = {
        { "no such claim: VolumeRestrictions is the first that looks", CLASSES,
          POD("p", MOUNTS("c1")), "persistentvolumeclaim \"c1\" not found. not found" },
        { "its volume was lost",
          CLASSES ",'persistentVolumeClaims':[{'metadata':{'name':'c1'},'spec':{'volumeName':'v1'},"
                  "'status':{'phase':'Lost'}}]",
          POD("p", MOUNTS("c1")),
          "persistentvolumeclaim \"c1\" bound to non-existent persistentvolume \"v1\"." },
        { "it is being deleted",
          CLASSES ",'persistentVolumeClaims':[{'metadata':{'name':'c1','deletionTimestamp':"
                  "'2026-01-01T00:00:00Z'},'spec':{'storageClassName':'csi'}}]",
          POD("p", MOUNTS("c1")), "persistentvolumeclaim \"c1\" is being deleted." },
        { "it should have been bound already", CLASSES CLAIMS(CLAIM("c1", "now", "1Gi", "")),
          POD("p", MOUNTS("c1")), "pod has unbound immediate PersistentVolumeClaims." },
        { "a class that is not there does not wait",
          "'persistentVolumeClaims':[" CLAIM("c1", "gone", "1Gi", "") "]", POD("p", MOUNTS("c1")),
          "pod has unbound immediate PersistentVolumeClaims." },
        { "bound beforehand by name only: the PV controller has to complete it",
          CLASSES CLAIMS(CLAIM("c1", "csi", "1Gi", ",'volumeName':'v1'")), POD("p", MOUNTS("c1")),
          "pod has unbound immediate PersistentVolumeClaims." },
        { "the claim of an ephemeral volume is on its way", CLASSES,
          POD("p", ",'volumes':[{'name':'v','ephemeral':{'volumeClaimTemplate':{'spec':{}}}}]"),
          "waiting for ephemeral volume controller to create the persistentvolumeclaim \"p-v\"." },
        { "somebody else's claim has the name", CLASSES CLAIMS(CLAIM("p-v", "csi", "1Gi", "")),
          POD("p", ",'volumes':[{'name':'v','ephemeral':{'volumeClaimTemplate':{'spec':{}}}}]"),
          "PVC default/p-v was not created for pod default/p (pod is not owner)." },
        { "bound to a volume that is not there: VolumeZone looks before any node is asked",
          CLASSES CLAIMS(BOUND("c1", "v1")), POD("p", MOUNTS("c1")),
          "persistentvolume \"v1\" not found." },
    };
    EXPECT(rows);
}

Test(volume_plugins, claims_find_volumes)
{
#define FOR_C1  ",'claimRef':{'namespace':'default','name':'c1'}"
#define FOR_X   ",'claimRef':{'namespace':'default','name':'x'}"
#define NOTHING "2 node(s) didn't find available persistent volumes to bind."
    static const struct row rows[] = {
        { "trap 29: the smallest that fits",
          CLASSES VOLUMES(VOLUME("v9", "local", "9Gi", "") "," VOLUME(
              "v5", "local", "5Gi", "") "," VOLUME("v2", "local", "2Gi", ""))
              CLAIMS(CLAIM("c1", "local", "3Gi", "")),
          POD("p", MOUNTS("c1")), "a b c1=v5" },
        { "trap 29: claims by ascending size, so that the small one leaves the large volume",
          CLASSES VOLUMES(VOLUME("v5", "local", "5Gi", "") "," VOLUME("v4", "local", "4Gi", ""))
              CLAIMS(CLAIM("c1", "local", "5Gi", "") "," CLAIM("c2", "local", "1Gi", "")),
          POD("p", MOUNTS_BOTH), "a b c2=v4 c1=v5" },
        { "trap 29: one that was bound beforehand wins, however large",
          CLASSES VOLUMES(VOLUME("v5", "local", "5Gi", "") "," VOLUME("v9", "local", "9Gi", FOR_C1))
              CLAIMS(CLAIM("c1", "local", "1Gi", "")),
          POD("p", MOUNTS("c1")), "a b c1=v9" },
        { "and nothing else will do where it cannot be reached",
          CLASSES VOLUMES(VOLUME("v5", "local", "5Gi", "") "," VOLUME(
              "v9", "local", "9Gi", FOR_C1 ON("b"))) CLAIMS(CLAIM("c1", "local", "1Gi", "")),
          POD("p", MOUNTS("c1")), "b c1=v9" },
        { "another claim's volume, a smaller one and one of another class are none",
          CLASSES VOLUMES(VOLUME("v1", "local", "9Gi", FOR_X) "," VOLUME(
              "v2", "local", "1Gi", "") "," VOLUME("v3", "csi", "9Gi", ""))
              CLAIMS(CLAIM("c1", "local", "2Gi", "")),
          POD("p", MOUNTS("c1")), NOTHING },
        { "a volume of one node: only that node",
          CLASSES VOLUMES(VOLUME("v1", "local", "9Gi", ON("b")))
              CLAIMS(CLAIM("c1", "local", "2Gi", "")),
          POD("p", MOUNTS("c1")), "b c1=v1" },
        { "two claims do not share a volume: the second one is provisioned",
          CLASSES VOLUMES(VOLUME("v1", "csi", "9Gi", ""))
              CLAIMS(CLAIM("c1", "csi", "2Gi", "") "," CLAIM("c2", "csi", "3Gi", "")),
          POD("p", MOUNTS_BOTH), "a b c1=v1 c2=new" },
        { "access modes must be among the volume's",
          CLASSES VOLUMES(VOLUME("v1", "local", "9Gi", ""))
              CLAIMS("{'metadata':{'name':'c1'},'spec':{'accessModes':['ReadWriteMany'],"
                     "'storageClassName':'local'}}"),
          POD("p", MOUNTS("c1")), NOTHING },
        { "a selector chooses among volumes",
          CLASSES VOLUMES(VOLUME("v1", "local", "9Gi", ""))
              CLAIMS(CLAIM("c1", "local", "1Gi", ",'selector':{'matchLabels':{'tier':'gold'}}")),
          POD("p", MOUNTS("c1")), NOTHING },
        { "a bound volume of one node",
          CLASSES VOLUMES(VOLUME("v1", "csi", "9Gi", ON("a"))) CLAIMS(BOUND("c1", "v1")),
          POD("p", MOUNTS("c1")), "a" },
        { "both reasons of a node are told",
          CLASSES VOLUMES(VOLUME("v1", "csi", "9Gi", ON("x")))
              CLAIMS(BOUND("c1", "v1") "," CLAIM("c2", "local", "1Gi", "")),
          POD("p", MOUNTS_BOTH),
          "2 node(s) didn't find available persistent volumes to bind, 2 node(s) didn't match "
          "PersistentVolume's node affinity." },
    };
    EXPECT(rows);
}

Test(volume_plugins, claims_are_provisioned_where_the_class_can)
{
#define ROOM(zone, size)                                                                           \
    ",'csiDrivers':[{'metadata':{'name':'d'},'spec':{'storageCapacity':true}}],"                   \
    "'csiStorageCapacities':[{'metadata':{'name':'k'},'storageClassName':'csi','capacity':'" size  \
    "','nodeTopology':{'matchLabels':{'topology.kubernetes.io/zone':'" zone "'}}}]"
    static const struct row rows[] = {
        { "anywhere", CLASSES CLAIMS(CLAIM("c1", "csi", "1Gi", "")), POD("p", MOUNTS("c1")),
          "a b c1=new" },
        { "in allowedTopologies", CLASSES CLAIMS(CLAIM("c1", "za", "1Gi", "")),
          POD("p", MOUNTS("c1")), "a c1=new" },
        { "on the node that was selected before",
          CLASSES ",'persistentVolumeClaims':[{'metadata':{'name':'c1','annotations':{"
                  "'volume.kubernetes.io/selected-node':'b'}},'spec':{'storageClassName':'csi'}}]",
          POD("p", MOUNTS("c1")), "b c1=new" },
        { "where the driver says it has room",
          CLASSES ROOM("zb", "4Gi") CLAIMS(CLAIM("c1", "csi", "4Gi", "")), POD("p", MOUNTS("c1")),
          "b c1=new" },
        { "nowhere if it has too little",
          CLASSES ROOM("zb", "4Gi") CLAIMS(CLAIM("c1", "csi", "5Gi", "")), POD("p", MOUNTS("c1")),
          "2 node(s) did not have enough free storage." },
        { "a claim without a size needs no room",
          CLASSES ROOM("zb", "4Gi") ",'persistentVolumeClaims':[{'metadata':{'name':'c1'},'spec':"
                                    "{'storageClassName':'csi'}}]",
          POD("p", MOUNTS("c1")), "a b c1=new" },
    };
    EXPECT(rows);
}

Test(volume_plugins, zones_of_volumes)
{
#define LABELLED(key, value)                                                                       \
    CLASSES                                                                                        \
    ",'persistentVolumes':[{'metadata':{'name':'v1','labels':{'" key "':'" value                   \
    "'}},'spec':{'csi':{'driver':'d','volumeHandle':'h'}}}],'persistentVolumeClaims':[" BOUND(     \
        "c1", "v1") "]"
    static const struct row rows[] = {
        { "its zone", LABELLED("topology.kubernetes.io/zone", "zb"), POD("p", MOUNTS("c1")), "b" },
        { "one of its zones", LABELLED("topology.kubernetes.io/zone", "zx__za"),
          POD("p", MOUNTS("c1")), "a" },
        { "the label of old against the node's of today",
          LABELLED("failure-domain.beta.kubernetes.io/zone", "zb"), POD("p", MOUNTS("c1")), "b" },
        { "a region that no node has", LABELLED("topology.kubernetes.io/region", "r"),
          POD("p", MOUNTS("c1")), "2 node(s) had no available volume zone." },
        { "an empty zone among them: the label says nothing",
          LABELLED("topology.kubernetes.io/zone", "zb__"), POD("p", MOUNTS("c1")), "a b" },
    };
    EXPECT(rows);
}

Test(volume_plugins, disks_and_claims_of_a_single_pod)
{
#define DISK(source) ",'volumes':[{'name':'v'," source "}]"
#define RUNS(source) POD("q", ",'nodeName':'a'" DISK(source)) ","
#define SINGLE                                                                                     \
    CLASSES ",'persistentVolumes':[" VOLUME(                                                       \
        "v1", "csi", "1Gi",                                                                        \
        "") "],'persistentVolumeClaims':"                                                          \
            "[{'metadata':{'name':'c1','annotations':{'pv.kubernetes.io/bind-completed':'yes'}},"  \
            "'spec':{'accessModes':['ReadWriteOncePod'],'volumeName':'v1'}}]"
    static const struct row rows[] = {
        { "a disk of GCE", "",
          RUNS("'gcePersistentDisk':{'pdName':'d'}")
              POD("p", DISK("'gcePersistentDisk':{'pdName':'d'}")),
          "b" },
        { "unless both only read", "",
          RUNS("'gcePersistentDisk':{'pdName':'d','readOnly':true}")
              POD("p", DISK("'gcePersistentDisk':{'pdName':'d','readOnly':true}")),
          "a b" },
        { "a disk of AWS also then", "",
          RUNS("'awsElasticBlockStore':{'volumeID':'d','readOnly':true}")
              POD("p", DISK("'awsElasticBlockStore':{'volumeID':'d','readOnly':true}")),
          "b" },
        { "iSCSI goes by the IQN", "",
          RUNS("'iscsi':{'iqn':'i','targetPortal':'t','lun':1}")
              POD("p", DISK("'iscsi':{'iqn':'i','targetPortal':'u','lun':2}")),
          "b" },
        { "an image of Ceph with a monitor in common", "",
          RUNS("'rbd':{'image':'i','pool':'o','monitors':['m','n']}")
              POD("p", DISK("'rbd':{'image':'i','pool':'o','monitors':['n']}")),
          "b" },
        { "without one", "",
          RUNS("'rbd':{'image':'i','pool':'o','monitors':['m']}")
              POD("p", DISK("'rbd':{'image':'i','pool':'o','monitors':['n']}")),
          "a b" },
        { "disks of Azure do not exclude each other", "",
          RUNS("'azureDisk':{'diskName':'n','diskURI':'d'}")
              POD("p", DISK("'azureDisk':{'diskName':'n','diskURI':'d'}")),
          "a b" },
        { "a claim of a single pod, not in use", SINGLE, POD("p", MOUNTS("c1")), "a b" },
        { "in use anywhere: no node will do", SINGLE,
          POD("q", ",'nodeName':'a'" MOUNTS("c1")) "," POD("p", MOUNTS("c1")),
          "2 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode "
          "already in-use by another pod." },
        { "the claim of that name in another namespace is another", SINGLE,
          "{'metadata':{'name':'q','namespace':'other'},'spec':{'nodeName':'a','containers':"
          "[{'name':'c'}]" MOUNTS("c1") "}}," POD("p", MOUNTS("c1")),
          "a b" },
    };
    EXPECT(rows);
}

Test(volume_plugins, limits_of_drivers)
{
#define LIMIT(driver, count)                                                                       \
    ",'csiNodes':[{'metadata':{'name':'a'},'spec':{'drivers':[{'name':'" driver                    \
    "','nodeID':'a','topologyKeys':null,'allocatable':{'count':" count "}}]}}]"
#define TWO                                                                                        \
    CLASSES ",'persistentVolumes':[" VOLUME("v1", "csi", "1Gi", "") "," VOLUME(                    \
        "v2", "csi", "1Gi",                                                                        \
        "") "],'persistentVolumeClaims':[" BOUND("c1", "v1") "," BOUND("c2", "v2") "]"
    static const struct row rows[] = {
        { "room for one, none there", TWO LIMIT("d", "1"), POD("p", MOUNTS("c1")), "a b" },
        { "room for one, another one there", TWO LIMIT("d", "1"),
          POD("q", ",'nodeName':'a'" MOUNTS("c2")) "," POD("p", MOUNTS("c1")), "b" },
        { "room for one, which is there: it counts once", TWO LIMIT("d", "1"),
          POD("q", ",'nodeName':'a'" MOUNTS("c1")) "," POD("p", MOUNTS("c1")), "a b" },
        { "the limit of another driver", TWO LIMIT("other", "0"), POD("p", MOUNTS("c1")), "a b" },
        { "a claim without a volume counts for the driver of its class",
          CLASSES LIMIT("d", "0") CLAIMS(CLAIM("c1", "csi", "1Gi", "")), POD("p", MOUNTS("c1")),
          "b c1=new" },
        { "an attachment counts without a pod",
          TWO LIMIT("d", "1") ",'volumeAttachments':[{'metadata':{'name':'t'},'spec':{'attacher':"
                              "'d','nodeName':'a','source':{'persistentVolumeName':'v2'}}}]",
          POD("p", MOUNTS("c1")), "b" },
        { "a disk of a plugin that moved counts for its driver",
          "'services':[]" LIMIT("ebs.csi.aws.com", "0"),
          POD("p", DISK("'awsElasticBlockStore':{'volumeID':'x'}")), "b" },
        { "nowhere",
          TWO ",'csiNodes':[{'metadata':{'name':'a'},'spec':{'drivers':[{'name':'d',"
              "'nodeID':'a','topologyKeys':null,'allocatable':{'count':0}}]}},"
              "{'metadata':{'name':'b'},'spec':{'drivers':[{'name':'d','nodeID':'b',"
              "'topologyKeys':null,'allocatable':{'count':0}}]}}]",
          POD("p", MOUNTS("c1")), "2 node(s) exceed max volume count." },
    };
    EXPECT(rows);
}

Test(volume_plugins, features_that_nodes_declare)
{
    static const struct row rows[] = {
        { "nothing is needed", "", POD("p", ""), "a b" },
        { "user namespaces on the host's network", "",
          POD("p", ",'hostNetwork':true,'hostUsers':false"),
          "2 node(s) didn't match Pod's required features." },
        { "the host's users are nothing special", "", POD("p", ",'hostNetwork':true"), "a b" },
        { "restarting all containers", "",
          "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','restartPolicyRules':"
          "[{'action':'RestartAllContainers','exitCodes':{'operator':'In','values':[1]}}]}]}}",
          "2 node(s) didn't match Pod's required features." },
    };
    EXPECT(rows);
}
