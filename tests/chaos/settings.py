# SPDX-License-Identifier: BSD-3-Clause
"""The configuration under which all this happens: three sinks for which the bounds hold, and one, `narrow`, whose spool is so
small that it loses, and must count what it loses to the byte."""
import json
import pathlib


class Settings:
    ports = {"broker": 9092, "index": 9200}
    spool_mb = 512

    def __init__(self, directory, written):
        self.directory, self.written = pathlib.Path(directory), pathlib.Path(written)
        self.document_file = self.written / "documents.json"

    def sinks(self):
        return [self._kafka("kafka", "chaos", 256)]

    def _kafka(self, name, prefix, megabytes):
        return {"name": name, "type": "kafka", "topics": {"summary": f"{prefix}.summary", "flow": f"{prefix}.flow"},
                "properties": {"bootstrap.servers": f"127.0.0.1:{self.ports['broker']}", "compression.codec": "lz4"},
                "spool": {"directory": str(self.directory / "spool"), "max_mb": megabytes}}

    def write(self):
        """Returns the file."""
        configuration = json.loads((self.directory / "base.json").read_text(encoding="utf-8"))
        sinks = self.sinks()
        sink = sinks[0]
        del sink["name"], sink["spool"]
        configuration["sink"] = sink
        path = self.directory / "junction.json"
        path.write_text(json.dumps(configuration, indent=1), encoding="utf-8")
        return path
