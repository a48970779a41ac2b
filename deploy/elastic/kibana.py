# SPDX-License-Identifier: BSD-3-Clause
"""Loads Junction's dashboards into Kibana or OpenSearch Dashboards."""
import json
import os
import re
import urllib.parse
import uuid

from server import Problem

FOLDER = os.path.join(os.path.dirname(os.path.realpath(__file__)), "dashboards")
# Either product asks for its own.
HEADERS = {"kbn-xsrf": "junction", "osd-xsrf": "junction"}


def product(server):
    """(name with version, the file that it takes), or a Problem."""
    version = server.ask("GET", "/api/status").get("version")
    number = str(version.get("number", "")) if isinstance(version, dict) else ""
    found = re.match(r"\d+", number)
    major = int(found.group()) if found else 0
    if major in (7, 8):
        return f"Kibana {number}", "junction-7.ndjson"
    if major == 9:
        return f"Kibana {number}", "junction-9.ndjson"
    if major in (1, 2, 3):
        return f"OpenSearch Dashboards {number}", "junction-7.ndjson"
    raise Problem(f"{server.url} says version {number or 'unknown'}: expected Kibana 7.10 to 9, or OpenSearch Dashboards 1 to 3"
                  " (without credentials Kibana may not say it)")


def form(name, text):
    """Headers and body of an upload."""
    boundary = uuid.uuid4().hex
    head = (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/ndjson\r\n\r\n")
    return ({"Content-Type": f"multipart/form-data; boundary={boundary}"},
            head.encode() + text + f"\r\n--{boundary}--\r\n".encode())


class Dashboards:
    """What is to be loaded, and where; whatever stands against it is said before anything is changed."""

    def __init__(self, server, space):
        self.server = server
        self.where = f"/s/{urllib.parse.quote(space)}" if space else ""
        self.product, self.name = product(server)
        path = os.path.join(FOLDER, self.name)
        try:
            with open(path, "rb") as file:
                self.text = file.read()
        except OSError as error:
            raise Problem(f"{path} cannot be read: {error}") from error

    def load(self, dry):
        """Overwrites what an earlier run loaded: a dashboard that you change you save under another name."""
        print(f"{self.product} at {self.server.url}", flush=True)
        if dry:
            count = sum(b'"attributes"' in line for line in self.text.splitlines())
            print(f"dashboards: {count} objects would be loaded from {self.name}")
            return
        headers, body = form(self.name, self.text)
        path = f"{self.where}/api/saved_objects/_import?overwrite=true"
        answer = self.server.judge(f"POST {path}", *self.server.exchange("POST", path, body, HEADERS | headers))
        if answer.get("success") is not True:
            wrong = [f"{e.get('type')} {e.get('id')}: {json.dumps(e.get('error'))}" for e in answer.get("errors", [])]
            raise Problem(f"{self.product} did not take all of {self.name}: {'; '.join(wrong[:3]) or json.dumps(answer)[:300]}")
        print(f"dashboards: {answer.get('successCount')} objects loaded from {self.name}, those of before overwritten")
