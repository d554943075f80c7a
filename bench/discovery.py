#!/usr/bin/env python3
"""What a large service that changes all the time costs: 10,000 endpoints in a real registry, 100 changes a second.

The gateway has core 0, all its threads; the load, the backend (one nginx that is all endpoints) and the registry have
core 1, where load and backend go before the registry if that is allowed: what its changes cost itself must not show as
late answers. The load comes at its own pace. Quiet times and times with changes take turns; quoted are medians over
rounds: the control thread's share of a core, the other threads' that are no workers, p99, the longest turn of the
worker's loop, and what was not answered well.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from statistics import median

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lab import process, registries, subjects, watch  # noqa: E402


NICE = -10  # of all programs here, where that is allowed: other work on the machine must not decide


def addresses_of(count, port):
    """Of the loopback's 127.0.0.0/8, all of which one server can have."""
    return [f"127.{1 + i // 62_500}.{i // 250 % 250}.{1 + i % 250}:{port}" for i in range(count)]


class Changes(threading.Thread):
    """Takes an endpoint out and puts it back, another one each time, at an even pace."""

    def __init__(self, registry, addresses, rate, seconds, chance):
        super().__init__()
        self.registry, self.addresses, self.rate, self.seconds, self.chance = registry, addresses, rate, seconds, chance
        self.made, self.over = 0, False

    def run(self):
        begin, out = time.monotonic(), None
        while time.monotonic() < begin + self.seconds or out:
            time.sleep(max(0, begin + self.made / self.rate - time.monotonic()))
            if out:
                self.registry.put(out)
                out = None
            else:
                out = self.chance.choice(self.addresses)
                self.registry.remove(out)
            self.made += 1
        self.over = True


class Run:
    def __init__(self, options):
        self.options, self.chance, self.running = options, random.Random(1), []

    def start(self, folder, kind):
        home = os.path.join(folder, kind)
        os.makedirs(home)
        port = process.free_port()
        self.running.append(subjects.nginx("backend", home, port, process.LOAD_CORE,
                                           'location / { return 200 "ok"; }', addresses=("0.0.0.0",)))
        process.hurry(self.running[0].worker_pid())
        self.registry = registries.KINDS[kind](home)
        self.running.append(self.registry)
        self.addresses = addresses_of(self.options.endpoints, port)
        self.registry.enter(self.addresses)
        self.start_gateway(home)

    def start_gateway(self, home):
        port, self.admin = process.free_port(), process.free_port()
        config = subjects.write(home, "penstock.yaml", f"""
workers: 1
state_dir: {home}/state
listeners: ["127.0.0.1:{port}"]
admin: {{ bind: "127.0.0.1:{self.admin}" }}
registries:
  it: {{ {self.registry.yaml()} }}
upstreams:
  backend: {{ discover: {{ registry: it, service: backend }}, pool: {{ requests_per_connection: {subjects.MANY} }} }}
routes:
  - upstream: backend
""")
        core = process.PROXY_CORE
        self.gateway = process.Program("penstock", [self.options.penstock, "-c", config], port, core,
                                       os.path.join(home, "penstock.output"))
        self.running.append(self.gateway)
        self.until_all_are_known()

    def discovery(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/registries") as page:
            return (json.load(page)["upstreams"] or [{"endpoints": 0}])[0]  # there are none before it is ready

    def until_all_are_known(self):
        for _ in range(300):
            try:
                if self.discovery()["endpoints"] == self.options.endpoints:
                    return
            except OSError:
                pass  # the admin listener is the last to open
            time.sleep(0.1)
        raise SystemExit(f"the gateway does not know all {self.options.endpoints} endpoints")

    def measure(self, seconds, with_changes):
        changes = Changes(self.registry, self.addresses, self.options.rate, seconds, self.chance)
        pid = self.gateway.process.pid
        load, turns = self.start_load(seconds), watch.turns(self.admin)[1]
        process.hurry(load.pid)
        before, version, begin = watch.thread_seconds(pid), self.discovery()["version"], time.monotonic()
        if with_changes:
            changes.start()
        output, _ = load.communicate(timeout=seconds + 60)
        spent, passed = watch.thread_seconds(pid), time.monotonic() - begin
        if with_changes:
            changes.join()
            if not changes.over:
                raise SystemExit(f"{self.registry.name}: the changes ended early")
        result = {role: (spent[role] - before[role]) / passed for role in spent}
        result["snapshots"] = (self.discovery()["version"] - version) / passed
        result["changes"] = changes.made / passed
        result["turn"] = watch.turns(self.admin)[1].since(turns).longest_ms()
        served = json.loads(output)["classes"]["all"]
        result["p50"], result["p99"] = served["served_ms"]["p50"], served["served_ms"]["p99"]
        result["failed"] = served["refused"] + served["late"] + served["failed"]
        return result

    def start_load(self, seconds):
        command = [self.options.open_load, "--port", str(self.gateway.port), "--class",
                   f"all:{self.options.requests}:50", "--seconds", str(seconds), "--warm", "0", "--deadline-ms", "2000"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                preexec_fn=lambda: os.sched_setaffinity(0, {process.LOAD_CORE}))

    def end(self):
        for each in reversed(self.running):
            each.end()


def show(kind, what, results):
    def of(name):
        return median(result[name] for result in results)

    print(f"{kind:10} {what:8} control {of('control'):.3f}  others {of('others'):.3f}  workers {of('workers'):.3f}  "
          f"p50 {of('p50'):.2f} ms  p99 {of('p99'):.2f} ms  turns <= {of('turn'):g} ms  {of('snapshots'):.1f} snapshots/s  "
          f"{of('changes'):.0f} changes/s  failed {sum(result['failed'] for result in results):g}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", default=list(registries.KINDS), help="etcd, consul, zookeeper (default: all)")
    parser.add_argument("--penstock", default="build/release/penstock")
    parser.add_argument("--open-load", default="build/bench/bench/open_load")
    parser.add_argument("--endpoints", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=100, help="changes a second")
    parser.add_argument("--requests", type=float, default=1500, help="a second")
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    process.raise_open_files()
    try:
        os.setpriority(os.PRIO_PROCESS, 0, NICE)  # the programs that are started inherit it
    except PermissionError:
        pass
    with tempfile.TemporaryDirectory(prefix="penstock-bench-", dir=registries.fast_folder()) as folder:
        os.chmod(folder, 0o755)
        for kind in options.kinds:
            run = Run(options)
            try:
                run.start(folder, kind)
                run.measure(1.5 * options.endpoints / options.requests, False)  # every endpoint gets a connection
                quiet, busy = [], []
                for _ in range(options.rounds):
                    quiet.append(run.measure(options.seconds, False))
                    busy.append(run.measure(options.seconds, True))
                show(kind, "quiet", quiet)
                show(kind, "changing", busy)
            finally:
                run.end()


if __name__ == "__main__":
    main()
