/* Rules of kube-scheduler that are easy to get wrong, each on a cluster small enough to follow by
 * hand. Those of topology spread, volumes, the queue and the sums of requests stand in tests of
 * their own. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tests/support/rows.h"
#include "tools/schedule/script_private.h"
#include "tools/schedule/step.h"

/* --- objects; single quotes stand for double ones ------------------------------------------------ */

#define NODE_WITH(name, labels, spec, cpu, memory, more)                                           \
    "{'metadata':{'name':'" name "','labels':{'host':'" name "'" labels "}},'spec':{" spec         \
    "},'status':{'allocatable':{'cpu':'" cpu "','memory':'" memory "','pods':'110'" more "}}}"
#define NODE(name, cpu, memory) NODE_WITH(name, "", "", cpu, memory, "")
#define LABELLED(name, labels)  NODE_WITH(name, "," labels, "", "4", "8Gi", "")
#define TAINTED(name, taints)   NODE_WITH(name, "", "'taints':[" taints "]", "4", "8Gi", "")
#define TAINT(key, effect)      "{'key':'" key "','effect':'" effect "'}"
#define POD(name, labels, spec)                                                                    \
    "{'metadata':{'name':'" name "','labels':{" labels "}},'spec':{" spec "}}"
#define CONTAINER(requests)   "{'name':'c','image':'i:1','resources':{'requests':{" requests "}}}"
#define ASKS(cpu, memory)     "'containers':[" CONTAINER("'cpu':'" cpu "','memory':'" memory "'") "]"
#define EMPTY                 "'containers':[" CONTAINER("") "]"
#define ON(node)              ",'nodeName':'" node "'"
#define PRIORITY(number)      ",'priority':" #number
#define AFFINITY(kind, terms) ",'affinity':{'" kind "':{" terms "}}"
#define REQUIRED(terms)       "'requiredDuringSchedulingIgnoredDuringExecution':[" terms "]"
#define PREFERRED(terms)      "'preferredDuringSchedulingIgnoredDuringExecution':[" terms "]"
#define NEAR(key, app)        "{'topologyKey':'" key "','labelSelector':{'matchLabels':{'app':'" app "'}}}"
#define PORTS(more)                                                                                \
    "{'name':'w','image':'i:1','ports':[{'containerPort':80,'hostPort':80}]" more "}"
#define STRATEGY(type, more)                                                                       \
    ",'profiles':[{'pluginConfig':[{'name':'NodeResourcesFit','args':{'scoringStrategy':{"         \
    "'type':'" type "'," more "}}}]}]"

#define NODES(list) "'nodes':[" list "]"
#define PODS(list)  ",'pods':[" list "]"

/* The pod p is tried. `what` is a score plugin (then: what each feasible node gets by its name,
 * weighted) or a member of the step's result. */
