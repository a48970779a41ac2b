# SPDX-License-Identifier: BSD-3-Clause
"""The configuration under which all this happens. The bounds of four sinks hold: kafka, index, streams (data streams, which
roll over) and file, the plain reference. The spool of the fifth, narrow, is so small that it loses, and has to count what it
loses to the byte."""
import json
import pathlib

from programs import ask

STREAMS = ("chaos-stream-flow", "chaos-stream-summary")
DATE = {"@timestamp": {"type": "date_nanos"}}


class Settings:
    ports = {"broker": 9092, "index": 9200}
    spool_mb = 192

    def __init__(self, directory, written):
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
        return [self._kafka("kafka", 48), self._index("index", "chaos-index", False),
                self._index("streams", "chaos-stream", True), self._kafka("narrow", 1),
                {"name": "file", "type": "file", "file": {"path": str(self.document_file), "max_mb": 100000}}]

    def write(self):
        """Returns the file."""
        configuration = json.loads((self.directory / "base.json").read_text(encoding="utf-8"))
        del configuration["sink"]
        configuration["sinks"] = self.sinks()
        path = self.directory / "junction.json"
        path.write_text(json.dumps(configuration, indent=1), encoding="utf-8")
        return path

    def prepare_index(self):
        """Only the date is mapped: what all else should be is none of this test's business."""
        template = {"settings": {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "5s"},
                    "mappings": {"dynamic": False, "properties": DATE}}
        for name, more in (("index", {}), ("stream", {"data_stream": {}})):
            ask(self.ports["index"], f"_index_template/chaos-{name}", method="PUT", body={
                "index_patterns": [f"chaos-{name}-*"], "priority": 500, "template": template, **more})
