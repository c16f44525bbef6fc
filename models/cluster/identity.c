/* Names and uids from keyed hashes. The suffix follows apiserver pkg/storage/names/generate.go
 * and apimachinery pkg/util/rand of the release named in docs/fidelity.md. */
#include "models/cluster/identity.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/table.h"
#include "sim/kernel/run.h"

enum { SUFFIX_LENGTH = 5, LONGEST_BASE = 63 - SUFFIX_LENGTH };

/* Letters and digits without vowels and look-alikes, so that no word appears. */
static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";

/* Every Job has a prefix of its own, and years have millions of Jobs: so many are remembered. One that
 * is met again after so many others draws from another stream than before. */
enum { MOST_PREFIXES = 1 << 16 };

/* A prefix and the stream its names are drawn from. */
struct prefix {
    struct table_node node;
    struct prefix *older, *newer; /* in the order of last use */
    struct object_key key;
    struct stream stream;
};

struct identities {
    struct run *run;
    const char *cluster;
    struct table prefixes;
    struct prefix *newest, *oldest;
    uint64_t forgotten;      /* prefixes so far */
    struct stream uids;      /* its key seeds the hashes of uids */
    uint64_t given;          /* uids so far */
    struct luck_holder luck; /* of the prefixes */
};

/* Uids keep theirs: they must differ, and say when they were made. */
static void prefixes_reseeded(void *subject, uint64_t salt)
{
    struct identities *identities = subject;
    for (struct prefix *prefix = identities->oldest; prefix != NULL; prefix = prefix->newer)
        prefix->stream = stream_branch(prefix->stream, salt);
}

struct identities *identities_new(struct run *run, const char *cluster)
{
    struct identities *identities = mem_new(sizeof *identities);
    identities->run = run;
    identities->cluster = cluster;
    identities->uids = run_stream(run, cluster, "objects", "uid", 0);
    table_init(&identities->prefixes);
    identities->luck = (struct luck_holder){ .reseeded = prefixes_reseeded, .subject = identities };
    luck_hold(run, &identities->luck);
    return identities;
}

static void unlink_prefix(struct identities *identities, struct prefix *prefix)
{
    *(prefix->older != NULL ? &prefix->older->newer : &identities->oldest) = prefix->newer;
    *(prefix->newer != NULL ? &prefix->newer->older : &identities->newest) = prefix->older;
}

static void link_newest(struct identities *identities, struct prefix *prefix)
{
    prefix->newer = NULL;
    prefix->older = identities->newest;
    *(prefix->older != NULL ? &prefix->older->newer : &identities->oldest) = prefix;
    identities->newest = prefix;
}

static void prefix_forget(struct identities *identities, struct prefix *prefix)
{
    unlink_prefix(identities, prefix);
    table_remove(&identities->prefixes, &prefix->node);
    object_key_drop(prefix->key);
    free(prefix);
}

void identities_free(struct identities *identities)
{
    if (identities == NULL)
        return;
    luck_leave(&identities->luck);
    while (identities->oldest != NULL)
        prefix_forget(identities, identities->oldest);
    table_close(&identities->prefixes);
    free(identities);
}

static struct prefix *prefix_new(struct identities *identities, struct object_key key,
                                 uint64_t hash)
{
    if (identities->prefixes.count == MOST_PREFIXES) {
        prefix_forget(identities, identities->oldest);
        identities->forgotten++;
    }
    struct prefix *prefix = mem_new(sizeof *prefix);
    prefix->key = object_key_hold(key);
    char *entity = mem_format("%d/%s/%s", key.kind, text_s(key.space), text_s(key.name));
    prefix->stream =
        run_stream(identities->run, identities->cluster, entity, "name", identities->forgotten);
    free(entity);
    link_newest(identities, prefix);
    table_add(&identities->prefixes, &prefix->node, hash);
    return prefix;
}

static struct prefix *prefix_find(struct identities *identities, const struct meta *object)
{
    const struct object_key key = { object->object.kind, object->object.space,
                                    object->generate_name };
    const uint64_t hash = object_key_hash(key);
    for (struct table_node *node = table_first(&identities->prefixes, hash); node != NULL;
         node = table_again(node))
        if (object_key_equal(((struct prefix *)node)->key, key)) {
            unlink_prefix(identities, (struct prefix *)node);
            link_newest(identities, (struct prefix *)node);
            return (struct prefix *)node;
        }
    return prefix_new(identities, key, hash);
}

const struct text *identity_name(struct identities *identities, const struct meta *object)
{
    struct prefix *prefix = prefix_find(identities, object);
    const struct text *base = object->generate_name;
    size_t length = base->length < LONGEST_BASE ? base->length : LONGEST_BASE;
    char name[LONGEST_BASE + SUFFIX_LENGTH];
    memcpy(name, base->s, length);
    for (int i = 0; i < SUFFIX_LENGTH; i++)
        name[length++] = letters[stream_below(&prefix->stream, sizeof letters - 1)];
    return text_intern_length(identities->run->texts, name, length);
}

/* A bijection of 64-bit words (the finaliser of splitmix64): different words stay different. */
static uint64_t scramble(uint64_t word)
{
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9u;
    word = (word ^ word >> 27) * 0x94D049BB133111EBu;
    return word ^ word >> 31;
}

/* The high half comes from what the object is and when it is made, so that ties broken by uid
 * do not depend on other objects; the low half from a counter, so that no two are equal. The
 * bits that make it a version 4 UUID are set in both. */
struct uid identity_uid(struct identities *identities, const struct meta *object, sim_time at)
{
    const uint64_t what = object_key_hash(object_key(&object->object));
    const uint64_t high =
        scramble(what + scramble((uint64_t)at ^ identities->uids.key[0]) + 0x9E3779B97F4A7C15u);
    /* An odd factor permutes counts of 62 bits. */
    const uint64_t low = ++identities->given * 0x9E3779B97F4A7C15u + identities->uids.key[1];
    return (struct uid){ (high & ~UINT64_C(0xF000)) | 0x4000,
                         (low & (UINT64_MAX >> 2)) | UINT64_C(1) << 63 };
}
