/* Writes of Machines, which are made when a failure first needs them. */
#include "models/failures/machines.h"

#include <stdlib.h>

#include "models/api/machine.h"
#include "sim/base/memory.h"

void machine_holds_close(struct machine_holds *holds)
{
    for (size_t i = 0; i < holds->count; i++)
        object_key_drop(holds->items[i].machine);
    free(holds->items);
    *holds = (struct machine_holds){ 0 };
}

static struct machine_hold *hold_of(struct machine_holds *holds, struct object_key machine)
{
    for (size_t i = 0; i < holds->count; i++)
        if (object_key_equal(holds->items[i].machine, machine))
            return &holds->items[i];
    MEM_GROW(holds->items, holds->count, holds->capacity);
    holds->items[holds->count] = (struct machine_hold){ .machine = object_key_hold(machine) };
    return &holds->items[holds->count++];
}

/* A machine's record, changed by `change`; a machine nobody has struck yet is made first. */
static void machine_write(struct blow *blow, struct object_key key, change_fn *change,
                          void *context)
{
    struct error error = { 0 };
    if (client_patch(blow->client, key, change, context, &error) == REPLY_NOT_FOUND) {
        struct machine *machine = (struct machine *)object_new(object_kinds, KIND_MACHINE);
        machine->meta.object.space = text_hold(key.space);
        machine->meta.object.name = text_hold(key.name);
        machine->powered = machine->connected = true;
        client_create(blow->client, &machine->meta.object, NULL, NULL);
        client_patch(blow->client, key, change, context, NULL);
    }
    error_close(&error);
}

static bool follow_hold(struct object *object, void *context)
{
    const struct machine_hold *hold = context;
    struct machine *machine = (struct machine *)object;
    machine->powered = hold->power == 0;
    machine->connected = hold->network == 0;
    return true;
}

static void change_hold(struct blow *blow, struct object_key machine, bool network, int by)
{
    struct machine_hold *hold = hold_of(failures_holds(blow->failures), machine);
    int *count = network ? &hold->network : &hold->power;
    const bool turns = *count == 0 || *count + by == 0;
    *count += by;
    if (turns)
        machine_write(blow, machine, follow_hold, hold);
}

void machine_take(struct blow *blow, struct object_key machine, bool network)
{
    change_hold(blow, machine, network, 1);
}

void machine_give(struct blow *blow, struct object_key machine, bool network)
{
    change_hold(blow, machine, network, -1);
}

struct object_key machine_of_clients(const struct cluster *cluster)
{
    return (struct object_key){ KIND_MACHINE, cluster_text(cluster, "kube-system"),
                                cluster_text(cluster, "clients") };
}

struct object_key machine_keep(struct blow *blow, struct object_key machine)
{
    return hold_of(failures_holds(blow->failures), machine)->machine;
}

static bool ail(struct object *object, void *context)
{
    struct machine *machine = (struct machine *)object;
    const struct ailments *before = machine->ailments;
    machine->ailments = ailments_with(before, context);
    ailments_drop(before);
    return true;
}

uint64_t machine_ail(struct blow *blow, struct object_key machine, struct ailment ailment)
{
    ailment.id = failures_number(blow->failures);
    ailment.cause = blow->client->cause;
    machine_write(blow, machine, ail, &ailment);
    return ailment.id;
}

static bool heal(struct object *object, void *context)
{
    const uint64_t *id = context;
    struct machine *machine = (struct machine *)object;
    const struct ailments *before = machine->ailments;
    machine->ailments = ailments_without(before, *id);
    ailments_drop(before);
    return true;
}

void machine_heal(struct blow *blow, struct object_key machine, uint64_t id)
{
    client_patch(blow->client, machine, heal, &id, NULL);
}

static bool suffer(struct object *object, void *context)
{
    const struct container_fault *fault = context;
    struct machine *machine = (struct machine *)object;
    const uint64_t sequence = machine->fault.sequence;
    machine->fault = *fault;
    machine->fault.sequence = sequence + 1;
    return true;
}

void machine_fail_container(struct blow *blow, const struct text *node, struct uid pod,
                            int container, int exit_code)
{
    struct container_fault fault = { .pod = pod, .container = container, .exit_code = exit_code };
    machine_write(blow, machine_of_node(node), suffer, &fault);
}

void machine_kill_container(struct blow *blow, const struct text *node, struct uid pod,
                            int container)
{
    struct container_fault fault = {
        .pod = pod, .container = container, .exit_code = 128 + 9, .killed = true
    };
    machine_write(blow, machine_of_node(node), suffer, &fault);
}
