#!/usr/bin/env python3
"""Penstock's balancing in real trouble: ten backends that queue, an open-loop load, and one of the ten that misbehaves.

Each backend serves one request at a time, first come first served, in an exponentially distributed time. The load comes
at its own pace (Poisson), whatever the answers do, so that waiting shows. Latencies are in mean service times. All on
the loopback interface; the policies take turns, each with a gateway of its own.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lab import process  # noqa: E402

BACKENDS = 10
POLICIES = ("round_robin", "smooth_weighted_round_robin", "random", "least_connections", "peak_ewma")


class Backend:
    """One server with a queue."""

    def __init__(self, number, service, chance):
        self.number, self.service, self.chance = number, service, chance
        self.slowdown, self.status = 1.0, 200
        self.turn = asyncio.Lock()
        self.served, self.server, self.port, self.open = [], None, 0, set()

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def kill(self):
        self.server.close()
        for writer in list(self.open):
            writer.transport.abort()

    async def serve(self, reader, writer):
        self.open.add(writer)
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.served.append(time.monotonic())
                async with self.turn:
                    if self.status == 200:
                        await asyncio.sleep(self.chance.expovariate(1) * self.service * self.slowdown)
                writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 1\r\n\r\n%d" % (self.status, self.number))
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass  # whoever leaves, leaves
        finally:
            self.open.discard(writer)
            writer.transport.abort()


class Load:
    """Requests at a rate, over as many connections as they need."""

    def __init__(self, port, chance):
        self.port, self.chance, self.idle = port, chance, []
        self.latencies, self.errors = [], 0

    async def ask(self):
        begun = time.monotonic()
        try:
            reader, writer = self.idle.pop() if self.idle else await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
            length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")][0]
            await reader.readexactly(int(length.split(b":")[1]))
            self.idle.append((reader, writer))
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError):
            self.errors += 1
            return
        self.latencies.append((begun, time.monotonic() - begun))
        self.errors += not head.startswith(b"HTTP/1.1 200")

    async def run(self, rate, seconds):
        tasks, due, end = [], time.monotonic(), time.monotonic() + seconds
        while due < end:
            await asyncio.sleep(max(0, due - time.monotonic()))
            tasks.append(asyncio.ensure_future(self.ask()))
            due += self.chance.expovariate(rate)
        await asyncio.gather(*tasks)

    def quantile(self, q, since=0):
        sorted_ones = sorted(latency for begun, latency in self.latencies if begun >= since)
        return sorted_ones[int(q * (len(sorted_ones) - 1))] if sorted_ones else float("nan")


def configuration(policy, backends, upstream, port, admin):
    endpoints = ", ".join(f'"127.0.0.1:{backend.port}"' for backend in backends)
    return f"""workers: 1
listeners: ["127.0.0.1:{port}"]
admin: {{ bind: "127.0.0.1:{admin}" }}
upstreams:
  app: {{ endpoints: [{endpoints}], balancer: {policy}{upstream} }}
routes:
  - {{ upstream: app }}
"""


class Gateway:
    """A Penstock of its own for one run."""

    def __init__(self, binary, folder, configuration_at):
        self.port, self.admin = process.free_port(), process.free_port()
        file = os.path.join(folder, "penstock.yaml")
        with open(file, "w") as out:
            out.write(configuration_at(self.port, self.admin))
        self.program = process.Program("penstock", [binary, "-c", file], self.port, process.PROXY_CORE,
                                       os.path.join(folder, "penstock.log"))

    def upstream(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/upstreams") as page:
            return json.load(page)["upstreams"][0]

    def end(self):
        self.program.end()


class Trouble:
    def __init__(self, options, policy, folder, upstream=""):
        self.options, self.chance = options, random.Random(options.seed)
        self.policy, self.folder, self.upstream = policy, folder, upstream

    async def __aenter__(self):
        service = self.options.service_ms / 1000
        self.backends = [Backend(number, service, self.chance) for number in range(BACKENDS)]
        for backend in self.backends:
            await backend.start()
        self.gateway = Gateway(
            self.options.penstock, self.folder,
            lambda port, admin: configuration(self.policy, self.backends, self.upstream, port, admin))
        self.load = Load(self.gateway.port, self.chance)
        return self

    async def __aexit__(self, *failure):
        self.gateway.end()
        for backend in self.backends:
            await backend.kill()

    def rate(self, load):
        """So many requests a second are this load, of what all backends carry together as they are now."""
        service = self.options.service_ms / 1000
        return load * sum(1 / backend.slowdown for backend in self.backends) / service

    def in_services(self, seconds):
        return seconds * 1000 / self.options.service_ms


async def slow(options, policy, folder):
    """One of ten is 4 times slower, at 0.8 of what all together carry."""
    async with Trouble(options, policy, folder, ", outlier: off") as at:
        at.backends[3].slowdown = 4
        await at.load.run(at.rate(0.8), options.seconds)
        return {"p50": at.in_services(at.load.quantile(0.5)), "p99": at.in_services(at.load.quantile(0.99)),
                "requests": len(at.load.latencies), "errors": at.load.errors}


async def failing(options, policy, folder):
    """One of ten answers 500 to every request, at once."""
    async with Trouble(options, policy, folder) as at:
        at.backends[3].status = 500
        await at.load.run(at.rate(0.5), min(8, options.seconds))
        return {"requests": len(at.load.latencies), "errors": at.load.errors,
                "state": at.gateway.upstream()["endpoints"][3]["state"]}


async def killed(options, policy, folder):
    """One of ten is killed under load, and started again after ten seconds."""
    async with Trouble(options, policy, folder) as at:
        load = asyncio.ensure_future(at.load.run(at.rate(0.5), 28))
        await asyncio.sleep(6)
        await at.backends[3].kill()
        await asyncio.sleep(10)
        at.backends[3].served.clear()
        await at.backends[3].start()
        back = time.monotonic()
        await load
        served = [moment - back for moment in at.backends[3].served]
        fair = at.rate(0.5) / BACKENDS
        shares = [sum(1 for moment in served if second <= moment < second + 1) / fair for second in range(11)]
        return {"errors": at.load.errors, "first request after": round(served[0], 2) if served else None,
                "share in second 5 ... 10": sum(shares[5:10]) / 5, "most in a second": max(shares)}


SCENARIOS = {"slow": slow, "failing": failing, "killed": killed}


def show(name, rows):
    print(f"\n{SCENARIOS[name].__doc__}\n")
    keys = list(rows[0][1])
    print("| policy | " + " | ".join(keys) + " |")
    print("|" + "---|" * (len(keys) + 1))
    for policy, row in rows:
        cells = (f"{value:.2f}" if isinstance(value, float) else str(value) for value in row.values())
        print(f"| {policy} | " + " | ".join(cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="all", choices=[*SCENARIOS, "all"])
    parser.add_argument("--penstock", default="build/release/penstock", metavar="PATH")
    parser.add_argument("--policies", type=lambda text: text.split(","), default=list(POLICIES))
    parser.add_argument("--service-ms", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for name in SCENARIOS if options.what == "all" else [options.what]:
        with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
            show(name, [(policy, asyncio.run(SCENARIOS[name](options, policy, folder)))
                        for policy in options.policies])


if __name__ == "__main__":
    main()
