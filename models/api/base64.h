/* Base64 with padding, as encoding/base64's StdEncoding. */
#ifndef MODELS_API_BASE64_H
#define MODELS_API_BASE64_H

#include <stddef.h>

/* The caller frees. */
char *base64_encode(const char *bytes, size_t length);
/* The bytes of a text that has passed the schema check (line ends are skipped), with a NUL behind
 * them; the caller frees. */
char *base64_decode(const char *text, size_t *length);

#endif
