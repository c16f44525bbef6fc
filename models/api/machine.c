/* The records of Machines and Leases. */
#include "models/api/machine.h"

#include <stdlib.h>

#include "models/api/kinds_private.h"

/* ---- Machines ---- */

static void machine_hold(struct object *copy)
{
    meta_hold((struct meta *)copy);
    ailments_hold(((struct machine *)copy)->ailments);
}

static void machine_close(struct object *object)
{
    meta_close((struct meta *)object);
    ailments_drop(((struct machine *)object)->ailments);
}

const struct object_kind machine_kind = {
    .name = "machine",
    .size = sizeof(struct machine),
    .hold = machine_hold,
    .close = machine_close,
};

struct object *machine_load(const struct codec *codec, const struct value *tree)
{
    struct machine *machine = (struct machine *)record_new(codec, KIND_MACHINE, tree);
    const struct value *spec = value_get(tree, "spec");
    const struct value *fault = value_get(spec, "containerFault");
    machine->powered = value_truth(value_get(spec, "powered"), true);
    machine->connected = value_truth(value_get(spec, "connected"), true);
    machine->fault.sequence = (uint64_t)value_int(value_get(fault, "sequence"), 0);
    machine->fault.container = (int32_t)value_int(value_get(fault, "container"), 0);
    machine->fault.exit_code = (int32_t)value_int(value_get(fault, "exitCode"), 0);
    machine->fault.killed = value_truth(value_get(fault, "killed"), false);
    uid_parse(value_text(value_get(fault, "pod"), ""), &machine->fault.pod);
    machine->ailments = ailments_load(codec, value_get(spec, "ailments"));
    document_cut_keys(
        &machine->meta.document, "spec",
        (const char *const[]){ "powered", "connected", "containerFault", "ailments", NULL });
    return &machine->meta.object;
}

struct value *machine_print(const struct codec *codec, const struct object *object)
{
    const struct machine *machine = (const struct machine *)object;
    struct value *tree = record_print_begin(codec, object);
    value_put(&tree, value_new_bool(machine->powered), "spec", "powered", NULL);
    value_put(&tree, value_new_bool(machine->connected), "spec", "connected", NULL);
    if (machine->ailments != NULL)
        value_put(&tree, ailments_print(machine->ailments), "spec", "ailments", NULL);
    if (machine->fault.sequence == 0)
        return tree;
    char uid[UID_TEXT];
    PUT_INT(&tree, (int64_t)machine->fault.sequence, "spec", "containerFault", "sequence");
    value_put(&tree, value_new_string(uid_print(machine->fault.pod, uid)), "spec", "containerFault",
              "pod", NULL);
    PUT_INT(&tree, machine->fault.container, "spec", "containerFault", "container");
    PUT_INT(&tree, machine->fault.exit_code, "spec", "containerFault", "exitCode");
    if (machine->fault.killed)
        value_put(&tree, value_new_bool(true), "spec", "containerFault", "killed", NULL);
    return tree;
}

/* ---- Leases ---- */

static void lease_hold(struct object *copy)
{
    struct lease *lease = (struct lease *)copy;
    meta_hold(&lease->meta);
    text_hold(lease->holder);
}

static void lease_close(struct object *object)
{
    struct lease *lease = (struct lease *)object;
    meta_close(&lease->meta);
    text_drop(lease->holder);
}

const struct object_kind lease_kind = {
    .name = "lease",
    .size = sizeof(struct lease),
    .hold = lease_hold,
    .close = lease_close,
};

sim_time lease_renew_time(const struct lease *lease, sim_time now)
{
    const sim_time until = now < lease->last ? now : lease->last;
    if (lease->period <= 0 || until <= lease->first)
        return lease->first;
    return until - (until - lease->first) % lease->period;
}

/* A document knows one renewal: the newest when it is printed, the only one when it is read. */
struct object *lease_load(const struct codec *codec, const struct value *tree)
{
    struct lease *lease = (struct lease *)record_new(codec, KIND_LEASE, tree);
    const struct value *spec = value_get(tree, "spec");
    lease->holder = intern_value(codec, value_get(spec, "holderIdentity"));
    lease->duration_seconds = value_int(value_get(spec, "leaseDurationSeconds"), 0);
    time_of_value(codec, value_get(spec, "renewTime"), &lease->first);
    lease->last = lease->first;
    document_cut_keys(
        &lease->meta.document, "spec",
        (const char *const[]){ "holderIdentity", "leaseDurationSeconds", "renewTime", NULL });
    return &lease->meta.object;
}

struct value *lease_print(const struct codec *codec, const struct object *object)
{
    const struct lease *lease = (const struct lease *)object;
    struct value *tree = record_print_begin(codec, object);
    PUT_TEXT(&tree, lease->holder, "spec", "holderIdentity");
    if (lease->duration_seconds > 0)
        PUT_INT(&tree, lease->duration_seconds, "spec", "leaseDurationSeconds");
    char text[TIME_TEXT];
    const sim_time now = codec->clock ? queue_now(codec->clock) : lease->first;
    time_print_micro(lease_renew_time(lease, now), codec->epoch_seconds, text);
    value_put(&tree, value_new_string(text), "spec", "renewTime", NULL);
    return record_print_end(tree);
}
