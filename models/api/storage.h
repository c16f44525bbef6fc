/* Storage as scheduling reads it: volumes, claims, classes, and what CSI drivers say of nodes.
 *
 * The documents stay whole, and the members beside them say nothing that the document does not:
 * who changes one by a function below changes both. Amounts are whole bytes, rounded up.
 * Follows pkg/apis/core, pkg/apis/storage and component-helpers storage/volume of the release
 * named in docs/fidelity.md. */
#ifndef MODELS_API_STORAGE_H
#define MODELS_API_STORAGE_H

#include "models/api/meta.h"
#include "models/api/selector.h"

enum access_mode { /* bits */
                   READ_WRITE_ONCE = 1 << 0,
                   READ_ONLY_MANY = 1 << 1,
                   READ_WRITE_MANY = 1 << 2,
                   READ_WRITE_ONCE_POD = 1 << 3
};

/* A volume as a CSI driver knows it. Of a disk of a cloud that Kubernetes once mounted itself,
 * `in_tree` names that plugin ("kubernetes.io/gce-pd"): the driver counts it on the nodes to which
 * the plugin has moved. */
struct csi_volume {
    const struct text *driver, *handle; /* driver NULL: of no driver */
    const struct text *in_tree;         /* NULL: a CSI volume by itself */
};

enum volume_phase {
    VOLUME_PENDING,
    VOLUME_AVAILABLE,
    VOLUME_BOUND,
    VOLUME_RELEASED,
    VOLUME_FAILED
};

struct persistent_volume {
    struct meta meta;
    const struct text *class_name, *attributes_class; /* NULL: none */
    int64_t capacity_bytes;
    uint8_t access_modes; /* bits of enum access_mode */
    uint8_t phase;        /* enum volume_phase */
    bool block;           /* volumeMode Block */
    bool claimed;         /* it has a claimRef: */
    bool claim_has_uid;
    struct uid claim_uid;
    const struct text *claim_space, *claim_name;
    const struct node_selector *node_affinity; /* NULL: reached from every node */
    struct csi_volume csi;
};

/* The finalizers that keep a claim while pods use it, and a volume while it is bound. */
#define CLAIM_PROTECTION  "kubernetes.io/pvc-protection"
#define VOLUME_PROTECTION "kubernetes.io/pv-protection"
/* A volume's deletion waits for the provisioner's own. */
#define PROVISIONER_FINALIZER "external-provisioner.volume.kubernetes.io/finalizer"

enum claim_phase { CLAIM_PENDING, CLAIM_BOUND, CLAIM_LOST };

struct persistent_volume_claim {
    struct meta meta;
    const struct text *class_name, *attributes_class; /* NULL: none */
    bool asks_for_class; /* a class is named, if only "": the default one does not come into it */
    bool asks_for_size;
    bool block;           /* volumeMode Block */
    uint8_t access_modes; /* bits of enum access_mode */
    uint8_t phase;        /* enum claim_phase */
    int64_t request_bytes;
    const struct text *volume_name;  /* NULL: not bound, nor bound beforehand */
    const struct selector *selector; /* of volumes; NULL: any */
};

struct storage_class {
    struct meta meta;
    const struct text *provisioner;            /* NULL: none */
    bool waits_for_consumer;                   /* volumeBindingMode WaitForFirstConsumer */
    const struct node_selector *allowed_nodes; /* allowedTopologies; NULL: all nodes */
};

struct csi_driver {
    struct meta meta;
    bool storage_capacity; /* it publishes CSIStorageCapacity objects, which are to be obeyed */
    bool attach_required;  /* volumes are attached to nodes before they are mounted */
};

/* What a node says of its drivers. */
struct csi_node {
    struct meta meta;
    struct csi_node_drivers {
        uint32_t refs, count;
        struct csi_node_driver {
            const struct text *name;
            int64_t limit; /* volumes that can be attached; -1: as many as one likes */
            const struct value *topology_keys; /* labels of the node by which volumes reach it: a
                                                * list, held by the document; NULL: none */
        } items[];
    } * drivers; /* NULL: none */
};

struct csi_storage_capacity {
    struct meta meta;
    const struct text *class_name;
    const struct selector *nodes; /* nodeTopology; NULL: no node has access */
    int64_t limit_bytes;          /* greatest volume that may be made; -1: not known */
};

struct volume_attachment {
    struct meta meta;
    const struct text *attacher, *node_name;
    const struct text *volume_name; /* NULL: an inline volume */
    bool attached;                  /* status.attached */
    const struct text *error;       /* the message of status.attachError; NULL: none */
};

extern const struct object_kind persistent_volume_kind, persistent_volume_claim_kind,
    storage_class_kind, csi_driver_kind, csi_node_kind, csi_storage_capacity_kind,
    volume_attachment_kind;

static inline const struct persistent_volume *persistent_volume_of(const struct object *object)
{
    return (const struct persistent_volume *)object;
}
static inline const struct persistent_volume_claim *claim_of(const struct object *object)
{
    return (const struct persistent_volume_claim *)object;
}
static inline const struct volume_attachment *volume_attachment_of(const struct object *object)
{
    return (const struct volume_attachment *)object;
}

/* The plugins of Kubernetes' own that have moved to CSI drivers. */
struct migrated_plugin {
    const char *source; /* the member of a volume: "gcePersistentDisk" */
    const char *id;     /* the member of the source that names the disk */
    const char *name;   /* "kubernetes.io/gce-pd" */
    const char *driver; /* "pd.csi.storage.gke.io" */
    bool counts;        /* NodeVolumeLimits counts its volumes as the driver's */
};
/* By the member of a volume, or by its name; NULL when it is none of them. */
const struct migrated_plugin *migrated_plugin_of_source(const char *source);
const struct migrated_plugin *migrated_plugin_named(const char *name);
/* What a volume's source (persistent or of a pod) is to a CSI driver: all NULL when no driver
 * knows it. The texts carry references. */
