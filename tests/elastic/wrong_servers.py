#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""wrong_servers.py LOADER: what deploy/elastic/load says to servers that are not what it expects, and what it sends to a
Kibana; each case is a small server of this program's."""
import base64
import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading

ELASTIC = {"version": {"number": "8.15.0"}, "tagline": "You Know, for Search"}
OPEN = {"version": {"number": "3.1.0", "distribution": "opensearch"}, "tagline": "The OpenSearch Project: https://opensearch.org/"}
FORBIDDEN = {"error": {"reason": "action [cluster:x] is unauthorized"}, "status": 403}


def says(number, tagline="You Know, for Search", **more):
    return {"/": (200, {"version": dict(number=number, **more), "tagline": tagline})}


KIBANA = {"/api/status": (200, {"version": {"number": "7.10.2"}})}
IMPORT = "/api/saved_objects/_import?overwrite=true"
# what it is, its answers by path (None: closes without one; bytes: no JSON), arguments, exit status, what is said
CASES = [
    ("older", says("7.9.3"), [], 1, r"Elasticsearch 7\.9\.3: expected Elasticsearch 7\.10 to 9"),
    ("newer", says("10.0.0"), [], 1, r"Elasticsearch 10\.0\.0: expected"),
    ("newer OpenSearch", says("4.0.0", distribution="opensearch"), [], 1, r"OpenSearch 4\.0\.0: expected"),
    ("no number", says("x"), [], 1, r"expected Elasticsearch 7\.10"),
    ("hidden version", says("7.10.2", OPEN["tagline"]) , ["--dry-run"], 0, r"^OpenSearch 7\.10\.2 at"),
    ("another product", {"/": (200, {"hello": "world"})}, [], 1, r"neither Elasticsearch nor OpenSearch"),
    ("a list", {"/": (200, [1])}, [], 1, r"does not answer in JSON"),
    ("a web page", {"/": (200, b"<html>welcome</html>")}, [], 1, r"does not answer in JSON .*proxy"),
    ("a mail server", {"/": (0, b"220 mail ESMTP\r\n")}, [], 1, r"does not answer in HTTP"),
    ("nothing", {"/": None}, [], 1, r"does not answer in HTTP|cannot be reached"),
    ("a redirect", {"/": (302, b"")}, [], 1, r"sends elsewhere, to http://elsewhere/"),
    ("no credentials", {"/": (401, {"error": "x"})}, [], 1, r"wants to know who asks: --api-key-file"),
    ("wrong credentials", {"/": (401, {"error": {"reason": "unable to authenticate"}})}, ["--api-key-file", "KEY"], 1,
     r"does not accept this API key.*unable to authenticate"),
    ("too few privileges", {"/": (200, ELASTIC), "*": (403, FORBIDDEN)}, [], 1, r"does not allow GET /_component_template.*is unauthorized.*Security"),
    ("overloaded", {"/": (200, OPEN), "*": (429, {"error": "busy"})}, [], 1, r"overloaded or not ready.*run again"),
    ("no TLS", {"/": (200, ELASTIC)}, ["--url", "https://HERE"], 1, r"speaks no TLS"),
    ("no such port", {}, ["--url", "http://127.0.0.1:1"], 1, r"cannot be reached.*is it running"),
    ("no address", {}, ["--url", "localhost:9200"], 1, r"no address: expected http://"),
    ("a password in sight", {}, ["--url", "http://u:p@HERE"], 1, r"can be read by others"),
    ("no such file", {}, ["--api-key-file", "/nowhere/key"], 1, r"/nowhere/key cannot be read"),
    ("an empty file", {}, ["--api-key-file", "/dev/null"], 1, r"/dev/null is empty"),
    ("a user alone", {}, ["--user", "u"], 1, r"--user needs a password"),
    ("a short retention", {"/": (200, OPEN)}, ["--retention", "2"], 1, r"at least 4 days"),
    ("no ISM", {"/": (200, OPEN), "*": (400, {"error": "no handler"})}, ["--retention", "9"], 1, r"this OpenSearch has no ISM"),
    ("a Kibana of another major", {"/": (200, OPEN), "/k/api/status": (200, {"version": {"number": "6.8.0"}})},
     ["--dry-run", "--kibana", "http://HERE/k"], 1, r"says version 6\.8\.0: expected Kibana 7\.10"),
    ("a Kibana", {"/": (200, ELASTIC), **KIBANA}, ["--dry-run", "--kibana", "http://HERE"], 0,
     r"Kibana 7\.10\.2 at .*\ndashboards: \d+ objects would be loaded from junction-7\.ndjson"),
    ("a Kibana that takes", {"/": (200, ELASTIC), "/s/lab" + IMPORT: (200, {"success": True, "successCount": 5}), **KIBANA},
     ["--kibana", "http://HERE", "--space", "lab"], 0, r"dashboards: 5 objects loaded"),
    ("a Kibana that refuses", {"/": (200, ELASTIC), IMPORT: (200, {"success": False, "errors": [
        {"type": "dashboard", "id": "flows", "error": {"type": "missing_references"}}]}), **KIBANA},
     ["--kibana", "http://HERE"], 1, r"did not take all of junction-7\.ndjson: dashboard flows: .*missing_references"),
]


