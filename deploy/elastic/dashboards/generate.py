#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""generate.py: writes junction-7.ndjson and junction-9.ndjson beside itself from the descriptions (*.yaml) there.
generate.py --check: says, by its status and in words, whether they are what it would write.
generate.py --fields: prints each field that a panel, control or column asks for, with its data and what is asked."""
import argparse
import json
import pathlib
import sys

import yaml

import saved_objects
import visualisations

FOLDER = pathlib.Path(__file__).resolve().parent
DASHBOARDS = ("realtime", "flows", "mirroring", "junction")


def read(folder=FOLDER):
    """The data and the dashboards that are described."""
    data = yaml.safe_load((folder / "data.yaml").read_text())
    dashboards = [yaml.safe_load((folder / f"{name}.yaml").read_text()) for name in DASHBOARDS]
    return data, dashboards


def lines(form, data, dashboards):
    """A saved object a line: those that others refer to come first."""
    objects = [saved_objects.index_pattern(form, name, data[name]) for name in sorted(data)]
    for dashboard in dashboards:
        objects += [saved_objects.panel_object(form, data, dashboard, panel) for panel in dashboard["panels"]]
        if form.input_controls and dashboard.get("controls"):
            objects.append(saved_objects.controls_object(form, data, dashboard))
        objects.append(saved_objects.dashboard(form, data, dashboard))
    return "".join(json.dumps(saved, sort_keys=True, ensure_ascii=False) + "\n" for saved in objects)


def fields(dashboards):
    """(data, field, what is asked of it), once each."""
    asked = set()
    for dashboard in dashboards:
        for control in dashboard.get("controls", []):
            asked.add((control["of"], control["field"], "terms"))
        for panel in dashboard["panels"]:
            for field, what in visualisations.asked(panel):
                asked.add((panel["of"], field, what))
    return sorted(asked)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--fields", action="store_true")
    options = parser.parse_args()
    data, dashboards = read()
    if options.fields:
        for row in fields(dashboards):
            print(*row)
        return 0
    status = 0
    for form in saved_objects.FORMS:
        path = FOLDER / f"junction-{form.number}.ndjson"
        text = lines(form, data, dashboards)
        if not options.check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            print(f"{path.name}: not what generate.py makes of the descriptions: run it, and commit what it writes")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
