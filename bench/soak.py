#!/usr/bin/env python3
"""The gateway under everything at once, for as long as one likes: ./dev bench soak [MINUTES]

Load: small requests, bodies up and down, chunks, pipelining, tunnels, clients that leave in the middle. Faults: backends
that are killed and come back, that answer 500, stall, or cut their answers short; a registry whose file flaps between
good lists and nonsense. And a new configuration every second, every third of them a bad one; logs reopened; all admin
pages read.

It fails if anything went wrong that was not asked for, if memory grows, if a descriptor or a count is left over, or if
the program (or a sanitizer that it was built with) has something to say.
"""

import argparse
import asyncio
import os
import random
import re
import signal
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lab import process, subjects  # noqa: E402
from lab.soak_clients import Clients  # noqa: E402

LAB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lab")
MIX = [  # (kind, upstream, clients, mean pause in seconds)
    ("small", "steady", 20, 0.05), ("small", "flapping", 10, 0.05), ("small", "faulty", 10, 0.1),
    ("post", "steady", 6, 0.2), ("chunks", "steady", 4, 0.2), ("large", "steady", 2, 0.5),
    ("pipeline", "steady", 2, 0.5), ("tunnel", "steady", 6, 0.5), ("abort", "steady", 8, 0.2),
    ("post", "faulty", 2, 0.3), ("large", "faulty", 1, 1), ("tunnel", "faulty", 2, 1), ("fault", "faulty", 6, 0.5)]
IDLE_S = 3  # of connections to backends
SANITIZER = re.compile(r"Sanitizer|runtime error:|SUMMARY:")


class Backend:
    """A process of its own, so that it can be killed."""

    def __init__(self, number, folder):
        self.name, self.folder, self.port, self.program = f"backend-{number}", folder, process.free_port(), None
        self.start()

    def start(self):
        command = [sys.executable, os.path.join(LAB, "soak_backend.py"), str(self.port)]
        self.program = process.Program(self.name, command, self.port, process.LOAD_CORE,
                                       os.path.join(self.folder, self.name))

    def kill(self):
        self.program.process.kill()
        self.program.process.wait()

    def address(self):
        return f"127.0.0.1:{self.port}"


