#!/usr/bin/env python3
"""5,000 slow clients at once, and what the others notice of them.

In each round the same open load (Poisson, 500 requests a second) is measured three times: without slow clients, with
them, and without them again. What counts is the p99 with them over the mean of the two without. The resident memory of
the gateway is read before and after each kind of slow client comes: that is the memory for one.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from statistics import median

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lab import process, slow, subjects  # noqa: E402


def start_backend(folder):
    """/ is small, /big is 1 MiB, and /upload is answered when the whole body is there. Its send buffers are small: what
    it holds for slow readers is of the same kernel's memory here, and would hide what the gateway holds."""
    files = os.path.join(folder, "files")
    os.makedirs(files)
    subjects.write(files, "big", "penstock" * (subjects.BIG_BODY_SIZE // 8))
    port = process.free_port()
    text = subjects.SMALL_BODY.replace("\n", "\\n")
    return subjects.nginx("backend", folder, port, process.LOAD_CORE, f"""
    client_max_body_size 0; client_body_timeout 300s; send_timeout 300s;
    location = /big {{ root {files}; }}
    location = /upload {{ proxy_pass http://127.0.0.1:{port}/; }}
    location / {{ default_type text/plain; return 200 "{text}"; }}""", listen="sndbuf=64k")


def start_gateway(options, folder, backend):
    port, admin = process.free_port(), process.free_port()
    config = subjects.write(folder, "penstock.yaml", f"""
workers: 1
listeners:
  - bind: 127.0.0.1:{port}
    max: {{ requests_per_connection: {subjects.MANY}{options.max} }}
admin: {{ bind: "127.0.0.1:{admin}" }}
upstreams:
  backend: {{ endpoints: ["127.0.0.1:{backend.port}"], pool: {{ requests_per_connection: {subjects.MANY} }} }}
routes:
  - {{ upstream: backend, timeouts: {{ total: 10m }} }}
""")
    return process.Program("penstock", [options.penstock, "-c", config], port, process.PROXY_CORE,
                           os.path.join(folder, "penstock.output"))


def measure_others(options, port, seconds):
    """Quantiles of the others' latencies in ms, and how many were served and not."""
    core = min(process.LOAD_CORE, os.cpu_count() - 1)
    run = subprocess.run(
        [options.open_load, "--port", str(port), "--class", f"others:{options.rate}:50", "--seconds", str(seconds),
         "--deadline-ms", "5000"],
        stdout=subprocess.PIPE, text=True, check=True, preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    return json.loads(run.stdout)


def p99(result):
    return result["served_ms"]["p99"]


def lost(result):
    """Requests a second that were not answered well."""
    return sum(result[fate] for fate in ("refused", "late", "failed"))


def hold(options, gateway, clients, kinds):
    """Brings the slow clients, a kind after the other. Returns KiB for one, by kind."""
    each, memory = options.clients // len(kinds), {}
    for kind in kinds:
        before = gateway.resident_bytes()
        clients.add(kind, each)
        time.sleep(2)
        memory[kind] = (gateway.resident_bytes() - before) / each / 1024
    return memory


def one_round(options, gateway, kinds):
    quiet = [measure_others(options, gateway.port, options.seconds / 3)]
    clients = slow.SlowClients(gateway.port)
    memory = hold(options, gateway, clients, kinds)
    crowded = measure_others(options, gateway.port, options.seconds)
    held, grown = clients.held(), gateway.resident_bytes()
    clients.end()
    time.sleep(2)
    quiet.append(measure_others(options, gateway.port, options.seconds / 3))
    without = sum(map(p99, quiet)) / 2
    if lost(crowded):
        print("  lost: " + ", ".join(f"{crowded[fate]:.1f}/s {fate}" for fate in ("refused", "late", "failed")))
    print(f"  others' p99 without {p99(quiet[0]):.2f} and {p99(quiet[1]):.2f} ms, with {p99(crowded):.2f} ms: "
          f"{p99(crowded) / without:.2f} x   median {crowded['served_ms']['p50']:.2f} ms against "
          f"{quiet[0]['served_ms']['p50']:.2f} and {quiet[1]['served_ms']['p50']:.2f}   the load was late itself, p99: "
          f"{crowded['send_lag_ms']['p99']:.2f} ms against {quiet[0]['send_lag_ms']['p99']:.2f}   lost {lost(crowded):.1f}/s   "
          f"{held:,} slow clients held, {clients.returns:,} put out and back   RSS {grown / 2**20:.1f} MiB", flush=True)
    return p99(crowded) / without, memory, lost(crowded) + sum(map(lost, quiet))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--penstock", default="build/release/penstock", metavar="PATH")
    parser.add_argument("--open-load", default="build/bench/bench/open_load", metavar="PATH")
    parser.add_argument("--clients", type=int, default=5000)
    parser.add_argument("--kinds", type=lambda text: text.split(","), default=list(slow.KINDS),
                        help=", ".join(slow.KINDS))
    parser.add_argument("--seconds", type=float, default=60, help="for which they are held while others are measured")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=int, default=500, help="requests a second of the others")
    parser.add_argument("--max", default="", help='further keys of the listener\'s max: ", connections: 10000"')
    options = parser.parse_args()
    if process.raise_open_files() < 2 * options.clients + 1000:
        raise SystemExit("this system lets a process open too few files for so many clients")
    os.sched_setaffinity(0, {min(process.LOAD_CORE, os.cpu_count() - 1)})
    ratios, memories, losses = [], [], 0
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        os.chmod(folder, 0o755)
        backend = start_backend(folder)
        try:
            for number in range(options.rounds):
                print(f"round {number + 1} of {options.rounds}", flush=True)
                gateway = start_gateway(options, folder, backend)
                try:
                    ratio, memory, round_lost = one_round(options, gateway, options.kinds)
                finally:
                    gateway.end()
                ratios.append(ratio)
                memories.append(memory)
                losses += round_lost
        finally:
            backend.end()
    print(f"\np99 of others with {options.clients:,} slow clients: {median(ratios):.2f} x that without "
          f"(rounds: {' '.join(f'{ratio:.2f}' for ratio in ratios)})")
    for kind in options.kinds:
        print(f"  {kind:<5} {median(memory[kind] for memory in memories):7.2f} KiB for each, in the gateway")
    if losses:
        raise SystemExit(f"others lost requests: {losses:.1f}/s in all")


if __name__ == "__main__":
    main()
