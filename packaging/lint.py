#!/usr/bin/env python3
"""clang-tidy over files of a compile database, several at a time: ./dev lint.

A file that was found clean is not looked at again while nothing of what was read is different: the file itself and all of
the project's headers that it includes, the command, the configuration, the tool. The keys of what is clean are kept in
$XDG_CACHE_HOME/penstock/lint, for all checkouts. With --within no file is begun after that many seconds; how many were not
looked at is said. Ends with 1 if there is anything to mend.
"""

import argparse
import hashlib
import json
import os
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

KEPT_SECONDS = 60 * 24 * 3600


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", default="clang-tidy")
    parser.add_argument("--database", required=True, help="the folder of compile_commands.json")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--within", type=float, metavar="SECONDS")
    parser.add_argument("files", nargs="*")
    return parser.parse_args()


class Cache:
    """A file with nothing in it for each key of something clean. Those that nobody has asked for in a while go."""

    def __init__(self):
        home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        self.folder = os.path.join(home, "penstock", "lint")
        os.makedirs(self.folder, exist_ok=True)
        for entry in os.scandir(self.folder):
            if entry.stat().st_mtime < time.time() - KEPT_SECONDS:
                os.unlink(entry.path)

    def has(self, key):
        try:
            os.utime(os.path.join(self.folder, key))
            return True
        except FileNotFoundError:
            return False

    def keep(self, key):
        open(os.path.join(self.folder, key), "w").close()


class Linter:
    def __init__(self, options):
        self.options, self.cache, self.root = options, Cache(), os.getcwd()
        self.end = time.monotonic() + options.within if options.within else float("inf")
        with open(os.path.join(options.database, "compile_commands.json")) as file:
            self.commands = {os.path.relpath(entry["file"]): entry for entry in json.load(file)}
        version = subprocess.run([options.tool, "--version"], capture_output=True, text=True, check=True).stdout
        self.common = [version] + [self.content(path) for path in (".clang-tidy", "tests/.clang-tidy")]

    @staticmethod
    def content(path):
        with open(path, errors="surrogateescape") as file:
            return file.read()

    def reads(self, entry):
        """(command, files of the project that it reads, the file first), both without what differs between checkouts."""
        words = shlex.split(entry["command"])
        if "ccache" in os.path.basename(words[0]):
            del words[0]
        output = words.index("-o")
        del words[output:output + 2]
        rule = subprocess.run([word for word in words if word != "-c"] + ["-MM"], cwd=entry["directory"],
                              capture_output=True, text=True, check=True).stdout
        paths = [os.path.join(entry["directory"], path) for path in rule.replace("\\\n", " ").split()[1:]]
        paths = [os.path.relpath(path) for path in paths]
        # The program's version is another one at each commit.
        return " ".join(words).replace(self.root, ""), [path for path in paths if not path.startswith("build/")]

    def key(self, name):
        """None if the file does not even preprocess; clang-tidy says it better."""
        try:
            command, paths = self.reads(self.commands[name])
        except subprocess.CalledProcessError:
            return None
        parts = self.common + [command] + [part for path in paths for part in (path, self.content(path))]
        return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()

    def look(self, name):
        """What is to be mended in the file, as text; empty if it is clean, None if there was no time left for it."""
        if time.monotonic() > self.end:
            return None
        key = self.key(name)
        if key and self.cache.has(key):
            return ""
        done = subprocess.run([self.options.tool, "-p", self.options.database, "--quiet",
                               "--extra-arg=-Wno-unknown-warning-option", name], capture_output=True, text=True)
        if done.returncode != 0:
            return done.stdout or done.stderr
        if key:
            self.cache.keep(key)
        return ""


def main():
    options = parse_arguments()
    linter = Linter(options)
    files = [name for name in options.files if name in linter.commands]
    bad = passed_over = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        for name, text in zip(files, pool.map(linter.look, files)):
            bad += bool(text)
            passed_over += text is None
            if text:
                print(text, flush=True)
    late = f", {passed_over} not looked at within {options.within:g} s" if passed_over else ""
    print(f"clang-tidy: {len(files)} files, {bad} with something to mend{late}", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
