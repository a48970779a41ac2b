#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""generate.py [--check] BUILD: write what documents, man page, completion and JSON Schema say about the lists of the
source. With --check nothing is written: exit status 1 when a file is not what it would be.

In a document the text between <!-- begin: NAME --> and <!-- end: NAME --> is generated. In a table, columns beyond those
that the list gives are written by hand, and kept."""
import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

from lean import lean_schema
from limits import Limits

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(ROOT.glob("docs/*.md"))


def as_text(schema):
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def cell(text):
    return text.replace("|", "\\|")


def row(cells):
    return "| " + " | ".join(cells) + " |\n"


def quoted(word):
    return f"`{cell(word)}`"


def cells_of(line):
    return [part.strip() for part in re.split(r"(?<!\\)\|", line.strip()[1:-1])]


def table(head, rows, old):
    """The rows, and of a row that was there before what stands in it beyond the head's columns."""
    lines = [cells_of(line) for line in old.splitlines() if line.startswith("|")]
    more = lines[0][len(head):] if lines else []
    kept = {line[0]: line[len(head):] for line in lines}
    text = row(head + more) + "|" + "---|" * (len(head) + len(more)) + "\n"
    for cells in rows:
        extra = kept.get(cells[0], [""] * len(more))
        if "" in extra:
            print(f"{cells[0]}: the column \"{more[extra.index('')]}\" can be written by hand")
        text += row(cells + extra)
    return text


class Generator:
    def __init__(self, build):
        def run(*words):
            return subprocess.run([build / words[0], *words[1:]], check=True, capture_output=True, text=True).stdout

        programs = ["junction", "junctionctl", "deploy/docs/describe"]
        subprocess.run(["ninja", "-C", build, "--quiet", *programs], check=True)
        self.lists = json.loads(run("deploy/docs/describe"))
        self.known_limits = Limits(ROOT, self.lists["sizes"], self.lists["ranges"])
        self.help = json.loads(run("junctionctl", "--help", "--json"))
        flow = self.flow_schema(json.loads((ROOT / "docs/flow.schema.json").read_text()))
        self.files = {
            "docs/junction.schema.json": as_text(self.lists["schema"]),
            "docs/flow.schema.json": as_text(flow),
            "docs/flow-lean.schema.json": as_text(lean_schema(flow)),
            "docs/summary.schema.json": self.summary_schema(json.loads((ROOT / "docs/summary.schema.json").read_text())),
            "docs/man/junction.1": run("junction", "--man"),
            "docs/man/junctionctl.1": run("junctionctl", "--man"),
            "deploy/completion/junctionctl": run("junctionctl", "completion", "bash"),
        }

    def flow_schema(self, schema):
        """What a flow document may say in words that are lists of the source."""
        own, reasons = schema["properties"]["junction"]["properties"], self.lists["lists"]["end reasons"]
        verdicts = [word for word, _ in self.lists["lists"]["verdicts of documents"] if word]
        own["verdict"]["items"]["enum"] = list(dict.fromkeys(verdicts))
        reason = own["end_reason"]["properties"]
        reason["name"]["enum"] = [name for name, _ in reasons]
        reason["id"].update(minimum=min(id for _, id in reasons), maximum=max(id for _, id in reasons))
        marks = [word for word, _ in self.lists["lists"]["interval marks"]]
        own["interval"]["properties"]["irregular"]["items"]["enum"] = [word for word in marks if word != "cut"]
        return schema

    def summary_schema(self, schema):
        marks = [word for word, _ in self.lists["lists"]["interval marks"]]
        schema["properties"]["junction.interval.irregular"]["items"]["enum"] = marks
        return as_text(schema)

    def keys(self, name, old, names):
        """The keys below the paths that the marker names, but for those that another marker of the document does."""
        roots = [path for other in names if other.startswith("keys") for path in other.split()[1:] or [""]]

        def owner(path):
            return max((root for root in roots if re.match(re.escape(root) + r"(\W|$)", path) or not root), key=len)

        wanted = name.split()[1:] or [""]
        rows = [[quoted(path), *cells] for path, cells in self.lists["keys"] if owner(path) in wanted]
        return table(["key", "type", "range", "default", "change", "what"], rows, old)

    def commands(self, name, old, names):
        rows = [[quoted(command["command"]), cell(command["text"])] for command in self.help["commands"]]
        return table(["command", "what it does"], rows, old)

    def options(self, name, old, names):
        """Of one command, whose words follow; without: of every command."""
        words = name.removeprefix("options").strip()
        commands = [c for c in self.help["commands"] if words and c["command"].startswith(words)]
        rows = []
        for option in commands[0]["options"] if words else self.help["options"]:
            spelled = option["option"] + (" " + option["value"] if option["value"] else "")
            rows.append([quoted(spelled), cell(option["text"])])
        return table(["option", "what it does"], rows, old)

    def methods(self, name, old, names):
        rows = []
        for method, required, optional in self.lists["methods"]:
            def say(parameters):
                return ", ".join(f"`{name}` ({kind})" for name, kind in parameters)
            parameters = say(required) + ("; any of " if optional else "") + say(optional)
            rows.append([quoted(method), parameters])
        return table(["method", "parameters"], rows, old)

    def list(self, name, old, names):
        """list of NAME: a table of words and what they mean."""
        rows = [[quoted(word), cell(text)] for word, text in self.lists["lists"][name.removeprefix("list of ")]]
        return table(["reason", "what it was"], rows, old)

    def limits(self, name, old, names):
        """limits TABLE: how much there can be of everything, and what it takes."""
        rows = self.known_limits.rows(name.removeprefix("limits "))
        return table(["what", "how many", "memory of each"], rows, old)

    def words(self, name, old, names):
        """words of NAME: those of a list, in a sentence."""
        words = [quoted(word) for word, _ in self.lists["lists"][name.removeprefix("words of ")]]
        return textwrap.fill(", ".join(words) + ".", 120, break_on_hyphens=False) + "\n"

    def document(self, text):
        names = re.findall(r"<!-- begin: (.*?) -->", text)

        def fill(found):
            name = found[1]
            make = getattr(self, name.split()[0])
            return f"<!-- begin: {name} -->\n\n{make(name, found[2], names)}\n<!-- end: {name} -->"

        return re.sub(r"<!-- begin: (.*?) -->\n(.*?)<!-- end: \1 -->", fill, text, flags=re.DOTALL)


def main():
    check = sys.argv[1:2] == ["--check"]
    generator = Generator(Path(sys.argv[-1]).resolve())
    for path in DOCUMENTS:
        generator.files[str(path.relative_to(ROOT))] = generator.document(path.read_text())
    stale = [name for name, text in generator.files.items() if (ROOT / name).read_text() != text]
    for name in stale:
        print(f"{name}: not what the lists of the source say; run: make docs" if check else f"{name}: written")
        if not check:
            (ROOT / name).write_text(generator.files[name])
    for error in generator.known_limits.errors:
        print(f"deploy/docs/limits.py: {error}")
    sys.exit(1 if check and stale or generator.known_limits.errors else 0)


main()
