# SPDX-License-Identifier: BSD-3-Clause
"""The configuration under which all this happens. The bounds of four sinks hold: kafka, index, streams (which rolls over) and
file, the plain reference. The spool of the fifth, narrow, is so small that it loses, and has to count what it loses to the
byte."""
import json
import pathlib

from programs import ask

STREAMS = ("chaos-stream-flow", "chaos-stream-summary")
DATE = {"@timestamp": {"type": "date_nanos"}}


class Settings:
    ports = {"broker": 9092, "index": 9200}
    spool_mb = 288

    def __init__(self, directory, written, wanted=""):
        self.wanted = [word for word in wanted.split(",") if word]
        self.directory, self.written = pathlib.Path(directory), pathlib.Path(written)
        self.document_file = self.written / "documents.json"

    def _spool(self, megabytes):
        return {"directory": str(self.directory / "spool"), "max_mb": megabytes}

    def _kafka(self, name, megabytes):
        return {"name": name, "type": "kafka", "topics": {"summary": f"{name}.summary", "flow": f"{name}.flow"},
                "properties": {"bootstrap.servers": f"127.0.0.1:{self.ports['broker']}", "compression.codec": "lz4"},
                "spool": self._spool(megabytes)}

    def _index(self, name, indices, data_streams):
        return {"name": name, "type": "elasticsearch", "spool": self._spool(48),
                "elasticsearch": {"urls": [f"http://127.0.0.1:{self.ports['index']}"], "data_streams": data_streams,
                                  "indices": {"flow": f"{indices}-flow", "summary": f"{indices}-summary"}}}

    def sinks(self):
        """All, or those that are wanted."""
        every = [self._kafka("kafka", 160), self._index("index", "chaos-index", False),
                 self._index("streams", "chaos-stream", True), self._kafka("narrow", 1),
                 {"name": "file", "type": "file", "file": {"path": str(self.document_file), "max_mb": 100000}}]
        return [sink for sink in every if not self.wanted or sink["name"] in self.wanted]

    def write(self):
        """Returns the file."""
        configuration = json.loads((self.directory / "base.json").read_text(encoding="utf-8"))
        del configuration["sink"]
        configuration["sinks"] = self.sinks()
        path = self.directory / "junction.json"
        path.write_text(json.dumps(configuration, indent=1), encoding="utf-8")
        return path

    def prepare_index(self):
        """Only the date is mapped: what all else should be is none of this test's business. This Elasticsearch has no data
        streams; an alias that rolls over takes documents as they do."""
        template = {"settings": {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "5s"},
                    "mappings": {"dynamic": False, "properties": DATE}}
        port = self.ports["index"]
        ask(port, "_index_template/chaos", {"index_patterns": ["chaos-*"], "priority": 500, "template": template}, method="PUT")
        for stream in STREAMS:
            ask(port, f"{stream}-000001", {"aliases": {stream: {"is_write_index": True}}}, method="PUT")