class Handler(http.server.BaseHTTPRequestHandler):
    answers = {}
    seen = []

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append((self.command, self.path, dict(self.headers), body))
        answer = self.answers.get(self.path, self.answers.get("*", (200 if self.command != "GET" else 404, {})))
        if answer is None:
            self.close_connection = True
            return
        status, content = answer
        text = content if isinstance(content, bytes) else json.dumps(content).encode()
        if not status:
            self.wfile.write(text)
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Location", "http://elsewhere/")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_PUT = do_POST = do_GET

    def log_message(self, *_):
        pass


def load(loader, here, key, arguments, environment=None):
    given = [argument.replace("HERE", here).replace("KEY", key) for argument in arguments]
    if "--url" not in given:
        given += ["--url", f"http://{here}"]
    return subprocess.run([loader, *given], capture_output=True, text=True, timeout=120, check=False,
                          env=dict(os.environ, **(environment or {})))


def credentials(loader, here, key):
    """Secrets come from files and from the environment, and reach the server as it wants them."""
    encoded = base64.b64encode(b"id:secret").decode()
    basic = "Basic " + base64.b64encode(b"u:word").decode()
    Handler.answers = {"/": (200, ELASTIC)}
    for arguments, environment, wanted in (
            (["--api-key-file", "KEY"], {}, "ApiKey " + encoded),
            ([], {"JUNCTION_ELASTIC_API_KEY": encoded}, "ApiKey " + encoded),
            (["--user", "u"], {"JUNCTION_ELASTIC_PASSWORD": "word"}, basic)):
        Handler.seen.clear()
        result = load(loader, here, key, ["--dry-run", *arguments], environment)
        found = {headers.get("Authorization") for _, _, headers, _ in Handler.seen}
        if found != {wanted} or result.returncode or "secret" in result.stdout + result.stderr:
            yield f"credentials {arguments} {environment}: {found}, {result}"


def cases(loader, here, key):
    for name, Handler.answers, arguments, status, text in CASES:
        Handler.seen.clear()
        result = load(loader, here, key, arguments)
        said = result.stdout + result.stderr
        if result.returncode != status or not re.search(text, said, re.DOTALL | re.MULTILINE) or "Traceback" in said:
            yield f"{name}: expected {status} and {text}, found {result.returncode} and: {said}"
        changes = [path for command, path, _, _ in Handler.seen if command != "GET"]
        if changes and (status or "--dry-run" in arguments) and "_import" not in changes[-1]:
            yield f"{name}: changed {changes}"
        if name == "a Kibana that takes":
            command, path, headers, body = Handler.seen[-1]
            headers = {name.lower() for name in headers}
            if not ({"kbn-xsrf", "osd-xsrf"} <= headers and b'filename="junction-7.ndjson"' in body):
                yield f"{name}: sent {command} {path} {headers}"


def main(loader):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = f"127.0.0.1:{server.server_port}"
    with tempfile.NamedTemporaryFile("w", suffix=".key") as key:
        key.write("id:secret\n")
        key.flush()
        wrong = [*cases(loader, here, key.name), *credentials(loader, here, key.name)]
    print(f"{len(CASES)} servers")
    return "\n".join(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) or None)