struct csi_volume csi_volume_load(struct texts *texts, const struct value *volume);

/* --- questions ------------------------------------------------------------------------------- */

/* Is the volume bound, or bound beforehand, to this claim? volume.IsVolumeBoundToClaim. */
bool persistent_volume_is_for(const struct persistent_volume *volume,
                              const struct persistent_volume_claim *claim);
/* Has the volume the class, size and mode that the claim asks for? */
bool persistent_volume_fits(const struct persistent_volume *volume,
                            const struct persistent_volume_claim *claim);
/* And is it nobody's, with the access modes and labels that the claim asks for? */
bool persistent_volume_is_free_for(const struct persistent_volume *volume,
                                   const struct persistent_volume_claim *claim);
/* May the volume be used on a node with these labels? volume.CheckNodeAffinity. */
bool persistent_volume_reaches(const struct persistent_volume *volume, const struct labels *node);
/* What becomes of a volume whose claim is gone: spec.persistentVolumeReclaimPolicy. */
enum reclaim_policy { RECLAIM_RETAIN, RECLAIM_DELETE, RECLAIM_RECYCLE };
enum reclaim_policy persistent_volume_policy(const struct persistent_volume *volume);
/* May it be attached to one node only? util.IsMultiAttachAllowed says the opposite. */
bool persistent_volume_is_exclusive(const struct persistent_volume *volume);
/* As a node's status names it: "kubernetes.io/csi/DRIVER^HANDLE"; one reference. NULL when no driver
 * knows it. */
const struct text *csi_volume_unique_name(struct texts *texts, const struct csi_volume *csi);
/* It names a volume, and the binding is complete on both sides. */
bool claim_is_bound(const struct persistent_volume_claim *claim);
/* The node on which it is to be provisioned; NULL: none was selected. */
const char *claim_selected_node(const struct persistent_volume_claim *claim);
bool storage_class_is_default(const struct storage_class *class);
/* Which plugins have moved to a CSI driver on the node: "kubernetes.io/gce-pd,..."; "" for none. */
const char *csi_node_migrated(const struct csi_node *node);
/* The labels of the node by which a driver's volumes reach it: a list, borrowed; NULL: none. `node` may
 * be NULL. */
const struct value *csi_node_topology_keys(const struct csi_node *node, const struct text *driver);
/* Has this one? `node` may be NULL. */
bool csi_node_has_migrated(const struct csi_node *node, const char *in_tree);

/* --- making volumes ---------------------------------------------------------------------- */

/* Who makes the volumes of a class: its provisioner, or the CSI driver to which that plugin has moved.
 * A class that nobody wrote (NULL) has one that nobody named. */
const char *storage_class_provisioner(const struct storage_class *class);
/* A new volume as the class's provisioner makes it for a claim: of the size it asks for, bound to
 * it, and to be reached from nodes with the labels of `topology` (a map; NULL: from all) only. `class`
 * NULL: one that nobody wrote. One reference. */
struct codec;
struct object *persistent_volume_provision(const struct codec *codec, const char *name,
                                           const struct persistent_volume_claim *claim,
                                           const struct storage_class *class,
                                           const struct value *topology);

/* A topology of one zone; NULL for none. A new reference. */
struct value *volume_topology_of_zone(const char *zone);

/* --- attaching volumes --------------------------------------------------------------------- */

/* The VolumeAttachment of a volume of a driver and a node: its name, and a new one that is not attached
 * yet; one reference each. */
const struct text *volume_attachment_name(struct texts *texts, const struct csi_volume *csi,
                                          const struct text *node);
struct object *volume_attachment_new(const struct codec *codec,
                                     const struct persistent_volume *volume,
                                     const struct text *node);
/* Set the status of an unshared record. `error`: why it is not attached; NULL: nothing went wrong. */
void volume_attachment_set(struct volume_attachment *attachment, const struct codec *codec,
                           bool attached, const char *error, sim_time now);

/* --- changes of unshared records, their documents included ----------------------------------- */

/* Bind the volume to the claim, as volume.GetBindVolumeToClaim prepares it. */
void persistent_volume_set_claim(struct persistent_volume *volume, struct texts *texts,
                                 const struct persistent_volume_claim *claim);
void persistent_volume_set_phase(struct persistent_volume *volume, enum volume_phase phase);
/* The claim is bound to the volume for good, and says so. */
void claim_set_volume(struct persistent_volume_claim *claim, struct texts *texts,
                      const struct persistent_volume *volume);
/* The volume is nobody's any more. */
void persistent_volume_clear_claim(struct persistent_volume *volume, struct texts *texts);
void claim_set_phase(struct persistent_volume_claim *claim, enum claim_phase phase);
/* Who is to make its volume: the annotations of setClaimProvisioner. */
void claim_set_provisioner(struct persistent_volume_claim *claim, struct texts *texts,
                           const char *provisioner);
/* That provisioner; NULL: nobody was asked yet. */
const char *claim_provisioner(const struct persistent_volume_claim *claim);
/* A claim that named no class is of this one. */
void claim_set_class(struct persistent_volume_claim *claim, const struct meta *class);
/* Annotate the node on which it is to be provisioned; NULL takes that back. */
void claim_select_node(struct persistent_volume_claim *claim, struct texts *texts,
                       const struct text *node);

#endif