static const struct {
    int rule; /* of the list that came with the recordings */
    const char *why, *config, *objects, *what, *want;
} rows[] = {
    { 1, "two silent containers count 200m and 400 MiB: (80 + 90) / 2 and (90 + 90) / 2", "",
      NODES(NODE("a", "1", "4000Mi") "," NODE("b", "2", "4000Mi"))
          PODS(POD("p", "", "'containers':[" CONTAINER("") "," CONTAINER("") "]")),
      "NodeResourcesFit", "a=85 b=90" },
    { 1, "a silent init container counts, too: its 100m are no more than the container's", "",
      NODES(NODE("a", "1", "4000Mi") "," NODE("b", "1", "2000Mi"))
          PODS(POD("p", "", "'initContainers':[" CONTAINER("") "]," ASKS("100m", "100Mi"))),
      "NodeResourcesFit", "a=92 b=90" },
    { 1, "an explicit 0 stays 0", "",
      NODES(NODE("a", "1", "4Gi") "," NODE("b", "2", "4Gi")) PODS(POD("p", "", ASKS("0", "0"))),
      "NodeResourcesFit", "a=100 b=100" },
    { 1, "filters know nothing of the defaults", "",
      NODES(NODE("a", "100m", "200Mi"))
          PODS(POD("r", "", EMPTY ON("a")) "," POD("p", "", ASKS("100m", "200Mi"))),
      "result", "scheduled" },
    { 2, "weights in integers: (3 * 80 + 90) / 4",
      STRATEGY("LeastAllocated",
               "'resources':[{'name':'cpu','weight':3},{'name':'memory','weight':1}]"),
      NODES(NODE("a", "1", "4000Mi") "," NODE("b", "2", "4000Mi"))
          PODS(POD("p", "", ASKS("200m", "400Mi"))),
      "NodeResourcesFit", "a=82 b=90" },
    { 2, "MostAllocated takes an overfull node for full: 100 of 100 and 50 of 100",
      STRATEGY("MostAllocated", "'resources':[{'name':'cpu','weight':1}]"),
      NODES(NODE("a", "50m", "4Gi") "," NODE("b", "200m", "4Gi")) PODS(POD("p", "", EMPTY)),
      "NodeResourcesFit", "a=100 b=50" },
    { 3,
      "from |.5-.1|/2 to |.6-.4|/2: 50 + (50 + 90 - 80) / 2; from 0 to |.1-.3|/2: 50 + (50 + "
      "90 - 100) / 2",
      "",
      NODES(NODE("a", "1", "1000Mi") "," NODE("b", "1", "1000Mi"))
          PODS(POD("r", "", ASKS("500m", "100Mi") ON("a")) "," POD("p", "", ASKS("100m", "300Mi"))),
      "NodeResourcesBalancedAllocation", "a=80 b=70" },
    { 3, "who requests nothing is not balanced", "",
      NODES(NODE("a", "1", "4Gi") "," NODE("b", "2", "4Gi")) PODS(POD("p", "", EMPTY)),
      "NodeResourcesBalancedAllocation", "does not score" },
    { 4, "gpus that the pod does not request drop out, weight and all",
      STRATEGY("LeastAllocated",
               "'resources':[{'name':'cpu','weight':1},{'name':'example.com/gpu','weight':9}]"),
      NODES(NODE_WITH("a", "", "", "1", "4Gi", ",'example.com/gpu':'8'") "," NODE("b", "2", "4Gi"))
          PODS(POD("p", "", ASKS("200m", "1Gi"))),
      "NodeResourcesFit", "a=80 b=90" },
    { 5, "33 and 50 of 100: 41.5 is rounded up, 16 and 50: 33; who scores 0 has no weight",
      STRATEGY("RequestedToCapacityRatio",
               "'resources':[{'name':'cpu','weight':1},{'name':'memory','weight':1}],"
               "'requestedToCapacityRatio':{'shape':[{'utilization':0,'score':0},"
               "{'utilization':100,'score':10}]}"),
      NODES(NODE("a", "1", "1000Mi") "," NODE("b", "2", "1000Mi") "," NODE("c", "1", "1000Gi"))
          PODS(POD("p", "", ASKS("333m", "500Mi"))),
      "NodeResourcesFit", "a=42 b=33 c=33" },
    { 9, "the only node is not scored", "",
      NODES(NODE("a", "1", "4Gi")) PODS(POD("p", "", ASKS("200m", "1Gi"))), "topScore", "0" },
    { 9, "a nominated node that will do is taken, whatever the others are", "",
      NODES(NODE("a", "8", "8Gi") "," NODE("b", "1", "4Gi"))
          PODS("{'metadata':{'name':'p'},'spec':{" ASKS(
              "200m", "1Gi") "},'status':{'nominatedNodeName':'b'}}"),
      "chosen", "b" },
    { 10, "no soft taints anywhere: perfect, times 3", "",
      NODES(NODE("a", "1", "4Gi") "," NODE("b", "2", "4Gi")) PODS(POD("p", "", EMPTY)),
      "TaintToleration", "a=300 b=300" },
    { 10, "no preferred term matches: 0", "",
      NODES(NODE("a", "1", "4Gi") "," NODE("b", "2", "4Gi")) PODS(POD(
          "p", "",
          EMPTY AFFINITY(
              "nodeAffinity",
              PREFERRED("{'weight':9,'preference':{'matchExpressions':[{'key':'none','operator':"
                        "'Exists'}]}}")))),
      "NodeAffinity", "a=0 b=0" },
    { 11, "a toleration of NoSchedule does not help against soft taints: 2, 1 and 0 count", "",
      NODES(TAINTED(
          "a",
          TAINT("x", "PreferNoSchedule") "," TAINT(
              "y", "PreferNoSchedule")) "," TAINTED("b",
                                                    TAINT("x", "PreferNoSchedule")) "," NODE("c",
                                                                                             "4",
                                                                                             "8Gi"))
          PODS(POD("p", "",
                   EMPTY ",'tolerations':[{'key':'x','operator':'Exists','effect':"
                         "'NoSchedule'}]")),
      "TaintToleration", "a=0 b=150 c=300" },
    { 11, "one without effect does: 1, 0 and 0", "",
      NODES(TAINTED(
          "a",
          TAINT("x", "PreferNoSchedule") "," TAINT(
              "y", "PreferNoSchedule")) "," TAINTED("b",
                                                    TAINT("x", "PreferNoSchedule")) "," NODE("c",
                                                                                             "4",
                                                                                             "8Gi"))
          PODS(POD("p", "", EMPTY ",'tolerations':[{'key':'x','operator':'Exists'}]")),
      "TaintToleration", "a=0 b=300 c=300" },
    { 12, "1, 3 and 0 of a range of 3: 33.3 is cut off, times 2", "",
      NODES(NODE("a", "4", "8Gi") "," NODE("b", "4", "8Gi") "," NODE("c", "4", "8Gi")) PODS(
          POD("r1", "'app':'x'", EMPTY ON("a")) "," POD("r2", "'app':'x'", EMPTY ON("b")) "," POD(
              "r3", "'app':'x'",
              EMPTY ON(
                  "b")) "," POD("r4", "'app':'x'",
                                EMPTY ON(
                                    "b")) "," POD("p", "",
                                                  EMPTY AFFINITY(
                                                      "podAffinity",
                                                      PREFERRED(
                                                          "{'weight':1,'podAffinityTerm':" NEAR(
                                                              "host", "x") "}")))),
      "InterPodAffinity", "a=66 b=200 c=0" },
    { 12, "all alike: 0, not 100", "",
      NODES(NODE("a", "4", "8Gi") "," NODE("b", "4", "8Gi")) PODS(
          POD("r1", "'app':'x'", EMPTY ON("a")) "," POD("r2", "'app':'x'", EMPTY ON("b")) "," POD(
              "p", "",
              EMPTY AFFINITY("podAffinity",
                             PREFERRED("{'weight':1,'podAffinityTerm':" NEAR("host", "x") "}")))),
      "InterPodAffinity", "a=0 b=0" },
    { 12, "a running pod that requires our like draws us, with weight 1", "",
      NODES(NODE("a", "4", "8Gi") "," NODE("b", "4", "8Gi")) PODS(
          POD("r", "'app':'p'",
              EMPTY ON("a") AFFINITY(
                  "podAffinity", REQUIRED(NEAR("host", "p")))) "," POD("p", "'app':'p'", EMPTY)),
      "InterPodAffinity", "a=200 b=0" },
    { 12, "unless the profile gives it none",
      ",'profiles':[{'pluginConfig':[{'name':'InterPodAffinity','args':{"
      "'hardPodAffinityWeight':0}}]}]",
      NODES(NODE("a", "4", "8Gi") "," NODE("b", "4", "8Gi")) PODS(
          POD("r", "'app':'p'",
              EMPTY ON("a") AFFINITY(
                  "podAffinity", REQUIRED(NEAR("host", "p")))) "," POD("p", "'app':'p'", EMPTY)),
      "InterPodAffinity", "does not score" },
    { 13, "the first of a group may go to any node that has the key", "",
      NODES(LABELLED("a", "'zone':'z'") "," NODE("b", "4", "8Gi"))
          PODS(POD("p", "'app':'p'", EMPTY AFFINITY("podAffinity", REQUIRED(NEAR("zone", "p"))))),
      "feasible", "[\"a\"]" },
    { 13, "not if it would not match itself", "",
      NODES(LABELLED("a", "'zone':'z'"))
          PODS(POD("p", "'app':'p'", EMPTY AFFINITY("podAffinity", REQUIRED(NEAR("zone", "x"))))),
      "rejected",
      "[{\"plugin\":\"InterPodAffinity\",\"code\":\"UnschedulableAndUnresolvable\","
      "\"reasons\":[\"node(s) didn't match pod affinity rules\"],\"nodes\":[\"a\"]}]" },
    { 13, "nor once one of the group is somewhere else", "",
      NODES(LABELLED("a", "'zone':'z'") "," LABELLED("b", "'zone':'y'"))
          PODS(POD("r", "'app':'p'", EMPTY ON("b")) "," POD(
              "p", "'app':'p'", EMPTY AFFINITY("podAffinity", REQUIRED(NEAR("zone", "p"))))),
      "feasible", "[\"b\"]" },
    { 13, "one on a node without the key is nowhere", "",
      NODES(LABELLED("a", "'zone':'z'") "," NODE("b", "4", "8Gi"))
          PODS(POD("r", "'app':'p'", EMPTY ON("b")) "," POD(
              "p", "'app':'p'", EMPTY AFFINITY("podAffinity", REQUIRED(NEAR("zone", "p"))))),
      "feasible", "[\"a\"]" },
    { 13, "one pod must match all terms; two that match one each do not", "",
      NODES(LABELLED("a", "'zone':'z'")) PODS(
          POD("r1", "'app':'x'", EMPTY ON("a")) "," POD("r2", "'app':'y'", EMPTY ON("a")) "," POD(
              "p", "",
              EMPTY AFFINITY("podAffinity", REQUIRED(NEAR("zone", "x") "," NEAR("host", "y"))))),
      "result", "unschedulable" },
    { 13, "anti-affinity may be helped by preemption", "",
      NODES(NODE("a", "4", "8Gi")) PODS(POD("r", "'app':'x'", EMPTY ON("a")) "," POD(
          "p", "", EMPTY AFFINITY("podAntiAffinity", REQUIRED(NEAR("host", "x"))))),
      "rejected",
      "[{\"plugin\":\"InterPodAffinity\",\"code\":\"Unschedulable\",\"reasons\":"
      "[\"node(s) didn't match pod anti-affinity rules\"],\"nodes\":[\"a\"]}]" },
    { 13, "and so may that of a running pod, which has words of its own", "",
      NODES(NODE("a", "4", "8Gi")) PODS(POD(
          "r", "",
          EMPTY ON("a") AFFINITY("podAntiAffinity",
                                 REQUIRED(NEAR("host", "p")))) "," POD("p", "'app':'p'", EMPTY)),
      "rejected",
      "[{\"plugin\":\"InterPodAffinity\",\"code\":\"Unschedulable\",\"reasons\":"
      "[\"node(s) didn't satisfy existing pods anti-affinity rules\"],\"nodes\":[\"a\"]}]" },
    { 17, "no tag is :latest; 1000 MiB on one of two nodes count as 500: 477 / 977", "",
      "'nodes':[{'metadata':{'name':'a'},'status':{'allocatable':{'cpu':'1','memory':'4Gi','pods':"
      "'110'},'images':[{'names':['app:latest'],'sizeBytes':1048576000}]}}," NODE(
          "b", "1", "4Gi") "]" PODS(POD("p", "", "'containers':[{'name':'c','image':'app'}]")),
      "ImageLocality", "a=48 b=0" },
    { 17, "an init container's image counts, and it raises the most: 977 / 1977", "",
      "'nodes':[{'metadata':{'name':'a'},'status':{'allocatable':{'cpu':'1','memory':'4Gi','pods':"
      "'110'},'images':[{'names':['app:latest'],'sizeBytes':1048576000}]}}," NODE(
          "b", "1", "4Gi") "]" PODS(POD("p", "",
                                        "'initContainers':[{'name':'i','image':'app'}],"
                                        "'containers':[{'name':'c','image':'app'}]")),
      "ImageLocality", "a=49 b=0" },
    { 18, "a plain sum of weights: 7 + 4 of 11, times 2; an empty preference matches nothing", "",
      NODES(LABELLED("a", "'x':'1'") "," LABELLED("b", "'x':'1','y':'1'")) PODS(
          POD("p", "",
              EMPTY AFFINITY(
                  "nodeAffinity",
                  PREFERRED("{'weight':7,'preference':{'matchExpressions':[{'key':'x','operator':"
                            "'Exists'}]}},{'weight':4,'preference':{'matchExpressions':[{'key':'y',"
                            "'operator':'Exists'}]}},{'weight':50,'preference':{}}")))),
      "NodeAffinity", "a=126 b=200" },
    { 18, "what is no label value makes a preference an error", "",
      NODES(NODE("a", "4", "8Gi") "," NODE("b", "4", "8Gi")) PODS(POD(
          "p", "",
          EMPTY AFFINITY(
              "nodeAffinity",
              PREFERRED("{'weight':7,'preference':{'matchExpressions':[{'key':'x','operator':'In',"
                        "'values':['not a value!']}]}}")))),
      "message",
      "running PreScore plugin \"NodeAffinity\": [0].matchExpressions[0].values[0][x]: Invalid "
      "value: \"not a value!\": a valid label must be an empty string or consist of alphanumeric "
      "characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. "
      "'MyValue',  or 'my_value',  or '12345', regex used for validation is "
      "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')" },
    { 19, "nodes that no name in the terms leads to were not looked at", "",
      NODES(NODE("a", "1", "1Gi") "," NODE("b", "4", "8Gi")) PODS(
          POD("p", "",
              ASKS("2", "1Gi") AFFINITY(
                  "nodeAffinity",
                  "'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':[{"
                  "'matchFields':[{'key':'metadata.name','operator':'In','values':['a']}]}]}"))),
      "message",
      "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't satisfy plugin(s) "
      "[NodeAffinity]. no new claims to deallocate, preemption: 0/2 nodes are available: 2 "
      "Preemption is not helpful for scheduling." },
    { 20, "an init container's port is free once it has ended", "",
      NODES(NODE("a", "4", "8Gi"))
          PODS(POD("r", "", "'initContainers':[" PORTS("") "]," EMPTY ON("a")) "," POD(
              "p", "", "'containers':[" PORTS("") "]")),
      "result", "scheduled" },
    { 20, "a sidecar's is not", "",
      NODES(NODE("a", "4", "8Gi")) PODS(
          POD("r", "",
              "'initContainers':[" PORTS(",'restartPolicy':'Always'") "]," EMPTY ON(
                  "a")) "," POD("p", "", "'containers':[" PORTS("") "]")),
      "result", "unschedulable" },
    { 22, "reasons are sorted as texts: 10 stands before 2", "",
      NODES(NODE("a", "1", "8Gi") "," NODE("b", "1", "8Gi") "," NODE("c", "1", "8Gi") "," NODE("d", "1", "8Gi") "," NODE("e", "1", "8Gi") "," NODE(
          "f", "1",
          "8Gi") "," NODE("g", "1",
                          "8Gi") "," NODE("h", "1",
                                          "8Gi") "," NODE("i", "1",
                                                          "8Gi") "," NODE("j", "1",
                                                                          "8Gi") "," TAINTED("k",
                                                                                             TAINT(
                                                                                                 "x",
                                                                                                 "N"
                                                                                                 "o"
                                                                                                 "E"
                                                                                                 "x"
                                                                                                 "e"
                                                                                                 "c"
                                                                                                 "u"
                                                                                                 "t"
                                                                                                 "e")) "," TAINTED("l",
                                                                                                                   TAINT(
                                                                                                                       "x",
                                                                                                                       "NoSchedule")))
          PODS(POD("p", "", ASKS("2", "1Gi"))),
      "message",
      "0/12 nodes are available: 10 Insufficient cpu, 2 node(s) had untolerated taint(s)."
      " no new claims to deallocate, preemption: 0/12 nodes are available: 12 Preemption is not "
      "helpful for scheduling." },
    { 22, "who is rejected before any node is looked at is not found", "",
      NODES(NODE("a", "4", "8Gi")) PODS(
          POD("p", "",
              EMPTY AFFINITY(
                  "nodeAffinity",
                  "'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':[{"
                  "'matchFields':[{'key':'metadata.name','operator':'In','values':['a']},{'key':"
                  "'metadata.name','operator':'In','values':['b']}]}]}"))),
      "message", "0/1 nodes are available: pod affinity terms conflict. not found" },
    { 23, "all of lower priority go, the most important come back first", "",
      NODES(NODE("a", "1", "8Gi"))
          PODS(POD("r1", "", ASKS("500m", "1Gi") ON("a") PRIORITY(1)) "," POD(
              "r2", "", ASKS("500m", "1Gi") ON("a") PRIORITY(2)) "," POD("p", "",
                                                                         ASKS("500m", "1Gi")
                                                                             PRIORITY(9))),
      "preemption.victims", "[\"default/r1\"]" },
    { 23, "of equal ones the one that started earlier comes back", "",
      NODES(NODE("a", "1", "8Gi"))
          PODS(POD("r1", "", ASKS("500m", "1Gi") ON("a") PRIORITY(1)) "," POD(
              "r2", "", ASKS("500m", "1Gi") ON("a") PRIORITY(1)) "," POD("p", "",
                                                                         ASKS("500m", "1Gi")
                                                                             PRIORITY(9))),
      "preemption.victims", "[\"default/r2\"]" },
    { 23, "a budget counts before priority: r2 comes back, r1 does not", "",
      NODES(NODE("a", "1", "8Gi"))
          PODS(POD("r1", "", ASKS("500m", "1Gi") ON("a") PRIORITY(2)) "," POD(
              "r2", "'app':'x'",
              ASKS("500m", "1Gi") ON("a")
                  PRIORITY(1)) "," POD("p", "",
                                       ASKS("500m", "1Gi") PRIORITY(
                                           9))) ",'podDisruptionBudgets':[{'metadata':{'name':'b'},"
                                                "'spec':{'minAvailable':1,'selector':{"
                                                "'matchLabels':{'app':'x'}}},'status':{'"
                                                "disruptionsAllowed':0}}]",
      "preemption.victims", "[\"default/r1\"]" },
    { 23, "the node whose greatest victim is least, not that of the fewest victims", "",
      NODES(NODE("a", "1", "8Gi") "," NODE("b", "1", "8Gi"))
          PODS(POD("r1", "", ASKS("1", "1Gi") ON("a") PRIORITY(2)) "," POD(
              "r2", "",
              ASKS("500m", "1Gi") ON("b") PRIORITY(
                  1)) "," POD("r3", "",
                              ASKS("500m", "1Gi") ON("b")
                                  PRIORITY(1)) "," POD("p", "", ASKS("1", "1Gi") PRIORITY(9))),
      "preemption.nominatedNode", "b" },
    { 23, "the sum has 2^31 for each: two of -5 weigh more than one of 3", "",
      NODES(NODE("a", "1", "8Gi") "," NODE("b", "1", "8Gi"))
          PODS(POD("r1", "", ASKS("500m", "1Gi") ON("a") PRIORITY(3)) "," POD(
              "r2", "",
              ASKS("500m", "1Gi") ON("a")
                  PRIORITY(-5)) "," POD("r3", "",
                                        ASKS("1", "1Gi") ON("b") PRIORITY(
                                            3)) "," POD("p", "", ASKS("1", "1Gi") PRIORITY(9))),
      "preemption.nominatedNode", "b" },
    { 24, "who never preempts keeps its nomination", "",
      NODES(NODE("a", "1", "8Gi")) PODS(
          POD("r", "",
              ASKS("1", "1Gi") ON("a") PRIORITY(1)) ",{'metadata':{'name':'p'},"
                                                    "'spec':{" ASKS("1", "1Gi") PRIORITY(
                                                        9) ",'preemptionPolicy':'Never'},"
                                                           "'status':{'nominatedNodeName':'a'}}"),
      "preemption.nomination", "unchanged" },
    { 24, "whom nothing can help loses it", "",
      NODES(NODE("a", "1", "8Gi")) PODS("{'metadata':{'name':'p'},'spec':{" ASKS("2", "1Gi")
                                            PRIORITY(9) "},'status':{'nominatedNodeName':'a'}}"),
      "preemption.nomination", "cleared" },
    { 25, "a pod promised to a node counts there for its equals", "",
      NODES(NODE("a", "1", "8Gi") "," NODE("b", "4", "8Gi"))
          PODS("{'metadata':{'name':'n'},'spec':{" ASKS("1", "1Gi")
                   PRIORITY(5) "},'status':{'nominatedNodeName':'a'}}," POD(
                       "p", "", ASKS("500m", "1Gi") PRIORITY(5))),
      "feasible", "[\"b\"]" },
    { 25, "not for its betters", "",
      NODES(NODE("a", "1", "8Gi") "," NODE("b", "4", "8Gi"))
          PODS("{'metadata':{'name':'n'},'spec':{" ASKS("1", "1Gi")
                   PRIORITY(5) "},'status':{'nominatedNodeName':'a'}}," POD(
                       "p", "", ASKS("500m", "1Gi") PRIORITY(6))),
      "feasible", "[\"a\",\"b\"]" },
    { 25, "a pod that needs the promised one near cannot count on it", "",
      NODES(NODE("a", "4", "8Gi"))
          PODS("{'metadata':{'name':'n','labels':{'app':'x'}},'spec':{" EMPTY
                   PRIORITY(5) "},'status':{'nominatedNodeName':'a'}}," POD(
                       "p", "", EMPTY AFFINITY("podAffinity", REQUIRED(NEAR("host", "x"))))),
      "result", "unschedulable" },
    { 27, "a container that still has 2 cpus counts for 2 although it wants 1", "",
      NODES(NODE("a", "2", "8Gi")) PODS("{'metadata':{'name':'r'},'spec':{" ASKS("1", "1Gi") ON(
          "a") "},'status':{'containerStatuses':[{'name':'c','resources':{'requests':{'cpu':'2'}}}]"
               "}}," POD("p", "", ASKS("1", "1Gi"))),
      "result", "unschedulable" },
};

