#include "models/api/validation/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool parse_octet(const char **text, uint8_t *octet)
{
    int value = 0;
    const char *start = *text;
    while (isdigit((unsigned char)**text) && value <= 255)
        value = value * 10 + *(*text)++ - '0';
    *octet = (uint8_t)value;
    return *text > start && value <= 255;
}

static bool parse_v4(const char *text, uint8_t octets[4])
{
    for (int i = 0; i < 4; i++)
        if (!parse_octet(&text, &octets[i]) || *text++ != (i < 3 ? '.' : '\0'))
            return false;
    return true;
}

static bool has_v4_prefix(const uint8_t bytes[16])
{
    static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
    return memcmp(bytes, prefix, sizeof prefix) == 0;
}

bool address_parse(const char *text, struct address *address)
{
    memset(address, 0, sizeof *address);
    if (strchr(text, ':') != NULL) {
        if (inet_pton(AF_INET6, text, address->bytes) != 1)
            return false;
        address->is_v4 = has_v4_prefix(address->bytes);
        return true;
    }
    address->bytes[10] = address->bytes[11] = 0xff;
    address->is_v4 = true;
    return parse_v4(text, address->bytes + 12);
}

bool cidr_parse(const char *text, struct address *address)
{
    char head[64];
    const char *slash = strchr(text, '/');
    if (slash == NULL || (size_t)(slash - text) >= sizeof head)
        return false;
    memcpy(head, text, (size_t)(slash - text));
    head[slash - text] = '\0';
    char *end;
    long bits = isdigit((unsigned char)slash[1]) ? strtol(slash + 1, &end, 10) : -1;
    if (bits < 0 || *end != '\0' || !address_parse(head, address))
        return false;
    return bits <= (strchr(head, ':') == NULL ? 32 : 128);
}

bool address_is_unspecified(const struct address *address)
{
    static const uint8_t zero[16];
    if (address->is_v4)
        return memcmp(address->bytes + 12, zero, 4) == 0;
    return memcmp(address->bytes, zero, sizeof zero) == 0;
}

bool address_is_loopback(const struct address *address)
{
    static const uint8_t one[16] = { [15] = 1 };
    return address->is_v4 ? address->bytes[12] == 127
                          : memcmp(address->bytes, one, sizeof one) == 0;
}

bool address_is_link_local(const struct address *address)
{
    const uint8_t *b = address->bytes;
    return address->is_v4 ? b[12] == 169 && b[13] == 254 : b[0] == 0xfe && (b[1] & 0xc0) == 0x80;
}

bool address_is_link_local_multicast(const struct address *address)
{
    const uint8_t *b = address->bytes;
    return address->is_v4 ? b[12] == 224 && b[13] == 0 && b[14] == 0
                          : b[0] == 0xff && (b[1] & 0x0f) == 0x02;
}
