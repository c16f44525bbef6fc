/* What is wrong with a field, in the words of the API server's 422.
 *
 * Follows apimachinery pkg/util/validation/field/errors.go of the release named in docs/fidelity.md.
 * A list keeps the order in which faults were found: that is the order of Status.details.causes. */
#ifndef MODELS_API_FIELD_ERROR_H
#define MODELS_API_FIELD_ERROR_H

#include "models/api/field_path.h"
#include "sim/base/error.h"
#include "sim/base/value.h"
#include "sim/base/zone.h"

enum field_reason {
    FIELD_INVALID,
    FIELD_REQUIRED,
    FIELD_NOT_SUPPORTED,
    FIELD_DUPLICATE,
    FIELD_FORBIDDEN,
    FIELD_NOT_FOUND,
    FIELD_TYPE_INVALID,
    FIELD_TOO_LONG,
    FIELD_TOO_MANY
};

struct field_error {
    char *path; /* owned: spec.containers[0].name */
    enum field_reason reason;
    char *text;      /* owned: Invalid value: "x": must be ... */
    struct place at; /* in the user's text; line 0 when the field is absent */
};

struct field_errors {
    struct field_error *items; /* owned */
    size_t count, capacity;
    zone_reader *zones; /* what checks ask for time zones; NULL: there are all */
};

/* "FieldValueInvalid", as in Status.details.causes[].reason. */
const char *field_reason_name(enum field_reason reason);

/* Release every error; the list is empty and usable afterwards. */
void field_errors_close(struct field_errors *errors);

/* Deployment.apps "x" is invalid: spec.replicas: Invalid value: ... ; several in [a, b]. `kind`
 * is the kind with its group behind a dot; the core group adds nothing. The caller frees it. */
char *field_errors_message(const struct field_errors *errors, const char *kind, const char *name);

/* ── finding faults ── */

/* Append one fault. `bad` is the value that stands there, printed as the API server prints
 * it and giving the place; NULL prints "" for `invalid` and `duplicate`. The rest is the detail, as
 * by printf; `required` takes "" for no detail. */
void field_invalid(struct field_errors *errors, const struct field_path *path,
                   const struct value *bad, const char *detail, ...)
    __attribute__((format(printf, 4, 5)));
/* The same with the value already printed: quoted texts, structs in Go's words. */
void field_invalid_printed(struct field_errors *errors, const struct field_path *path,
                           const struct value *bad, const char *printed, const char *detail, ...)
    __attribute__((format(printf, 5, 6)));
void field_required(struct field_errors *errors, const struct field_path *path,
                    const struct value *near, const char *detail, ...)
    __attribute__((format(printf, 4, 5)));
void field_forbidden(struct field_errors *errors, const struct field_path *path,
                     const struct value *bad, const char *detail, ...)
    __attribute__((format(printf, 4, 5)));
void field_duplicate(struct field_errors *errors, const struct field_path *path,
                     const struct value *bad, const char *printed); /* printed NULL: from bad */
void field_not_found(struct field_errors *errors, const struct field_path *path,
                     const struct value *bad, const char *detail); /* detail may be NULL */
void field_too_long(struct field_errors *errors, const struct field_path *path,
                    const struct value *bad, int max_bytes);
void field_too_many(struct field_errors *errors, const struct field_path *path,
                    const struct value *bad, size_t actual, size_t max_items);
/* `supported` ends with NULL and is told in its order. `printed` NULL: from bad. */
void field_unsupported(struct field_errors *errors, const struct field_path *path,
                       const struct value *bad, const char *printed, const char *const *supported);

/* A text in quotes as Go's %q prints it; the caller frees it. NULL prints as "". */
char *field_quote(const char *text);

#endif
