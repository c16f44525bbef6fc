/* MessagePack as documents.
 *
 * What JSON cannot say is written as text: a key that is a number is its digits, a key that is a list is
 * that list as JSON, bytes that are no UTF-8 have U+FFFD. */
#ifndef TOOLS_CONVERT_MSGPACK_H
#define TOOLS_CONVERT_MSGPACK_H

#include "sim/base/error.h"
#include "sim/base/value.h"

enum { MSGPACK_DEPTH = 30 }; /* deeper nesting is a fault: the library goes no further */

/* Read one document that fills the whole input. NULL with the error, which names the byte, when it is
 * none. O(length). */
struct value *msgpack_document(const char *bytes, size_t length, const char *name,
                               struct error *error);

#endif