/* --- running them ----------------------------------------------------------------------------------- */

/* A document between braces. */
static struct value *parse(const char *format, const char *content)
{
    char *text = mem_format(format, content);
    for (char *c = text; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    struct value *document = rows_parse(text);
    free(text);
    return document;
}

/* What is told of the pod p's attempt. */
static struct value *play(const char *config, const char *objects, bool *agree)
{
    struct value *configuration = parse("{'percentageOfNodesToScore':100%s}", config);
    struct value *input = parse("{%s}", objects), *told = value_new_map();
    struct error_list faults = { 0 };
    struct trial *trial = trial_new(configuration, &faults);
    cr_assert_not_null(trial);
    cr_assert(script_load_objects(trial, input, &faults));
    const struct object *pod = trial_find(trial, KIND_POD, "default", "p");
    *agree = step_attempt(trial, pod_of(pod), (struct step_style){ 0 }, SIM_HOUR, told);
    trial_free(trial);
    value_drop(configuration);
    value_drop(input);
    return told;
}

/* "a=85 b=90": what a plugin gives to each feasible node. */
static char *print_scores(const struct value *step, const char *plugin)
{
    const struct value *plugins = value_get(step, "scorePlugins");
    const struct value *feasible = value_get(step, "feasible"), *scores = value_get(step, "scores");
    struct writer out = { 0 };
    size_t column = 0;
    while (plugins != NULL && column < plugins->count &&
           strcmp(value_text(value_at(plugins, column), ""), plugin) != 0)
        column++;
    if (plugins == NULL || column == plugins->count)
        writer_add(&out, "does not score");
    else
        for (size_t i = 0; i < feasible->count; i++)
            writer_format(&out, "%s%s=%d", i > 0 ? " " : "", value_text(value_at(feasible, i), ""),
                          (int)value_int(value_at(value_at(scores, i), column), -1));
    return writer_take(&out);
}

static char *print_value(const struct value *value)
{
    if (value == NULL)
        return mem_format("nothing");
    if (value->type == VALUE_STRING)
        return mem_format("%s", value_text(value, ""));
    struct writer out = { 0 };
    json_print(&out, value, (struct json_style){ 0 });
    return writer_take(&out);
}

static char *look_up(const struct value *told, const char *what)
{
    const char *dot = strchr(what, '.');
    if (dot != NULL)
        return print_value(value_path(told, "preemption", dot + 1, NULL));
    return what[0] >= 'A' && what[0] <= 'Z' ? print_scores(told, what)
                                            : print_value(value_get(told, what));
}

Test(traps, are_not_fallen_into)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool agree;
        struct value *told = play(rows[i].config, rows[i].objects, &agree);
        char *got = look_up(told, rows[i].what);
        cr_expect_str_eq(got, rows[i].want, "rule %d, %s: %s", rows[i].rule, rows[i].why, got);
        cr_expect(agree, "rule %d, %s: two ways, two answers", rows[i].rule, rows[i].why);
        free(got);
        value_drop(told);
    }
}
