#!/usr/bin/env python3
"""Reloads under load: what they cost the requests, the threads and the memory.

  busy    rounds with and without reloads take turns, under an open load. Every second file is bad; the good ones change
          routes, weights, an upstream's settings, and bring and take away upstreams and listeners
  large   10,000 routes and 1,000 upstreams, one change a reload; and, told apart, all upstreams changed at once
  memory  the resident size after so many reloads

Turns of loops are wall time. So that what else runs on the machine is not in them, the load, the backend and the
gateway's loops are real-time threads, where that is allowed. Threads that begin later are not: those of the pool, and
the one that reads and compiles.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from statistics import median

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lab import process, subjects, watch  # noqa: E402

IN_FORCE, REFUSED = "the new configuration is in force", "the one in force stays"
CLIENTS = 50


class Setting:
    """What configurations are made of: `change` counts them up, and each differs from the one before in one thing."""

    def __init__(self, backend, routes, upstreams, endpoints):
        self.backend, self.routes, self.upstreams, self.endpoints = backend, routes, upstreams, endpoints
        self.port, self.admin, self.more = process.free_port(), process.free_port(), process.free_port()
        self.state = {"route": 0, "weights": 0, "upstream": 0, "listener": 0, "settings": 0, "everything": 0}

    def change(self, what):
        self.state[what] += 1
        return what

    def text(self):
        state = self.state
        listeners = [f"  - {{ bind: '127.0.0.1:{self.port}', max: {{ requests_per_connection: 1000000000 }} }}"]
        if state["listener"] % 2:
            listeners.append(f"  - {{ bind: '127.0.0.1:{self.more}' }}")
        return "\n".join(["workers: 2", "listeners:", *listeners, f"admin: {{ bind: '127.0.0.1:{self.admin}' }}",
                          "upstreams:", *self.upstream_lines(), "routes:", *self.route_lines(), ""])

    def upstream_lines(self):
        state = self.state
        number = self.upstreams + state["upstream"] % 2
        for i in range(number):
            addresses = [f"127.0.0.{1 + (i + j) % 10}:{self.backend.port}" for j in range(self.endpoints)]
            weight = 1 + state["weights"] % 3 if i == 0 else 1
            listed = ", ".join([f"{{ address: '{addresses[0]}', weight: {weight} }}"] +
                               [f"'{address}'" for address in addresses[1:]])
            first_byte = 15 + state["everything"] % 5 + (state["settings"] % 2 if i == 1 else 0)
            yield (f"  u{i}: {{ endpoints: [{listed}], timeouts: {{ first_byte: {first_byte}s }}, "
                   f"circuit_breaker: {{ failure_ratio: 0.5 }} }}")

    def route_lines(self):
        yield "  - { id: loaded, match: { path: / }, upstream: u0 }"
        yield "  - { id: also, match: { host: backend.test, path: / }, upstream: u1 }"
        for i in range(self.routes - 2 + self.state["route"] % 2):
            yield (f"  - {{ id: r{i}, match: {{ host: h{i % 100}.example.com, path: /service/{i}/* }}, "
                   f"upstream: u{i % self.upstreams} }}")

    def bad_text(self, number):
        """With something wrong that is found early, late, or only when it is to be used."""
        text = self.text()
        taken = f"listeners:\n  - '127.0.0.1:{self.backend.port}'"
        return [text + "nonsense: true\n", text.replace("upstream: u0 }", "upstream: nobody }"),
                text[:len(text) * 2 // 3] + "\n  - [", text.replace("listeners:", taken)][number % 4]


class Gateway:
    """One Penstock with its files and its backend."""

    def __init__(self, options, folder, setting):
        self.setting, self.path = setting, os.path.join(folder, "penstock.yaml")
        self.write(setting.text())
        self.program = process.Program("penstock", [options.penstock, "-c", self.path], setting.port, 0,
                                       os.path.join(folder, "log"))
        self.pid = self.program.process.pid
        self.log = watch.Log(self.program.log_path)
        self.log.wait_for(["ready"])
        for thread in os.listdir(f"/proc/{self.pid}/task"):  # those that come later are like the first
            os.sched_setaffinity(int(thread), range(os.cpu_count()))
        process.hurry(self.pid)

    def write(self, text):
        with open(self.path + ".new", "w") as file:
            file.write(text)
        os.rename(self.path + ".new", self.path)

    def reload(self, text, good):
        """Seconds until the program says what came of it."""
        self.write(text)
        begun = time.monotonic()
        self.program.process.send_signal(signal.SIGHUP)
        said = self.log.wait_for([IN_FORCE, REFUSED])
        if said != (IN_FORCE if good else REFUSED):
            raise SystemExit(f"a {'good' if good else 'bad'} file, but: {said}; see {self.program.log_path}")
        return time.monotonic() - begun


class Load:
    """Requests at their own pace on another program's clock."""

    def __init__(self, options, gateway, seconds, seed):
        command = [options.open_load, "--port", str(gateway.setting.port), "--seconds", str(seconds), "--warm", "0.5",
                   "--deadline-ms", "5000", "--seed", str(seed), "--class", f"all:{options.rate}:{CLIENTS}"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                        preexec_fn=lambda: process.hurry(os.getpid()))

    def result(self):
        output, _ = self.process.communicate(timeout=120)
        if self.process.returncode != 0:
            raise SystemExit("the load generator failed")
        result = json.loads(output)
        result["bad"] = round((result["failed"] + result["late"] + result["refused"]) * result["seconds"])
        return result


