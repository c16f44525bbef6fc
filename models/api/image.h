/* What the containers of an image do: a kind of our own (seatrial.dev/v1alpha1 Image).
 *
 * An Image has the image reference of the containers as its name. A release that goes wrong is
 * a failure that writes such an Image. The kubelet looks it up when a container starts; for an
 * image nobody described it goes by the settings. */
#ifndef MODELS_API_IMAGE_H
#define MODELS_API_IMAGE_H

#include "models/api/meta.h"
#include "sim/chance/distribution.h"

struct image {
    struct meta meta;
    int64_t size_bytes;            /* -1: as the scenario's image sizes are */
    int64_t memory;                /* bytes that a process uses from its start, */
    int64_t memory_per_hour;       /* and by how many that grows in an hour; 0, 0: nobody asks */
    struct distribution *ready;    /* process start until ready; NULL: the timing model's */
    struct distribution *run_time; /* until the process exits; NULL: for ever */
    int32_t exit_code;             /* with which it then exits */
    double start_probability;      /* a start that fails exits at once with exit code 1 */
    bool never_ready, pull_fails;
};

extern const struct object_kind image_kind;

static inline const struct image *image_of(const struct object *object)
{
    return (const struct image *)object;
}

#endif
