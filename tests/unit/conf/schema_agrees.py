"""Checks that conf/penstock.schema.json takes what the loader takes and refuses what it refuses.

Usage: schema_agrees.py SCHEMA GOOD_FILES... -- BAD_FILES...
Exits 0 if it does, 1 if not, 77 if a Python package is missing (Debian: python3-jsonschema, python3-yaml).
"""
import json
import sys

try:
    import jsonschema
    import yaml

    Validator = jsonschema.Draft202012Validator
except (ImportError, AttributeError):
    sys.exit(77)


def keys_as_written(value):
    """PyYAML reads YAML 1.1, where the key `on` is a truth value; for us and for editors (YAML 1.2) it is a word."""
    if isinstance(value, dict):
        return {"on" if key is True else key: keys_as_written(item) for key, item in value.items()}
    return [keys_as_written(item) for item in value] if isinstance(value, list) else value


def main():
    schema_path, *paths = sys.argv[1:]
    split = paths.index("--")
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    Validator.check_schema(schema)
    wrong = 0
    for path in paths[:split] + paths[split + 1:]:
        good = path in paths[:split]
        with open(path, encoding="utf-8") as file:
            errors = list(Validator(schema).iter_errors(keys_as_written(yaml.safe_load(file))))
        if good != (not errors):
            wrong += 1
            print(f"{path}: should be {'taken' if good else 'refused'}", *(error.message[:200] for error in errors), sep="\n  ")
    return 1 if wrong else 0


sys.exit(main())
