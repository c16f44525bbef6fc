#include "models/cluster/image_shape.h"

/* models/api/image.c reads these. */
static const struct shape_field spec_fields[] = {
    SHAPE_FIELD("sizeBytes", SHAPE_COUNT,
                "bytes to pull; of images that do not say so the timing model imageSize does",
                .most = 1e15),
    SHAPE_FIELD("memory", SHAPE_QUANTITY, "what a container uses from its start"),
    SHAPE_FIELD("memoryPerHour", SHAPE_QUANTITY, "and by how much that grows in an hour: a leak"),
    SHAPE_FIELD("ready", SHAPE_DISTRIBUTION,
                "from the start of a container until its probes would succeed; the timing model "
                "containerReady if absent"),
    SHAPE_FIELD("runTime", SHAPE_DISTRIBUTION,
                "from the start of a container until it exits by itself; for ever if absent"),
    SHAPE_FIELD("exitCode", SHAPE_COUNT, "with which it then exits", .most = 255, .standard = "0"),
    SHAPE_FIELD("startProbability", SHAPE_NUMBER,
                "that a start succeeds; one that fails exits at once with code 1", .most = 1,
                .standard = "1"),
    SHAPE_FIELD("neverReady", SHAPE_BOOL, "its probes never succeed", .standard = "false"),
    SHAPE_FIELD("pullFails", SHAPE_BOOL, "it cannot be pulled", .standard = "false"),
    SHAPE_END,
};
const struct shape image_spec_shape = { .name = "ImageSpec", .fields = spec_fields };

static const struct shape_field name_fields[] = {
    SHAPE_FIELD("name", SHAPE_TEXT, "the image, as containers name it", .form = SHAPE_REQUIRED),
    SHAPE_END,
};
static const struct shape name_shape = { .name = "Name", .fields = name_fields };
const struct shape image_entry_shape = { .name = "ImageEntry",
                                         .fields = name_fields,
                                         .also = &image_spec_shape };

static const struct shape_field metadata_fields[] = {
    SHAPE_FIELD("labels", SHAPE_TEXT_MAP, "labels of the object"),
    SHAPE_FIELD("annotations", SHAPE_TEXT_MAP, "annotations of the object"),
    SHAPE_END,
};
static const struct shape metadata_shape = { .name = "ImageMetadata",
                                             .fields = metadata_fields,
                                             .also = &name_shape };

static const struct shape_field image_fields[] = {
    SHAPE_FIELD("apiVersion", SHAPE_TEXT, "seatrial.dev/v1alpha1", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("kind", SHAPE_TEXT, "Image", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("metadata", SHAPE_STRUCT, "the name of the image", .form = SHAPE_REQUIRED,
                .of = &metadata_shape),
    SHAPE_FIELD("spec", SHAPE_STRUCT, "what its containers do", .of = &image_spec_shape),
    SHAPE_END,
};
const struct shape image_shape = { .name = "Image", .fields = image_fields };
