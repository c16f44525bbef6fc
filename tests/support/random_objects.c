/* Objects drawn at random, as documents; see random_objects.h. */
#include "tests/support/random_objects.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tests/support/rows.h"

static int below(struct stream *luck, int limit)
{
    return (int)stream_below(luck, (uint64_t)limit);
}

static bool happens(struct stream *luck, int percent)
{
    return below(luck, 100) < percent;
}

#define ONE_OF(luck, list) (list)[below(luck, (int)(sizeof(list) / sizeof *(list)))]

/* JSON is written with single quotes. */
static struct value *parse(struct writer *text)
{
    for (char *c = text->bytes; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    struct value *value = rows_parse(text->bytes);
    writer_close(text);
    return value;
}

static struct value *document(const char *format, ...)
{
    struct writer text = { 0 };
    char buffer[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(buffer, sizeof buffer, format, args);
    va_end(args);
    writer_add(&text, buffer);
    return parse(&text);
}

static const char *random_space(struct stream *luck)
{
    return happens(luck, 80) ? "default" : "team";
}

/* --- nodes ---------------------------------------------------------------------------------- */

struct value *random_node(struct stream *luck, size_t number)
{
    static const char *const taints[] = {
        "",
        "",
        "",
        "{'key':'soft','effect':'PreferNoSchedule'}",
        "{'key':'soft','effect':'PreferNoSchedule'},{'key':'softer','effect':'PreferNoSchedule'}",
        "{'key':'hard','effect':'NoSchedule'}",
    };
    static const char *const images[] = { "", "{'names':['a:1'],'sizeBytes':300000000}",
                                          "{'names':['b:latest'],'sizeBytes':900000000}" };
    struct writer text = { 0 };
    writer_format(&text, "{'metadata':{'name':'n%zu','labels':{'kubernetes.io/hostname':'n%zu'",
                  number, number);
    if (happens(luck, 90))
        writer_format(&text, ",'topology.kubernetes.io/zone':'z%d'", below(luck, RANDOM_ZONES));
    if (happens(luck, 50))
        writer_format(&text, ",'rack':'r%d'", below(luck, 8));
    writer_format(&text, ",'disk':'%s','rank':'%d'}},'spec':{'unschedulable':%s,'taints':[%s]},",
                  happens(luck, 50) ? "ssd" : "hdd", below(luck, 5),
                  happens(luck, 5) ? "true" : "false", ONE_OF(luck, taints));
    writer_format(&text,
                  "'status':{'images':[%s],'allocatable':{'cpu':'%d','memory':'%dGi','pods':'%d',"
                  "'ephemeral-storage':'20Gi','example.com/gpu':'%d'}}}",
                  ONE_OF(luck, images), 2 + below(luck, 7), 4 + below(luck, 13), 3 + below(luck, 8),
                  below(luck, 3));
    return parse(&text);
}

struct value *random_csi_node(struct stream *luck, size_t number)
{
    return document("{'metadata':{'name':'n%zu'},'spec':{'drivers':[{'name':'csi.example.com',"
                    "'nodeID':'n%zu','topologyKeys':[],'allocatable':{'count':%d}}]}}",
                    number, number, 1 + below(luck, 2));
}

/* --- what pods belong to and use -------------------------------------------------------------- */

struct value *random_namespace(struct stream *luck, size_t number)
{
    return document("{'metadata':{'name':'%s','labels':{'tier':'%s'}}}",
                    number == 0 ? "default" : "team", happens(luck, 50) ? "one" : "two");
}

struct value *random_service(struct stream *luck, size_t number)
{
    return document("{'metadata':{'name':'s%zu','namespace':'%s'},'spec':{'selector':{'app':"
                    "'app-%d'}}}",
                    number, random_space(luck), below(luck, RANDOM_APPS));
}

struct value *random_replicaset(struct stream *luck, size_t number)
{
    return document("{'metadata':{'name':'r%zu','namespace':'%s'},'spec':{'replicas':1,"
                    "'selector':{'matchLabels':{'version':'%d'}},'template':{'metadata':{'labels':"
                    "{'version':'1'}},'spec':{'containers':[{'name':'c','image':'a'}]}}}}",
                    number, random_space(luck), below(luck, 2));
}

struct value *random_budget(struct stream *luck, size_t number)
{
    return document("{'metadata':{'name':'b%zu','namespace':'%s'},'spec':{'selector':{"
                    "'matchLabels':{'app':'app-%d'}}},'status':{'disruptionsAllowed':%d}}",
                    number, random_space(luck), below(luck, RANDOM_APPS), below(luck, 3));
}

struct value *storage_class(const char *name, bool waits)
{
    return document("{'metadata':{'name':'%s'},'provisioner':'csi.example.com',"
                    "'volumeBindingMode':'%s'}",
                    name, waits ? "WaitForFirstConsumer" : "Immediate");
}

struct value *random_claim(struct stream *luck, size_t number)
{
    struct writer text = { 0 };
    const char *space = random_space(luck);
    const bool bound = happens(luck, 60);
    writer_format(&text,
                  "{'metadata':{'name':'c%zu','namespace':'%s','uid':'c%zu-%s'%s},'spec':{"
                  "'accessModes':['%s'],'storageClassName':'%s','resources':{'requests':{"
                  "'storage':'%dGi'}}",
                  number, space, number, space,
                  bound ? ",'annotations':{'pv.kubernetes.io/bind-completed':'yes'}" : "",
                  happens(luck, 30) ? "ReadWriteOncePod" : "ReadWriteOnce",
                  happens(luck, 70) ? "wait" : "now", 1 + below(luck, 4));
    if (bound)
        writer_format(&text, ",'volumeName':'v%zu'},'status':{'phase':'Bound'}}", number);
    else
        writer_add(&text, "}}");
    return parse(&text);
}

struct value *random_volume(struct stream *luck, size_t number)
{
    struct writer text = { 0 };
    writer_format(&text, "{'metadata':{'name':'v%zu'", number);
    if (happens(luck, 40))
        writer_format(&text, ",'labels':{'topology.kubernetes.io/zone':'z%d'}",
                      below(luck, RANDOM_ZONES));
    writer_format(&text,
                  "},'spec':{'capacity':{'storage':'%zuGi'},'accessModes':['ReadWriteOnce',"
                  "'ReadWriteOncePod'],'storageClassName':'wait','csi':{'driver':"
                  "'csi.example.com','volumeHandle':'v%zu'}",
                  4 + number, number);
    if (happens(luck, 60))
        writer_format(&text,
                      ",'nodeAffinity':{'required':{'nodeSelectorTerms':[{'matchExpressions':[{"
                      "'key':'topology.kubernetes.io/zone','operator':'In','values':['z%d','z%d']"
                      "}]}]}}",
                      below(luck, RANDOM_ZONES), below(luck, RANDOM_ZONES));
    writer_add(&text, "}}");
    return parse(&text);
}

/* --- templates -------------------------------------------------------------------------------- */

static const char *const keys[] = { "topology.kubernetes.io/zone", "topology.kubernetes.io/zone",
                                    "kubernetes.io/hostname", "kubernetes.io/hostname", "rack" };

static void write_container(struct stream *luck, struct writer *text)
{
    static const char *const cpus[] = { "", "'cpu':'250m',", "'cpu':'1',", "'cpu':'2500m'," };
    static const char *const images[] = { "a:1", "b", "c:1" };
    writer_format(text, "'containers':[{'name':'c','image':'%s'", ONE_OF(luck, images));
    if (happens(luck, 10))
        writer_format(text, ",'ports':[{'containerPort':80,'hostPort':%d,'protocol':'TCP'}]",
                      80 + below(luck, 2));
    writer_format(text, ",'resources':{'requests':{%s%s'memory':'%dMi'}}}]", ONE_OF(luck, cpus),
                  happens(luck, 10) ? "'example.com/gpu':'1'," : "", 100 + 700 * below(luck, 4));
}

static void write_priority(struct stream *luck, struct writer *text)
{
    static const int priorities[] = { 0, 0, 10, 100 };
    writer_format(text,
                  ",'schedulerName':'default-scheduler','priority':%d,'preemptionPolicy':'%s'",
                  ONE_OF(luck, priorities), happens(luck, 10) ? "Never" : "PreemptLowerPriority");
}

static void write_tolerations(struct stream *luck, struct writer *text)
{
    static const char *const tolerations[] = {
        "{'key':'soft','operator':'Exists','effect':'PreferNoSchedule'}",
        "{'key':'hard','operator':'Exists'}",
        "{'operator':'Exists'}",
    };
    if (happens(luck, 40))
        writer_format(text, ",'tolerations':[%s]", ONE_OF(luck, tolerations));
}

/* One row of a term: of a label, or of the node's name. */
static void write_node_affinity(struct stream *luck, struct writer *text)
{
    static const char *const required[] = {
        "{'matchExpressions':[{'key':'disk','operator':'In','values':['ssd']}]}",
        "{'matchExpressions':[{'key':'rank','operator':'Gt','values':['1']}]}",
        "{'matchExpressions':[{'key':'rack','operator':'DoesNotExist'}]},{'matchExpressions':[{"
        "'key':'rank','operator':'Exists'},{'key':'disk','operator':'NotIn','values':['ssd']}]}",
        "{'matchFields':[{'key':'metadata.name','operator':'In','values':['n1']}]},{'matchFields':"
        "[{'key':'metadata.name','operator':'In','values':['n3']}]},{'matchFields':[{'key':"
        "'metadata.name','operator':'In','values':['n99']}]}",
    };
    writer_add(text, "'nodeAffinity':{");
    const bool needs = happens(luck, 50);
    if (needs)
        writer_format(text,
                      "'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':[%s]}",
                      ONE_OF(luck, required));
    if (!needs || happens(luck, 50))
        writer_format(text,
                      "%s'preferredDuringSchedulingIgnoredDuringExecution':[{'weight':%d,"
                      "'preference':{'matchExpressions':[{'key':'disk','operator':'In','values':["
                      "'ssd']}]}},{'weight':3,'preference':{'matchExpressions':[{'key':'rank',"
                      "'operator':'Lt','values':['3']}]}}]",
                      needs ? "," : "", 1 + below(luck, 90));
    writer_add(text, "}");
}

static void write_selector(struct stream *luck, struct writer *text)
{
    if (happens(luck, 80))
        writer_format(text, "'labelSelector':{'matchLabels':{'app':'app-%d'}}",
                      below(luck, RANDOM_APPS));
    else
        writer_format(text,
                      "'labelSelector':{'matchExpressions':[{'key':'version','operator':'%s'}]}",
                      happens(luck, 50) ? "Exists" : "DoesNotExist");
}

static void write_term(struct stream *luck, struct writer *text)
{
    static const char *const spaces[] = { "",
                                          "",
                                          "",
                                          ",'namespaces':['team','default']",
                                          ",'namespaceSelector':{'matchLabels':{'tier':'one'}}",
                                          ",'namespaceSelector':{}" };
    writer_format(text, "{'topologyKey':'%s'%s,", ONE_OF(luck, keys), ONE_OF(luck, spaces));
    write_selector(luck, text);
    if (happens(luck, 15))
        writer_add(text, ",'matchLabelKeys':['version']");
    writer_add(text, "}");
}

static void write_pod_affinity(struct stream *luck, struct writer *text, const char *name)
{
    writer_format(text, "'%s':{", name);
    const bool needs = happens(luck, 60);
    if (needs) {
        writer_add(text, "'requiredDuringSchedulingIgnoredDuringExecution':[");
        write_term(luck, text);
        if (happens(luck, 20)) {
            writer_add(text, ",");
            write_term(luck, text);
        }
        writer_add(text, "]");
    }
    if (!needs || happens(luck, 40)) {
        writer_format(text,
                      "%s'preferredDuringSchedulingIgnoredDuringExecution':[{'weight':%d,"
                      "'podAffinityTerm':",
                      needs ? "," : "", 1 + below(luck, 100));
        write_term(luck, text);
        writer_add(text, "}]");
    }
    writer_add(text, "}");
}

static void write_affinity(struct stream *luck, struct writer *text)
{
    const bool node = happens(luck, 30), near = happens(luck, 25), far = happens(luck, 25);
    if (!node && !near && !far)
        return;
    writer_add(text, ",'affinity':{");
    if (node)
        write_node_affinity(luck, text);
    if (near) {
        writer_add(text, node ? "," : "");
        write_pod_affinity(luck, text, "podAffinity");
    }
    if (far) {
        writer_add(text, node || near ? "," : "");
        write_pod_affinity(luck, text, "podAntiAffinity");
    }
    writer_add(text, "}");
}

static void write_constraint(struct stream *luck, struct writer *text)
{
    const bool hard = happens(luck, 50);
    writer_format(text, "{'topologyKey':'%s','maxSkew':%d,'whenUnsatisfiable':'%s',",
                  ONE_OF(luck, keys), 1 + below(luck, 3),
                  hard ? "DoNotSchedule" : "ScheduleAnyway");
    write_selector(luck, text);
    if (hard && happens(luck, 20))
        writer_format(text, ",'minDomains':%d", 1 + below(luck, 5));
    if (happens(luck, 20))
        writer_add(text, ",'nodeAffinityPolicy':'Ignore'");
    if (happens(luck, 20))
        writer_add(text, ",'nodeTaintsPolicy':'Honor'");
    if (happens(luck, 15))
        writer_add(text, ",'matchLabelKeys':['version']");
    writer_add(text, "}");
}

static void write_spread(struct stream *luck, struct writer *text)
{
    if (!happens(luck, 35))
        return;
    writer_add(text, ",'topologySpreadConstraints':[");
    write_constraint(luck, text);
    if (happens(luck, 50)) {
        writer_add(text, ",");
        write_constraint(luck, text);
    }
    writer_add(text, "]");
}

static void write_volumes(struct stream *luck, struct writer *text)
{
    if (happens(luck, 20))
        writer_format(text, ",'volumes':[{'name':'v','persistentVolumeClaim':{'claimName':'c%d'}}]",
                      below(luck, RANDOM_CLAIMS + 1)); /* the last one is never there */
    else if (happens(luck, 5))
        writer_add(text, ",'volumes':[{'name':'v','gcePersistentDisk':{'pdName':'disk'}}]");
}

char *random_template(struct stream *luck)
{
    struct writer text = { 0 };
    write_container(luck, &text);
    write_priority(luck, &text);
    write_tolerations(luck, &text);
    if (happens(luck, 10))
        writer_add(&text, ",'nodeSelector':{'disk':'ssd'}");
    write_affinity(luck, &text);
    write_spread(luck, &text);
    write_volumes(luck, &text);
    return writer_take(&text);
}

struct value *random_pod(struct stream *luck, size_t number, const char *template)
{
    struct writer text = { 0 };
    writer_format(&text, "{'metadata':{'name':'p%zu','namespace':'%s','labels':{'app':'app-%d'",
                  number, random_space(luck), below(luck, RANDOM_APPS));
    if (happens(luck, 50))
        writer_format(&text, ",'version':'%d'", below(luck, 2));
    writer_add(&text, "}");
    if (happens(luck, 40))
        writer_format(&text,
                      ",'ownerReferences':[{'apiVersion':'apps/v1','kind':'ReplicaSet','name':"
                      "'r%d','uid':'00000000-0000-4000-8000-000000000001','controller':true}]",
                      below(luck, 3));
    writer_format(&text, "},'spec':{%s}}", template);
    return parse(&text);
}
