"""A policy behind a pipe that does what its first argument says, from its third attempt on."""

import json
import os
import signal
import sys
import time

how = sys.argv[1] if len(sys.argv) > 1 else ""


def say(answer):
    sys.stdout.write(answer if isinstance(answer, str) else json.dumps(answer) + "\n")
    sys.stdout.flush()


def misbehave(message, nodes):
    """Says something and returns True, or leaves it to the usual answer."""
    id = message["id"]
    if how == "hang":
        time.sleep(600)
    elif how == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif how == "exit":
        sys.exit(4)
    elif how == "raise":
        raise ValueError("on purpose")
    elif how == "close":
        os.close(1)
        os.close(0)
        time.sleep(600)
    elif how == "half a line":
        say('{"id":%d,"node":' % id)
        os._exit(0)
    elif how == "slow halves":
        say('{"id":%d,"no' % id)
        time.sleep(0.05)
        say('de":"node-1"}\n')
    elif how == "nonsense":
        say("I would take the second one\n")
    elif how == "a list":
        say([1, 2, 3])
    elif how == "unknown node":
        say({"id": id, "node": "node-99"})
    elif how == "unknown number":
        say({"id": id, "node": 17})
    elif how == "not feasible":
        say({"id": id, "node": "small-0"})
    elif how == "another attempt":
        say({"id": id - 1, "node": "node-1"})
    elif how == "too few":
        say({"id": id, "scores": [1.0]})
    elif how == "not a number":
        say('{"id":%d,"scores":[%s]}\n' % (id, ",".join(["NaN"] * len(nodes))))
    elif how == "infinite":
        say('{"id":%d,"scores":[%s]}\n' % (id, ",".join(["1e400"] * len(nodes))))
    elif how == "words":
        say({"id": id, "scores": ["good"] * len(nodes)})
    elif how == "no answer in it":
        say({"id": id})
    elif how == "long":
        say({"id": id, "node": "node-1", "why": ["x" * 1000] * 10_000})
    elif how == "endless":
        while True:
            say("x" * 1_000_000)
    elif how == "none":
        say({"id": id, "node": None, "reason": "on a whim"})
    elif how == "deep":
        say("[" * 100_000 + "\n")
    else:
        return False
    return True


def main():
    nodes = []
    attempts = 0
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "hello":
            if how == "no hello":
                time.sleep(600)
            say({"type": "hello", "protocol": 2 if how == "of the future" else 1})
        elif message["type"] == "nodes":
            nodes = message["nodes"]
        elif message["type"] == "attempt":
            attempts += 1
            if attempts < 3 or not misbehave(message, nodes):
                best = message["feasible"].index(1)
                say({"id": message["id"], "node": nodes[best]["name"]})


main()
