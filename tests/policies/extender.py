"""A scheduler extender over HTTP for tests: says its port on standard output, then does what its first
argument says, from its third filter on. Without one it prefers the last node and agrees to every
binding. Writes what it is asked to the file that its second argument names. Ends when its standard
input does."""

import json
import os
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

misbehaviour = sys.argv[1] if len(sys.argv) > 1 else ""
log = open(sys.argv[2], "a") if len(sys.argv) > 2 else None
filters = 0


def names_of(question):
    if question["NodeNames"] is not None:
        return question["NodeNames"]
    return [node["metadata"]["name"] for node in question["Nodes"]["items"]]


def kept(question, names):
    """An ExtenderFilterResult that keeps these."""
    if question["NodeNames"] is not None:
        return {"NodeNames": names}
    items = [node for node in question["Nodes"]["items"] if node["metadata"]["name"] in names]
    return {"Nodes": {"items": items}}


def filter(question, how):
    names = names_of(question)
    if how == "refuse":
        return {"Error": "no licence left"}
    if how == "unknown node":
        return {"NodeNames": ["node-99"], "Nodes": {"items": [{"metadata": {"name": "node-99"}}]}}
    if how == "reject":
        return {**kept(question, []), "FailedNodes": {name: "no fpga left" for name in names}}
    if how == "reject for good":
        return {**kept(question, []), "FailedAndUnresolvableNodes": {n: "no fpga" for n in names}}
    if how == "a list":
        return names
    if how == "lower case":
        return {"nodenames": names}
    if how == "long":
        return {**kept(question, names), "padding": ["x" * 1000] * 10_000}
    if how == "too long":
        return {**kept(question, names), "padding": ["x" * 1000] * 80_000}
    return kept(question, names)


def prioritize(question, how):
    names = names_of(question)
    if how == "unknown host":
        return [{"Host": "node-99", "Score": 10}]
    if how == "half a score":
        return [{"Host": names[0], "Score": 1.5}]
    if how == "no scores":
        return None
    return [{"Host": name, "Score": 10 if name == max(names) else 0} for name in names]


def preempt(question, how):
    """Agrees to the last of the nodes only."""
    victims = question.get("NodeNameToMetaVictims")
    if victims is None:
        victims = {
            node: {"Pods": [{"UID": pod["metadata"]["uid"]} for pod in of["Pods"]],
                   "NumPDBViolations": of["NumPDBViolations"]}
            for node, of in question["NodeNameToVictims"].items()
        }
    last = max(victims)
    return {"NodeNameToMetaVictims": {last: victims[last]}}


def bind(question, how):
    return {"Error": "not there" if how == "refuse to bind" else ""}


VERBS = {"filter": filter, "prioritize": prioritize, "preempt": preempt, "bind": bind}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # head and body in one piece: two of them would wait for an acknowledgement

    def do_POST(self):
        global filters
        verb = self.path.rsplit("/", 1)[-1]
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if log is not None:
            log.write(json.dumps({"verb": verb, "question": question}) + "\n")
            log.flush()
        filters += verb == "filter"
        self.answer(verb, question, misbehaviour if filters >= 3 else "")

    def answer(self, verb, question, now):
        if now == "hang":
            time.sleep(600)
        if now == "crash":
            os._exit(1)
        if now == "hang up":
            self.hang_up()
            return
        body = json.dumps(VERBS[verb](question, now)).encode()
        if now == "nonsense":
            body = b"<html>hello</html>"
        if now == "half":
            body = body[: len(body) // 2]
        self.send_response(500 if now == "status" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) + (100 if now == "cut" else 0)))
        self.end_headers()
        self.wfile.write(body)
        if now == "cut":
            self.hang_up()

    def hang_up(self):
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # whoever asked has hung up


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)
