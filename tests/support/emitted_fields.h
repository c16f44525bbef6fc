/* Which fields of an object its row has. */
#ifndef TESTS_SUPPORT_EMITTED_FIELDS_H
#define TESTS_SUPPORT_EMITTED_FIELDS_H

#include "tests/support/emitted.h"

/* kind, name and the recorded fields of an object's document; a new map. */
struct value *emitted_fields(const struct emitted *emitted, const struct value *document);

/* type, reason, object, message, count and source of an Event's document; a new map. */
struct value *emitted_event_fields(const struct value *document);

#endif
