/* IP addresses and CIDR ranges as texts: what they are, not what they are for.
 *
 * Accepts what k8s.io/utils/net ParseIPSloppy accepts: leading zeros count as decimal. */
#ifndef MODELS_API_VALIDATION_ADDRESS_H
#define MODELS_API_VALIDATION_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

struct address {
    uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
    bool is_v4;
};

bool address_parse(const char *text, struct address *address);
bool cidr_parse(const char *text, struct address *address);

bool address_is_unspecified(const struct address *address);
bool address_is_loopback(const struct address *address);
bool address_is_link_local(const struct address *address);
bool address_is_link_local_multicast(const struct address *address);

#endif
