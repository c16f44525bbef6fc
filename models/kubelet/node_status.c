/* What a kubelet says of its node: when it comes online, and when its images or its memory have
 * changed.
 *
 * Follows pkg/kubelet/nodestatus/setters.go and kubelet_node_status.go of the release named in
 * docs/fidelity.md. What the Node says already (capacity, labels, taints) stays. */
#include "models/cluster/csi_drivers.h"
#include "models/kubelet/kubelet_private.h"

struct state {
    const char *type, *reason, *message;
    enum condition_status status;
};

static const struct state healthy[] = {
    { "MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available",
      CONDITION_FALSE },
    { "DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure", CONDITION_FALSE },
    { "PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available",
      CONDITION_FALSE },
    { "Ready", "KubeletReady", "kubelet is posting ready status", CONDITION_TRUE },
};
static const struct state memory_is_low = { "MemoryPressure", "KubeletHasInsufficientMemory",
                                            "kubelet has insufficient memory available",
                                            CONDITION_TRUE };

struct saying {
    struct kubelet_node *node;
    struct node_images *images; /* taken over when they are written */
    sim_time now;
};

static void set_condition(struct node *node, const struct state *state, const struct saying *saying)
{
    struct texts *texts = saying->node->kubelet->cluster->run->texts;
    const struct condition *before = conditions_find(node->conditions, state->type);
    const bool same = before != NULL && before->status == state->status;
    const struct conditions *with = conditions_with(
        node->conditions, (struct condition){ .type = text_intern(texts, state->type),
                                              .status = state->status,
                                              .reason = text_intern(texts, state->reason),
                                              .message = text_intern(texts, state->message),
                                              .transition = same ? before->transition : saying->now,
                                              .update = saying->now });
    conditions_drop(node->conditions);
    node->conditions = with;
}

static const struct state *memory_state(const struct kubelet_node *node)
{
    return node->memory.pressure ? &memory_is_low : &healthy[0];
}

static void set_conditions(struct node *node, const struct saying *saying)
{
    set_condition(node, memory_state(saying->node), saying);
    for (size_t i = 1; i < sizeof healthy / sizeof *healthy; i++)
        set_condition(node, &healthy[i], saying);
}

static void set_label(struct node *node, struct texts *texts, const char *key, const char *value)
{
    if (labels_get(node->meta.labels, key) != NULL)
        return;
    const struct labels *with = labels_with(texts, node->meta.labels, key, value);
    labels_drop(node->meta.labels);
    node->meta.labels = with;
}

/* The attach/detach controller attaches to the nodes whose kubelets leave that to it: all of them. */
static void set_attaching(struct node *node, struct texts *texts)
{
    const struct labels *old = node->meta.annotations;
    node->meta.annotations =
        labels_with(texts, old, "volumes.kubernetes.io/controller-managed-attach-detach", "true");
    labels_drop(old);
}

static bool node_reports(struct object *object, void *context)
{
    const struct saying *saying = context;
    struct texts *texts = saying->node->kubelet->cluster->run->texts;
    struct node *node = (struct node *)object;
    set_conditions(node, saying);
    set_attaching(node, texts);
    set_label(node, texts, "kubernetes.io/hostname", name_of(node));
    set_label(node, texts, "kubernetes.io/os", "linux");
    set_label(node, texts, "kubernetes.io/arch", "amd64");
    return true;
}

/* What the node says of its CSI drivers, unless it has said so before. */
static void register_drivers(struct kubelet_node *node)
{
    const struct cluster *cluster = node->kubelet->cluster;
    const struct object_key key = { KIND_CSINODE, NULL, node->name };
    const struct object *object = client_get(&node->client, KIND_NODE, NULL, node->name);
    char uid[UID_TEXT];
    if (cluster->settings.csi_drivers == NULL || object == NULL ||
        client_read(&node->client, key) != NULL)
        return;
    struct value *tree = csi_node_document(cluster->settings.csi_drivers, text_s(node->name),
                                           uid_print(meta_of(object)->uid, uid));
    client_create(&node->client, kind_infos[KIND_CSINODE].load(&cluster->codec, tree), NULL, NULL);
    value_drop(tree);
}

void node_status_register(struct kubelet_node *node, sim_time now)
{
    if (left_to_stages(node->kubelet, KIND_NODE, node->name))
        return;
    register_drivers(node);
    struct saying saying = { .node = node, .now = now };
    const struct object_key key = { KIND_NODE, NULL, node->name };
    struct error error = { 0 };
    client_patch(&node->client, key, node_reports, &saying, &error);
    error_close(&error); /* gone: the kubelet goes with it */
}

/* --- what changes ---------------------------------------------------------------------------- */

/* Images that the Node has from the start. A digest names what a tag beside it names. */
void node_status_take_images(struct kubelet_node *node)
{
    const struct object *object = client_get(&node->client, KIND_NODE, NULL, node->name);
    const struct node_images *images = object ? node_of(object)->images : NULL;
    for (uint32_t i = 0; images != NULL && i < images->count; i++)
        for (size_t k = 0; k < images->items[i].name_count; k++)
            if (strchr(text_s(images->items[i].names[k]), '@') == NULL)
                image_cache_add(&node->images, images->items[i].names[k],
                                images->items[i].size_bytes);
}

static bool node_has_changed(struct object *object, void *context)
{
    const struct saying *saying = context;
    struct node *node = (struct node *)object;
    const struct state *memory = memory_state(saying->node);
    const struct condition *said = conditions_find(node->conditions, memory->type);
    if (said == NULL || said->status != memory->status)
        set_condition(node, memory, saying);
    node_images_drop((struct node_images *)node->images);
    node->images = saying->images;
    return true;
}

static void node_status_report(void *subject, sim_time now)
{
    struct kubelet_node *node = subject;
    const struct object_key key = { KIND_NODE, NULL, node->name };
    struct saying saying = { node, image_cache_report(&node->images, now), now };
    node->report_due = 0;
    client_begin(&node->client, node->cause);
    if (!node->online ||
        client_patch(&node->client, key, node_has_changed, &saying, NULL) != REPLY_OK)
        node_images_drop(saying.images);
}

void node_status_changed(struct kubelet_node *node, sim_time now)
{
    struct cluster *cluster = node->kubelet->cluster;
    const sim_time period = cluster->settings.node_status_update_frequency;
    const sim_time next = node->online_since + ((now - node->online_since) / period + 1) * period;
    if (node->report_due == 0)
        node->report_due = run_at(cluster->run, next, PRIORITY_WORLD, node_status_report, node);
}
