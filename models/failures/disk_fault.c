/* The disk under nodes or pods gets slow, fails to read, or is lost.
 *
 * `latency` is how many times as long reading and writing take, `errors` the share of reads that
 * fail, `lost: true` a disk that cannot be read at all: mended, it is replaced and holds no images.
 * An entry that says nothing of it loses the disk. */
#include "models/failures/patients.h"

static void disk_fault_strike(struct blow *blow)
{
    const struct value *latency = value_get(blow->options, "latency"),
                       *errors = value_get(blow->options, "errors"),
                       *lost = value_get(blow->options, "lost");
    struct ailment ailment = ailment_none();
    ailment.disk.slowness = value_double(latency, 1);
    ailment.disk.errors = value_double(errors, 0);
    ailment.disk.lost = value_truth(lost, latency == NULL && errors == NULL);
    patients_add_all(blow, ailment);
}

static void disk_fault_check(const struct value *options, struct error_list *faults)
{
    const struct value *latency = value_get(options, "latency");
    selector_check(options, "pods", faults);
    if (latency != NULL && !(value_double(latency, 0) >= 1))
        error_list_add(faults, latency->at,
                       "latency: of a disk it is a factor of at least 1 (4: four times as long)");
}

const struct failure disk_fault = {
    .name = "disk-fault",
    .targets = TARGET_AS_SAID,
    .check = disk_fault_check,
    .strike = disk_fault_strike,
    .mend = patients_heal,
};
