#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""bad_servers.py DIRECTORY: an index on ports 9200 and 9201 whose every second answer to a bulk request is wrong, one way
after the other; the same, well, by TLS on 9443 with DIRECTORY/server.pem; a web service on 9300 that fails every third
request, some after it has taken it. What each has is in DIRECTORY/index.json, secure.json and hook.json; played.txt says
which wrong answers were given.
bad_servers.py order FILE: were each device's documents taken in order?"""
import gzip
import itertools
import json
import socketserver
import ssl
import sys
import threading

LOCK = threading.Lock()
held = {"index": {}, "secure": {}}
files = {}


def keep(name, document):
    files[name].write(json.dumps(document) + "\n")
    files[name].flush()


def create(name, body):
    """Status of each document, which is kept unless its _id is there."""
    lines, result = body.decode().splitlines(), []
    for action, document in zip(lines[::2], lines[1::2]):
        key = json.loads(action)["create"]["_id"]
        new = key not in held[name]
        if new:
            held[name][key] = True
            keep(name, json.loads(document))
        result.append((key, 201 if new else 409))
    return result


def items(result, **more):
    error = {"type": "version_conflict_engine_exception", "reason": "it is there"}
    return json.dumps({"errors": False, "items": [
        {"create": dict({"_id": key, "status": status}, **({"error": error} if status == 409 else {}), **more)}
        for key, status in result]}).encode()


def answer(status, body=b"", length=None, **headers):
    fields = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} x\r\nContent-Length: {len(body) if length is None else length}\r\n{fields}\r\n".encode() + body


def some_busy(body):
    keys = [json.loads(line)["create"]["_id"] for line in body.decode().splitlines()[::2]]
    error = {"type": "es_rejected_execution_exception", "reason": "queue full"}
    return answer(200, json.dumps({"errors": True, "items": [
        {"create": {"_id": key, "status": 429, "error": error}} for key in keys]}).encode())


# What is wrong, what is answered; done: whether the documents are created all the same.
WRONG = [
    ("not JSON", lambda body: answer(200, b"<html>welcome</html>")),
    ("truncated, done", lambda body: answer(200, items(create("index", body))[:-3])),
    ("longer than said, done", lambda body: answer(200, items(create("index", body)), 20)),
    ("shorter than said, done", lambda body: answer(200, items(create("index", body)), 1 << 20)),
    ("redirect", lambda body: answer(307, Location="http://127.0.0.1:1/elsewhere")),
    ("retry later", lambda body: answer(429, b'{"error":"busy"}', Retry_After=1)),
    ("too large", lambda body: answer(413)),
    ("who are you", lambda body: answer(401, b'{"error":{"type":"security_exception","reason":"missing credentials"}}')),
    ("one item less, done", lambda body: answer(200, items(create("index", body)[:-1]))),
    ("other ids, done", lambda body: answer(200, items([("x", status) for _, status in create("index", body)]))),
    ("busy items", some_busy),
    ("garbage", lambda body: b"\x00\x01SSH-2.0-x\r\n\r\n"),
    ("nothing, done", lambda body: create("index", body) and b""),
    ("unavailable", lambda body: answer(503, b"upstream")),
]
script = iter(WRONG)
turn = itertools.count()


def index(body):
    """Every second answer is wrong, until all were."""
    what, wrong = next(script, (None, None)) if next(turn) % 2 else (None, None)
    if what is None:
        return answer(200, items(create("index", body)))
    with open(f"{sys.argv[1]}/played.txt", "a", encoding="utf-8") as file:
        print(what, file=file)
    return wrong(body)


hook_turn = itertools.count()


def hook(body):
    number = next(hook_turn)
    if number % 3 != 1 or number % 2:
        for document in json.loads(body)["payloads"]:
            keep("hook", document)
    return answer(500, b"not now") if number % 3 == 1 else answer(204)


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while (line := self.rfile.readline()) not in (b"", b"\r\n"):
            headers = {}
            while (field := self.rfile.readline()) not in (b"", b"\r\n"):
                name, _, value = field.decode().partition(":")
                headers[name.lower()] = value.strip()
            body = self.rfile.read(int(headers.get("content-length", 0)))
            if headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            with LOCK:
                said = self.server.says(body)
            self.wfile.write(said)
            self.wfile.flush()
            if not said.startswith(b"HTTP/1.1 2") or self.server.says is index:
                return


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def __init__(self, port, says, context=None):
        super().__init__(("127.0.0.1", port), Handler)
        self.says = says
        self.context = context
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def finish_request(self, request, client_address):
        if self.context is not None:
            request = self.context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, request, client_address):
        pass  # a client that does not trust us, or has gone


def serve(directory):
    for name in ("index", "secure", "hook"):
        files[name] = open(f"{directory}/{name}.json", "a", encoding="utf-8")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{directory}/server.pem")
    for port in (9200, 9201):
        Server(port, index)
    Server(9443, lambda body: answer(200, items(create("secure", body))), context)
    Server(9300, hook)
    threading.Event().wait()


def in_order(path):
    last, seen = {}, set()
    with open(path, encoding="utf-8") as file:
        for line in file:
            d = json.loads(line)
            if "junction" not in d or "sequence" not in d["junction"]:
                continue
            key, number = (d["source"]["ip"], d["junction"]["worker"]), d["junction"]["sequence"]
            if (key, number) not in seen and number < last.get(key, -1):
                sys.exit(f"{key}: {number} came after {last[key]}")
            seen.add((key, number))
            last[key] = max(number, last.get(key, -1))
    if not seen:
        sys.exit("no flow document")


if sys.argv[1] == "order":
    in_order(sys.argv[2])
else:
    serve(sys.argv[1])
