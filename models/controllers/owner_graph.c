/* Edges in two tables: by owner, to find what depends on it; by dependent, to take its own away. */
#include "models/controllers/owner_graph.h"

#include <assert.h>

#include "models/api/kinds.h"

void owner_graph_init(struct owner_graph *graph)
{
    graph->newest = NULL;
    table_init(&graph->owners);
    table_init(&graph->dependents);
    pool_init(&graph->nodes, sizeof(struct owner_node));
    pool_init(&graph->edges, sizeof(struct owner_edge));
}

static bool same_uid(struct uid a, struct uid b)
{
    return a.low == b.low && a.high == b.high;
}

struct object_key owner_key(const struct meta *dependent, const struct owner *owner)
{
    const enum kind kind = kind_find(text_s(owner->api_version), text_s(owner->kind));
    const struct text *space = kind_infos[kind].namespaced ? dependent->object.space : NULL;
    return (struct object_key){ (uint16_t)kind, space, owner->name };
}

static struct owner_node *find(const struct owner_graph *graph, struct uid uid)
{
    for (struct table_node *node = table_first(&graph->owners, uid.low); node != NULL;
         node = table_again(node))
        if (same_uid(((struct owner_node *)node)->uid, uid))
            return (struct owner_node *)node;
    return NULL;
}

const struct owner_node *owner_graph_find(const struct owner_graph *graph, struct uid owner)
{
    return find(graph, owner);
}

static struct owner_node *find_or_add(struct owner_graph *graph, const struct meta *dependent,
                                      const struct owner *owner)
{
    struct owner_node *node = find(graph, owner->uid);
    if (node != NULL)
        return node;
    node = pool_take(&graph->nodes);
    node->uid = owner->uid;
    node->key = object_key_hold(owner_key(dependent, owner));
    node->older = graph->newest;
    if (node->older != NULL)
        node->older->newer = node;
    graph->newest = node;
    table_add(&graph->owners, &node->node, owner->uid.low);
    return node;
}

static void drop_node(struct owner_graph *graph, struct owner_node *node)
{
    assert(node->first == NULL);
    *(node->newer != NULL ? &node->newer->older : &graph->newest) = node->older;
    if (node->older != NULL)
        node->older->newer = node->newer;
    object_key_drop(node->key);
    table_remove(&graph->owners, &node->node);
    pool_give(&graph->nodes, node);
}

static void add_edge(struct owner_graph *graph, const struct meta *dependent,
                     const struct owner *owner)
{
    struct owner_edge *edge = pool_take(&graph->edges);
    edge->owner = find_or_add(graph, dependent, owner);
    edge->dependent = object_key_hold(object_key(&dependent->object));
    edge->uid = dependent->uid;
    edge->blocks = owner->block_owner_deletion;
    edge->previous = edge->owner->last;
    *(edge->previous != NULL ? &edge->previous->next : &edge->owner->first) = edge;
    edge->owner->last = edge;
    table_add(&graph->dependents, &edge->node, dependent->uid.low);
}

static void drop_edge(struct owner_graph *graph, struct owner_edge *edge)
{
    struct owner_node *owner = edge->owner;
    *(edge->previous != NULL ? &edge->previous->next : &owner->first) = edge->next;
    *(edge->next != NULL ? &edge->next->previous : &owner->last) = edge->previous;
    object_key_drop(edge->dependent);
    table_remove(&graph->dependents, &edge->node);
    pool_give(&graph->edges, edge);
    if (owner->first == NULL)
        drop_node(graph, owner);
}

static struct owner_edge *edge_of(const struct owner_graph *graph, struct uid dependent)
{
    for (struct table_node *node = table_first(&graph->dependents, dependent.low); node != NULL;
         node = table_again(node))
        if (same_uid(((struct owner_edge *)node)->uid, dependent))
            return (struct owner_edge *)node;
    return NULL;
}

void owner_graph_update(struct owner_graph *graph, const struct meta *before,
                        const struct meta *after)
{
    const struct owners *was = before != NULL ? before->owners : NULL;
    const struct owners *is = after != NULL ? after->owners : NULL;
    if (was == is)
        return;
    for (uint32_t i = 0; was != NULL && i < was->count; i++)
        drop_edge(graph, edge_of(graph, before->uid));
    for (uint32_t i = 0; is != NULL && i < is->count; i++)
        add_edge(graph, after, &is->items[i]);
}

void owner_graph_close(struct owner_graph *graph)
{
    /* The last edge of a node takes the node with it. */
    while (graph->newest != NULL)
        drop_edge(graph, graph->newest->first);
    table_close(&graph->owners);
    table_close(&graph->dependents);
    pool_close(&graph->nodes);
    pool_close(&graph->edges);
}
