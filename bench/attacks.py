#!/usr/bin/env python3
"""Known attacks on one gateway, one after the other, and what another client notices meanwhile.

slowhttptest's four (slow headers, slow bodies, slow reading, overlapping ranges) with a thousand connections each; and
floods of our own: of connections, of header lines without end, of one-byte chunks, of pipelined requests whose answers
nobody reads. The other client asks twenty times a second, each time on a new connection. It fails if one of its
requests does, or takes longer than a second, or if slowhttptest finds the service gone.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lab import process, subjects  # noqa: E402
from lab.floods import FLOODS, flood, probe  # noqa: E402
from slow_clients import start_backend, start_gateway  # noqa: E402

LATEST_S = 1
SLOW = {  # slowhttptest's arguments
    "slow headers": ["-H", "-i", "2"],
    "slow bodies": ["-B", "-i", "2", "-s", "100000", "-u/upload"],
    "slow reading": ["-X", "-w", "10", "-y", "20", "-n", "2", "-z", "32", "-k", "3", "-u/big"],
    "overlapping ranges": ["-R", "-t", "HEAD", "-a", "10", "-b", "3000", "-u/big"],
}


class OtherClient:
    """Asks all the time, and remembers what became of it."""

    def __init__(self, port):
        self.port, self.latencies, self.failures, self.ended = port, [], [], threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.ended.wait(0.05):
            begun = time.monotonic()
            try:
                probe(self.port)
                self.latencies.append(time.monotonic() - begun)
            except OSError as error:
                self.failures.append(str(error))

    def end(self):
        self.ended.set()
        self.thread.join()


def slowhttptest(arguments, port, connections, seconds):
    """How often it found the service gone."""
    path = next((each[2:] for each in arguments if each.startswith("-u")), "/")
    command = [subjects.find("slowhttptest"), *(each for each in arguments if not each.startswith("-u")),
               "-u", f"http://127.0.0.1:{port}{path}", "-c", str(connections), "-r", str(connections // 4),
               "-l", str(seconds), "-p", "3"]
    output = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    seen = re.findall(r"service available: *(YES|NO)", re.sub(r"\x1b\[[0-9;]*m", "", output))
    if not seen:
        raise SystemExit(f"slowhttptest said:\n{output[-2000:]}")
    return seen.count("NO")


def attack(name, options, gateway):
    """A row of the table, and whether all went well."""
    before, other, gone = gateway.resident_bytes(), OtherClient(gateway.port), 0
    if name in SLOW:
        gone = slowhttptest(SLOW[name], gateway.port, options.connections, options.seconds)
    else:
        flood(name, gateway.port, options.seconds)
    grown = (gateway.resident_bytes() - before) / 2**20
    other.end()
    ordered = sorted(other.latencies)
    well = not other.failures and not gone and bool(ordered) and ordered[-1] < LATEST_S and gateway.process.poll() is None
    p99 = ordered[int(0.99 * (len(ordered) - 1))] * 1000 if ordered else float("nan")
    print(f"| {name} | {len(ordered)} | {len(other.failures)} | {p99:.1f} ms | {ordered[-1] * 1000 if ordered else 0:.1f} ms "
          f"| {gone or '-'} | {grown:+.1f} MiB | {'' if well else 'NOT WELL'} |", flush=True)
    for failure in other.failures[:3]:
        print(failure)
    return well


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--penstock", default="build/release/penstock", metavar="PATH")
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=15, help="for each attack")
    parser.add_argument("--only", metavar="NAME", choices=[*SLOW, *FLOODS])
    options = parser.parse_args()
    options.max = ""
    process.raise_open_files()
    os.sched_setaffinity(0, {min(process.LOAD_CORE, os.cpu_count() - 1)})
    all_well = True
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        os.chmod(folder, 0o755)
        backend = start_backend(folder)
        try:
            gateway = start_gateway(options, folder, backend)
            try:
                print("| attack | others' requests | failed | p99 | slowest | slowhttptest: gone | memory | |")
                print("|---|---|---|---|---|---|---|---|")
                for name in [options.only] if options.only else [*SLOW, *FLOODS]:
                    all_well &= attack(name, options, gateway)
            finally:
                gateway.end()
            all_well &= gateway.process.returncode == 0
        finally:
            backend.end()
    sys.exit(not all_well)


if __name__ == "__main__":
    main()
