/* What an Image (seatrial.dev/v1alpha1) may say: its spec, which a scenario's `images` share. */
#ifndef MODELS_CLUSTER_IMAGE_SHAPE_H
#define MODELS_CLUSTER_IMAGE_SHAPE_H

#include "models/cluster/shape.h"

/* The fields of spec. */
extern const struct shape image_spec_shape;
/* The whole object. */
extern const struct shape image_shape;
/* An entry of `images`: the fields of spec with the image's name beside them. */
extern const struct shape image_entry_shape;

#endif
