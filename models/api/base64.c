#include "models/api/base64.h"

#include <string.h>

#include "sim/base/memory.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(const char *bytes, size_t length)
{
    char *text = mem_new((length + 2) / 3 * 4 + 1), *out = text;
    for (size_t i = 0; i < length; i += 3) {
        const size_t count = length - i < 3 ? length - i : 3;
        unsigned group = 0;
        for (size_t k = 0; k < 3; k++)
            group = group << 8 | (k < count ? (unsigned char)bytes[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            *out++ = k <= count ? digits[group >> (18 - 6 * k) & 63] : '=';
    }
    return text;
}

char *base64_decode(const char *text, size_t *length)
{
    char *bytes = mem_new(strlen(text) / 4 * 3 + 4);
    unsigned group = 0;
    int bits = 0;
    *length = 0;
    for (; *text != '\0' && *text != '='; text++) {
        const char *digit = strchr(digits, *text);
        if (digit == NULL)
            continue;
        group = group << 6 | (unsigned)(digit - digits);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes[(*length)++] = (char)(group >> bits & 255);
        }
    }
    return bytes;
}