class Gateway:
    def __init__(self, options, folder, backends):
        self.folder, self.backends = folder, backends
        self.port, self.other_port, self.admin = (process.free_port() for _ in range(3))
        self.registry = os.path.join(folder, "services.yaml")
        self.tell_registry([backend.address() for backend in backends["steady"]])
        self.file = subjects.write(folder, "penstock.yaml", self.configuration())
        self.log = os.path.join(folder, "penstock.output")
        command = [options.penstock, "-c", self.file]
        self.program = process.Program("penstock", command, self.port, process.PROXY_CORE, self.log)
        os.sched_setaffinity(self.program.process.pid, range(os.cpu_count()))

    def configuration(self, variant=0):
        """Variants change what may change: routes, limits, timeouts, balancers, listeners."""
        def addresses(name):
            return ", ".join(f'"{backend.address()}"' for backend in self.backends[name])
        other = f'  - {{ bind: "127.0.0.1:{self.other_port}" }}\n' if variant % 2 else ""
        more = f'  - {{ match: {{ path: "/new-{variant}/*" }}, respond: {{ status: 204 }} }}\n' if variant else ""
        balancer = ("round_robin", "least_connections", "peak_ewma")[variant % 3]
        return f"""
workers: 2
listeners:
  - bind: 127.0.0.1:{self.port}
    max: {{ requests_per_connection: {subjects.MANY}, connections: 10000, connections_per_client: {9000 + variant % 5} }}
{other}admin: {{ bind: "127.0.0.1:{self.admin}", token: soak }}
access_log: {self.folder}/access.log
state_dir: {self.folder}/state
old_config_timeout: 1m
registries:
  local: {{ file: {self.registry} }}
upstreams:
  steady: {{ endpoints: [{addresses("steady")}], pool: {{ idle: {IDLE_S}s }}, balancer: {balancer} }}
  flapping: {{ discover: {{ registry: local, service: flapping }}, pool: {{ idle: {IDLE_S}s }} }}
  faulty:
    endpoints: [{addresses("faulty")}]
    pool: {{ idle: {IDLE_S}s }}
    timeouts: {{ first_byte: {1000 + variant % 7}ms }}
    retry: {{ attempts: 2, on: [connect_failure, reset] }}
    circuit_breaker: {{ min_requests: 50 }}
    health_check: {{ path: "/x/small?n=0", interval: 1s }}
routes:
  - match: {{ path: /steady/* }}
    limits: [{{ concurrency: {{ limit: 1000 }} }}, {{ token_bucket: {{ rate: 100000/s }}, key: client_ip }}]
    upstream: steady
  - {{ match: {{ path: /flapping/* }}, upstream: flapping }}
  - {{ match: {{ path: /faulty/* }}, upstream: faulty, limits: [{{ concurrency: {{ limit: {500 + variant % 3} }} }}] }}
{more}"""

    def write(self, text):
        """All at once, as editors do: a reload must not see half a file."""
        subjects.write(self.folder, "penstock.yaml.new", text)
        os.rename(self.file + ".new", self.file)

    def reload(self):
        self.program.process.send_signal(signal.SIGHUP)

    def rotate_log(self):
        os.replace(os.path.join(self.folder, "access.log"), os.path.join(self.folder, "access.log.1"))
        self.program.process.send_signal(signal.SIGUSR1)

    def tell_registry(self, addresses, text=None):
        listed = ", ".join(f'"{address}"' for address in addresses)
        subjects.write(self.folder, "services.yaml.new", text or f"flapping: [{listed}]\n")
        os.rename(self.registry + ".new", self.registry)

    def page(self, path):
        request = urllib.request.Request(f"http://127.0.0.1:{self.admin}{path}", headers={"Authorization": "Bearer soak"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read().decode()

    def metrics(self):
        samples = {}
        for line in self.page("/metrics").splitlines():
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                samples[name] = float(value)
        return samples

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.program.process.pid}/fd"))

    def runs(self):
        return self.program.process.poll() is None


def total(samples, name, **labels):
    """Of all series of that name with these labels."""
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    return sum(value for series, value in samples.items()
               if series.split("{")[0] == name and all(each in series for each in wanted))


class Trouble:
    """What is done to the gateway meanwhile, and how often."""

    def __init__(self, gateway, seed):
        self.gateway, self.chance = gateway, random.Random(seed)
        self.kills = self.good = self.bad = self.lists = self.nonsense = self.rotations = 0
        self.scrape_errors, self.resident = [], []  # (second, bytes)
        self.begun = time.monotonic()

    async def kill_backends(self):
        while True:
            await asyncio.sleep(self.chance.uniform(4, 8))
            victim = self.chance.choice(self.gateway.backends["faulty"])
            victim.kill()
            self.kills += 1
            await asyncio.sleep(self.chance.uniform(0.5, 3))
            await asyncio.to_thread(victim.start)

    async def reload(self):
        variant = 0
        while True:
            await asyncio.sleep(1)
            variant += 1
            text = self.gateway.configuration(variant)
            if variant % 3 == 0:
                text = self.chance.choice((text.replace("upstreams:", "upstream:"), text[:len(text) // 2], "{", ""))
            await self.heeded(text)

    async def heeded(self, text):
        """One at a time: those that come together are one for the gateway."""
        before = await asyncio.to_thread(self.gateway.metrics)
        self.gateway.write(text)
        self.gateway.reload()
        for _ in range(200):
            await asyncio.sleep(0.05)
            after = await asyncio.to_thread(self.gateway.metrics)
            if total(after, "penstock_config_reloads_total") > total(before, "penstock_config_reloads_total"):
                break
        self.good += total(after, "penstock_config_reloads_total", result="success") > total(
            before, "penstock_config_reloads_total", result="success")
        self.bad += total(after, "penstock_config_reloads_total", result="failure") > total(
            before, "penstock_config_reloads_total", result="failure")

    async def flap(self):
        addresses = [backend.address() for backend in self.gateway.backends["steady"]]
        while True:
            await asyncio.sleep(self.chance.uniform(0.05, 1))
            if self.chance.random() < 0.3:
                self.gateway.tell_registry([], self.chance.choice(("flapping: {", "nobody: []\n", "flapping: []\n", "\0")))
                self.nonsense += 1
            else:
                self.gateway.tell_registry(self.chance.sample(addresses, self.chance.randrange(1, len(addresses) + 1)))
                self.lists += 1

    async def look(self):
        """Memory once a second, all pages, and a log that is reopened from time to time."""
        for second in range(10**9):
            await asyncio.sleep(1)
            self.resident.append((time.monotonic() - self.begun, self.gateway.program.resident_bytes()))
            for page in ("/upstreams", "/routes", "/limits", "/registries", "/config", "/readyz"):
                try:
                    await asyncio.to_thread(self.gateway.page, page)
                except OSError as error:
                    self.scrape_errors.append(f"{page}: {error}")
            if second % 30 == 29:
                self.gateway.rotate_log()
                self.rotations += 1


def growth(samples):
    """(MiB in an hour, percent over the time looked at): a line through the last two thirds."""
    samples = samples[len(samples) // 3:]
    mean_x = sum(x for x, _ in samples) / len(samples)
    mean_y = sum(y for _, y in samples) / len(samples)
    spread = sum((x - mean_x) ** 2 for x, _ in samples)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in samples) / spread if spread else 0
    return slope * 3600 / 2**20, slope * (samples[-1][0] - samples[0][0]) / mean_y * 100


class Verdict:
    def __init__(self):
        self.failed = False

    def row(self, what, value, good):
        self.failed |= not good
        print(f"| {what} | {value} | {'' if good else 'NOT WELL'} |")


async def settle(gateway, fds_before):
    """Waits, for as long as connections to backends may rest, until all that is left is what was there before."""
    deadline = time.monotonic() + 30
    while True:
        samples = await asyncio.to_thread(gateway.metrics)
        left = {
            "client connections": total(samples, "penstock_connections", side="downstream"),
            "requests in flight at upstreams": total(samples, "penstock_upstream_in_flight_requests"),
            "requests under limits": total(samples, "penstock_limit_in_flight_requests"),
            "requests waiting at limits": total(samples, "penstock_limit_waiting_requests"),
            "connections to backends": total(samples, "penstock_upstream_connections"),
            "descriptors more than before": max(0, gateway.descriptors() - fds_before),
        }
        if not any(left.values()) or time.monotonic() > deadline:
            return samples, left
        await asyncio.sleep(0.5)


async def soak(options, gateway):
    await asyncio.to_thread(gateway.metrics)
    fds_before = gateway.descriptors()
    clients, trouble = Clients(gateway.port, options.seed), Trouble(gateway, options.seed + 1)
    running = clients.start(MIX)
    doing = [asyncio.ensure_future(task()) for task in (trouble.kill_backends, trouble.reload, trouble.flap, trouble.look)]
    end = time.monotonic() + options.minutes * 60
    while time.monotonic() < end and gateway.runs():
        await asyncio.sleep(1)
        for task in doing:
            if task.done():
                task.result()  # raises what ended it
    for task in doing:
        task.cancel()
    await asyncio.gather(*doing, return_exceptions=True)
    clients.ending = True
    _, late = await asyncio.wait(running, timeout=60)
    await trouble.heeded(gateway.configuration())
    samples, left = await settle(gateway, fds_before)
    return clients, trouble, samples, left, len(late)


def report(options, gateway, clients, trouble, samples, left, late):
    print(f"\n{options.minutes:g} minutes: {sum(clients.outcomes.values()):,} turns of clients, {trouble.kills} backends killed, "
          f"{trouble.good} reloads and {trouble.bad} of bad files, {trouble.lists} lists and {trouble.nonsense} pieces of "
          f"nonsense from the registry, {trouble.rotations} logs reopened\n")
    print("| clients | upstream | outcomes |\n|---|---|---|")
    for kind, where in sorted({key[:2] for key in clients.outcomes}):
        outcomes = {outcome: n for (k, w, outcome), n in sorted(clients.outcomes.items()) if (k, w) == (kind, where)}
        print(f"| {kind} | {where} | " + ", ".join(f"{n:,} {outcome}" for outcome, n in outcomes.items()) + " |")
    print("\n| errors that the gateway counted | |\n|---|---|")
    for series, value in samples.items():
        if series.startswith("penstock_errors_total") and value:
            print(f"| {series.split(chr(34))[1]} | {value:,.0f} |")
    print("\n| what must hold | | |\n|---|---|---|")
    verdict = Verdict()
    verdict.row("outcomes that nothing explains", clients.not_explained(), clients.not_explained() == 0)
    verdict.row("clients that did not end", late, late == 0)
    for what, count in left.items():
        verdict.row(what, f"{count:.0f}", count == 0)
    verdict.row("admin pages that failed", len(trouble.scrape_errors), not trouble.scrape_errors)
    verdict.row("access log lines lost", f"{total(samples, 'penstock_access_log_dropped_total'):.0f}",
                total(samples, "penstock_access_log_dropped_total") == 0)
    per_hour, percent = growth(trouble.resident)
    resident = [size / 2**20 for _, size in trouble.resident]
    flat = options.sanitized or percent <= options.growth
    verdict.row("memory, after the first third", f"{resident[-1]:.1f} MiB, {percent:+.2f} % ({per_hour:+.1f} MiB/h)", flat)
    gateway.program.process.send_signal(signal.SIGTERM)
    code = gateway.program.process.wait(60)
    verdict.row("exit code", code, code == 0)
    with open(gateway.log, errors="replace") as log:
        said = [line for line in log if SANITIZER.search(line)]
    verdict.row("reports of sanitizers", len(said), not said)
    for (kind, where), example in clients.examples.items():
        print(f"\nfor instance, {kind} at {where}: {example}")
    for line in said[:20] + trouble.scrape_errors[:5]:
        print(line.rstrip())
    return verdict


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", nargs="?", type=float, default=30)
    parser.add_argument("--penstock", default="build/release/penstock", metavar="PATH")
    parser.add_argument("--sanitized", action="store_true", help="memory says nothing: a build with sanitizers")
    parser.add_argument("--growth", type=float, default=2, metavar="PERCENT", help="of memory that is still flat")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", metavar="DIR", help="where logs and configurations are written, and left")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended, then, too
    process.raise_open_files()
    with tempfile.TemporaryDirectory(prefix="penstock-soak-") as scratch:
        folder = options.keep or scratch
        os.makedirs(folder, exist_ok=True)
        backends = {"steady": [Backend(number, folder) for number in range(3)],
                    "faulty": [Backend(number, folder) for number in range(3, 6)]}
        gateway = None
        try:
            gateway = Gateway(options, folder, backends)
            verdict = report(options, gateway, *asyncio.run(soak(options, gateway)))
        finally:
            for program in [gateway] if gateway else []:
                program.program.end()
            for backend in backends["steady"] + backends["faulty"]:
                backend.program.end()
    sys.exit(verdict.failed)


if __name__ == "__main__":
    main()
