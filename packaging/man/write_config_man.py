#!/usr/bin/env python3
"""Writes the manual page penstock.yaml(5) out of the JSON schema, which the program itself writes.

Usage: write_config_man.py SCHEMA VERSION > penstock.yaml.5
"""
import json
import sys

HEAD = r""".TH PENSTOCK.YAML 5 "" "penstock {version}" "File Formats"
.SH NAME
penstock.yaml \- configuration of the API gateway penstock
.SH DESCRIPTION
One YAML file. This page lists every key.
.I /usr/share/doc/penstock/config.md
says what they mean together, and
.I /usr/share/doc/penstock/examples/example.yaml
shows each in its place.
.PP
Durations are written 250ms, 5s, 1m, 1h, 1d; sizes 4096, 64KiB, 10MiB; rates 100/s, 6000/m, 5/10s.
${{NAME}} and ${{NAME:-default}} in a value stand for an environment variable, $$ for one $.
An unknown key, or a value out of its bounds, is an error:
.B penstock \-t \-c
.I FILE
tells all of them.
.PP
Below, NAME in a path is a name of your choice, and [] an item of a list.
"""
TAIL = r""".SH FILES
.TP
.I /etc/penstock/penstock.yaml
The configuration that the service uses.
.TP
.I /usr/share/penstock/penstock.schema.json
The schema, for editors.
.SH SEE ALSO
.BR penstock (1)
"""


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in ".'" else text


def alternatives(schema):
    return [schema] + [part for kind in ("anyOf", "oneOf", "allOf") for part in schema.get(kind, [])]


def default_of(schema):
    if "default" not in schema:
        return ""
    default = schema["default"]
    return " Default: " + (default if isinstance(default, str) else json.dumps(default)) + "."


def children(schema, path):
    """Each (path, schema, required) directly below; lists and maps of named things add to the path."""
    for part in alternatives(schema):
        for name, child in part.get("properties", {}).items():
            yield (f"{path}.{name}" if path else name), child, name in part.get("required", [])
        if isinstance(part.get("items"), dict):
            yield from children(part["items"], path + "[]")
        named = part.get("additionalProperties")
        if isinstance(named, dict):
            yield from children(named, path + ".NAME")


def entries(schema, path):
    for child_path, child, required in children(schema, path):
        yield child_path, child.get("description", ""), default_of(child), required
        yield from entries(child, child_path)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    out = [HEAD.format(version=sys.argv[2])]
    for name, section, required in children(schema, ""):
        out.append(f".SH {escaped(name)}\n")
        out.append(escaped(section.get("description", "") + default_of(section) + (" Needed." if required else "")) + "\n")
        for path, description, default, needed in entries(section, name):
            out.append(f".TP\n\\fB{escaped(path)}\\fR\n")
            out.append(escaped(description + default + (" Needed." if needed else "")) + "\n")
    out.append(TAIL)
    sys.stdout.write("".join(out))


if __name__ == "__main__":
    main()
