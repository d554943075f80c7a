#!/usr/bin/env python3
"""What hedging brings and what it costs: ten endpoints that answer in about 10 ms (lognormal), an open-loop load.

`stalls`: one request in a hundred, whichever endpoint it comes to, takes a second more. `slowdown`: in the middle of the
run all endpoints become five times slower; then there is nothing to be won, and the question is what is asked of them
besides. Tries are counted by the endpoints. The settings take turns, each with a gateway of its own.
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from trouble import Gateway, Load  # noqa: E402

ENDPOINTS = 10
MEDIAN_S, SIGMA = 0.010, 0.3
STALL_S, STALLS = 1.0, 0.01
SETTINGS = {"off": "retry: {}", "p95": "retry: { hedge_after: p95 }", "20ms": "retry: { hedge_after: 20ms }"}


class Endpoint:
    """Serves any number of requests at a time; a try whose connection is closed is still one that was made."""

    def __init__(self, chance, stalls):
        self.chance, self.stalls, self.slowdown, self.tries = chance, stalls, 1.0, 0

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def serve(self, reader, writer):
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.tries += 1
                took = self.chance.lognormvariate(0, SIGMA) * MEDIAN_S * self.slowdown
                if self.chance.random() < self.stalls:
                    took += STALL_S
                await asyncio.sleep(took)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1")
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass  # the loser of two tries
        finally:
            writer.transport.abort()


def configuration(setting, endpoints, port, admin):
    addresses = ", ".join(f'"127.0.0.1:{endpoint.port}"' for endpoint in endpoints)
    return f"""workers: 1
listeners: ["127.0.0.1:{port}"]
admin: {{ bind: "127.0.0.1:{admin}" }}
upstreams:
  app: {{ endpoints: [{addresses}], outlier: off, {SETTINGS[setting]} }}
routes:
  - {{ upstream: app }}
"""


def counter(gateway, series):
    with urllib.request.urlopen(f"http://127.0.0.1:{gateway.admin}/metrics") as page:
        lines = page.read().decode().splitlines()
    return int(next(float(line.split()[-1]) for line in lines if line.startswith(series)))


async def run(options, setting, scenario, folder):
    chance = random.Random(options.seed)
    endpoints = [Endpoint(chance, STALLS if scenario == "stalls" else 0) for _ in range(ENDPOINTS)]
    for endpoint in endpoints:
        await endpoint.start()
    gateway = Gateway(options.penstock, folder, lambda port, admin: configuration(setting, endpoints, port, admin))
    load = Load(gateway.port, chance)
    try:
        await load.run(options.rate, options.seconds / 2)
        if scenario == "slowdown":
            for endpoint in endpoints:
                endpoint.slowdown = 5.0
        await load.run(options.rate, options.seconds / 2)
        tries, asked = sum(endpoint.tries for endpoint in endpoints), len(load.latencies) + load.errors
        page = asyncio.get_running_loop().run_in_executor
        sent = await page(None, counter, gateway, 'penstock_upstream_retries_total{upstream="app",reason="hedge"}')
        won = await page(None, counter, gateway, 'penstock_upstream_hedges_won_total{upstream="app"}')
    finally:
        gateway.end()
    milliseconds = {f"p{100 * q:g}": f"{1000 * load.quantile(q):.0f}" for q in (0.5, 0.95, 0.99, 0.999)}
    return {"requests": asked, **milliseconds, "tries a request": f"{tries / asked:.3f}", "hedges": sent, "won": won,
            "errors": load.errors}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="all", choices=["stalls", "slowdown", "all"])
    parser.add_argument("--penstock", default="build/release/penstock", metavar="PATH")
    parser.add_argument("--rate", type=float, default=300, help="requests a second")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for scenario in ("stalls", "slowdown") if options.what == "all" else (options.what,):
        print(f"\n{scenario}, latencies in ms\n")
        for setting in SETTINGS:
            with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
                row = asyncio.run(run(options, setting, scenario, folder))
            if setting == "off":
                print("| hedge_after | " + " | ".join(row) + " |\n|" + "---|" * (len(row) + 1))
            print(f"| {setting} | " + " | ".join(map(str, row.values())) + " |", flush=True)


if __name__ == "__main__":
    main()
