#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""others.py FOLDER DOCUMENTS NOT-DOCUMENTS: of the pipelines whose programs cannot be had here, as much as can be tried. Vector's
program is compiled and run by Vector's own compiler over all documents (JSON lines), and over what is none; Logstash's is read
by its grammar, and has to say what makes a retry meet its document."""
import json
import sys

import yaml
from logstash_pipeline_parser import Pipeline
from vrl_python import VRLRuntime


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n") for line in file]


def index_of(document):
    return document["event"]["dataset"].replace(".", "-") + "-" + document["@timestamp"][:10].replace("-", ".")


def vector(path, good, bad):
    with open(path, encoding="utf-8") as file:
        settings = yaml.safe_load(file)
    program = settings["transforms"]["junction_documents"]["source"]
    if diagnostic := VRLRuntime.check_syntax(program):
        yield f"vector: {diagnostic.formatted_message}"
        return
    runtime = VRLRuntime()
    sink = settings["sinks"]["junction_index"]
    for line in good:
        made, document = runtime.execute(program, {"message": line}).processed_event, json.loads(line)
        if made.pop(sink["id_key"]) != document["event"]["id"] or made.pop(sink["bulk"]["index"].strip("{} ")) != index_of(document):
            yield f"vector: another id or index: {line}"
        if made != document:
            yield f"vector: {line} became {made}"
    for line in bad:
        try:
            yield f"vector: a document: {line}: {runtime.execute(program, {'message': line}).processed_event}"
        except RuntimeError:
            pass
    taken_off = {sink["id_key"], sink["bulk"]["index"].strip("{} ")}
    if set(sink["encoding"]["except_fields"]) != taken_off or sink["bulk"]["action"] != "create":
        yield f"vector: the sink sends what is none of the document's: {sink}"
    if not sink["acknowledgements"]["enabled"] or not sink["request_retry_partial"]:
        yield "vector: what the index does not take is lost"


def plugins(tree, name):
    """Settings of each plugin of that name."""
    for part in tree if isinstance(tree, list) else []:
        if isinstance(part, list) and len(part) == 2 and part[0] == name and isinstance(part[1], list):
            yield {key: value[0] for key, value in part[1]}
        yield from plugins(part, name)


def logstash(path):
    with open(path, encoding="utf-8") as file:
        tree = Pipeline(file.read()).parse()
    wanted = [("kafka", "topics", ["junction.flow", "junction.summary"]), ("kafka", "enable_auto_commit", False),
              ("kafka", "codec", "json"), ("elasticsearch", "document_id", "%{[event][id]}"), ("elasticsearch", "action", "create"),
              ("elasticsearch", "index", "%{[@metadata][index]}-%{+YYYY.MM.dd}")]
    for plugin, key, value in wanted:
        for settings in list(plugins(tree, plugin)) or [{}]:
            if settings.get(key) != value:
                yield f"logstash: {plugin}: {key}: expected {value}, found {settings.get(key)}"
    if [section[0] for section in tree] != ["input", "filter", "output"]:
        yield "logstash: expected an input, a filter and an output"


def main(folder, good, bad):
    good, bad = lines(good), lines(bad)
    if not good or not bad:
        return "nothing to try"
    wrong = [*vector(f"{folder}/vector/junction.yaml", good, bad), *logstash(f"{folder}/logstash/junction.conf")]
    return "\n".join(line[:300] for line in wrong[:20]) or None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
