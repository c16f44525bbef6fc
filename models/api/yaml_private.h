/* What the parts of the YAML reader say to each other without knowing libyaml. */
#ifndef MODELS_API_YAML_PRIVATE_H
#define MODELS_API_YAML_PRIVATE_H

#include <stdint.h>

#include "models/api/yaml.h"
#include "sim/base/writer.h"

/* A scalar as it stands in the text. */
struct yaml_scalar {
    const char *text;
    size_t length;
    const char *tag; /* in full, "tag:yaml.org,2002:int"; NULL when there is none */
    bool plain;      /* not quoted and without a tag */
};

/* A number: a whole one as sign and magnitude, any other as a double. */
struct yaml_number {
    bool is_whole, negative;
    bool is_unsigned; /* whole, and beyond 2^63 - 1 */
    uint64_t magnitude;
    double real;
};

/* False when the text is none: 12, 0x1F, 0b11, 017, 1_000, 1.5e3, .5 */
bool yaml_number_read(const char *text, struct yaml_number *number);

/* As JSON writes a finite one, and as the text of a key; the caller frees. */
char *yaml_number_text(const struct yaml_number *number);
char *yaml_number_key(const struct yaml_number *number);

/* The value that the Kubernetes reader makes of it; NULL with the error set at `at`. */
struct value *yaml_scalar_value(struct yaml_scalar scalar, struct place at, struct error *error);

/* The text of a scalar that stands as a key, as a new string; NULL with the error set. */
char *yaml_scalar_key(struct yaml_scalar scalar, struct place at, struct error *error);

/* Where libyaml's scanner stopped, and its words; NULL when it did not. */
struct yaml_stop {
    const char *problem;
    size_t at; /* bytes into the piece */
};

/* Write what the scanner stopped at in another way, in a copy that `patched` owns and the piece
 * then borrows. False when that is no help, or has been tried too often. */
bool yaml_patch(struct writer *patched, struct yaml_piece *piece, struct yaml_stop stopped,
                size_t tries);

/* The scalar as it was meant, in place. */
void yaml_patch_undo(char *text, size_t *length);

#endif