def one_round(options, gateway, reloads, number):
    """`reloads`: how many in the round's time; 0: none."""
    setting = gateway.setting
    cpu, (control, workers) = watch.thread_seconds(gateway.pid), watch.turns(setting.admin)
    load = Load(options, gateway, options.seconds, number)
    begun, kinds = time.monotonic(), ["route", "weights", "upstream", "listener", "settings"]
    for i in range(reloads):
        time.sleep(max(0, begun + (i + 0.5) * options.seconds / reloads - time.monotonic()))
        if i % 2:
            gateway.reload(setting.bad_text(i // 2), False)
        else:
            setting.change(kinds[i // 2 % len(kinds)])
            gateway.reload(setting.text(), True)
    result = load.result()
    later, (control_later, workers_later) = watch.thread_seconds(gateway.pid), watch.turns(setting.admin)
    result["cpu"] = {name: seconds - cpu.get(name, 0) for name, seconds in later.items()}
    result["control"], result["workers"] = control_later.since(control), workers_later.since(workers)
    return result


def busy(options, folder, backend):
    gateway = Gateway(options, folder, Setting(backend, 50, 10, 3))
    try:
        memory = watch.Memory(gateway.program)
        rounds = {"without": [], "with": []}
        reloads = round(options.reloads / options.rounds)
        for number in range(options.rounds):
            for name in ("without", "with") if number % 2 == 0 else ("with", "without"):
                rounds[name].append(one_round(options, gateway, reloads if name == "with" else 0, number + 1))
        series = memory.end()
    finally:
        gateway.program.end()
    print(f"{options.rounds} × {options.seconds:g} s with {reloads} reloads, half of them bad, and as long without; "
          f"{options.rate:g} requests/s")
    print("\n| | without | with |\n|---|---|---|")

    def row(title, value):
        print(f"| {title} | {value(rounds['without'])} | {value(rounds['with'])} |")

    def longest(of):
        return lambda results: f"≤ {max(each[of].longest_ms() for each in results):g}"

    def cpu(name):
        seconds = options.rounds * options.seconds
        return lambda results: f"{1000 * sum(each['cpu'][name] for each in results) / seconds:.1f}"

    row("requests", lambda results: sum(round(each["offered"] * each["seconds"]) for each in results))
    row("not answered 200 in 5 s", lambda results: sum(each["bad"] for each in results))
    for quantile in ("p50", "p99", "max"):
        row(f"{quantile}, ms", lambda results: f"{median(each['served_ms'][quantile] for each in results):.2f}")
    row("p99 of each round, ms", lambda results: " ".join(f"{each['served_ms']['p99']:.2f}" for each in results))
    row("longest turn of a worker's loop, ms", longest("workers"))
    row("turns of workers over 5 ms", lambda results: sum(each["workers"].longer_than(0.005) for each in results))
    row("longest turn of the control loop, ms", longest("control"))
    for name in ("control", "workers", "others"):
        row(f"CPU of {name}, ms per second", cpu(name))
    ratio = median(a["served_ms"]["p99"] / b["served_ms"]["p99"] for a, b in zip(rounds["with"], rounds["without"]))
    print(f"\np99 with / without, median of rounds: {ratio:.2f}")
    tell_memory(series)


def tell_memory(series):
    tenth = max(1, len(series) // 10)
    print("resident MiB, median of each tenth of the time: " +
          " ".join(f"{median(series[at:at + tenth]):.1f}" for at in range(0, len(series) - tenth + 1, tenth)))


def large(options, folder, backend):
    setting = Setting(backend, options.routes, options.upstreams, 5)
    gateway = Gateway(options, folder, setting)
    try:
        load = Load(options, gateway, 3, 1)
        quiet = watch.turns(setting.admin)[1]
        load.result()
        watch.turns(setting.admin)
        quiet = watch.turns(setting.admin)[1].since(quiet)
        print(f"{options.routes} routes, {options.upstreams} upstreams of 5 endpoints, {options.rate:g} requests/s; without "
              f"reloads a worker's longest turn is ≤ {quiet.longest_ms():g} ms\n")
        print("| change | in force after, s | control thread, ms CPU | its longest turn, ms | workers' longest turn, ms | "
              "workers, ms CPU | others, ms CPU | not answered | resident, MiB |\n|" + "---|" * 9)
        for what in ("route", "weights", "upstream", "listener", "settings", "everything"):
            print(f"| {what} | " + " | ".join(large_change(options, gateway, what)) + " |", flush=True)
    finally:
        gateway.program.end()


def large_change(options, gateway, what):
    """One change, some times over: (cells of its row)."""
    setting, pid = gateway.setting, gateway.pid
    spent, waited, control_turn, workers_turn, bad = [], [], [], [], 0
    for number in range(options.times):
        first = watch.turns(setting.admin)[0]
        load = Load(options, gateway, 0.6 + options.settle + 1.5, number)
        time.sleep(0.6)
        control, workers = watch.turns(setting.admin)
        scrape = control.since(first)
        time.sleep(0.2)
        cpu = watch.thread_seconds(pid)
        setting.change(what)
        waited.append(gateway.reload(setting.text(), True))
        time.sleep(options.settle)
        later = watch.thread_seconds(pid)
        control_later, workers_later = watch.turns(setting.admin)
        spent.append({name: 1e3 * (seconds - cpu.get(name, 0)) for name, seconds in later.items()})
        # The scrape at the beginning is a turn itself, which ends after its page was made: like the scrape before it.
        control_turn.append(control_later.since(control).without_one_like(scrape))
        workers_turn.append(workers_later.since(workers).longest_ms())
        bad += load.result()["bad"]

    def of(name):
        return f"{median(each[name] for each in spent):.0f}"

    return [f"{median(waited):.2f}", of("control"), f"≤ {max(turns.longest_ms() for turns in control_turn):g}",
            f"≤ {max(workers_turn):g}", of("workers"), of("others"),
            str(bad), f"{gateway.program.resident_bytes() / (1 << 20):.0f}"]


def memory(options, folder, backend):
    """Every kind of change in turn, as fast as they go."""
    for routes, upstreams in ((50, 10), (options.routes // 5, options.upstreams // 5)):
        setting = Setting(backend, routes, upstreams, 3)
        gateway = Gateway(options, folder, setting)
        try:
            sizes, kinds = [], ["route", "weights", "upstream", "listener", "settings", "everything"]
            load = Load(options, gateway, 3600, 1)
            for number in range(options.reloads):
                setting.change(kinds[number % len(kinds)])
                gateway.reload(setting.text(), True)
                gateway.reload(setting.bad_text(number), False)
                if (number + 1) * 2 in (2, 10, 50, 100, 200, 300, 400, 800):
                    time.sleep(0.5)
                    sizes.append(f"{(number + 1) * 2}: {gateway.program.resident_bytes() / (1 << 20):.1f}")
            load.process.terminate()
            load.process.wait()
        finally:
            gateway.program.end()
        print(f"{routes} routes, {upstreams} upstreams; resident MiB after so many reloads, half of them bad: " +
              ", ".join(sizes), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["busy", "large", "memory", "all"], default="all")
    parser.add_argument("--penstock", default="build/release/penstock")
    parser.add_argument("--open-load", default="build/bench/bench/open_load")
    parser.add_argument("--rate", type=float, default=1500, help="requests/s")
    parser.add_argument("--seconds", type=float, default=15, help="of each round")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--reloads", type=int, default=200, help="over all rounds")
    parser.add_argument("--routes", type=int, default=10_000)
    parser.add_argument("--upstreams", type=int, default=1_000)
    parser.add_argument("--times", type=int, default=3, help="each change of the large configuration")
    parser.add_argument("--settle", type=float, default=0.7, help="seconds after a reload that count as its time")
    options = parser.parse_args()
    process.raise_open_files()
    for what, function in (("busy", busy), ("large", large), ("memory", memory)):
        if options.what not in (what, "all"):
            continue
        with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
            os.chmod(folder, 0o755)
            backend = subjects.start_backend(folder)
            try:
                process.hurry(backend.worker_pid())
                function(options, folder, backend)
            finally:
                backend.end()


if __name__ == "__main__":
    main()
