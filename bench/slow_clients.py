#!/usr/bin/env python3
"""5,000 slow clients at once, and what the others notice of them.

In each round the same open load (Poisson, 500 requests a second) is measured in three parts: without slow clients, with
them, and without them again; each in pieces of ten seconds. What counts is the median p99 of the pieces with them over
the median of those without: a machine that stops for some milliseconds now and then spoils pieces, and not the figure.
The resident memory of the gateway is read before and after each kind of slow client comes: that is the memory for one.
So that neither what else runs on the machine nor the slow clients' own program is in the figures, the load, the backend
and the gateway are real-time threads, where that is allowed.
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

PIECE_SECONDS = 10


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
    """Of each piece: quantiles of the others' latencies in ms, and how many were served and not."""
    def settle():
        os.sched_setaffinity(0, {min(process.LOAD_CORE, os.cpu_count() - 1)})
        process.hurry(os.getpid())

    pieces = max(1, round(seconds / PIECE_SECONDS))
    command = [options.open_load, "--port", str(port), "--class", f"others:{options.rate}:50",
               "--seconds", str(seconds / pieces), "--deadline-ms", "5000"]
    return [json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, preexec_fn=settle).stdout)
            for _ in range(pieces)]


def median_ms(pieces, quantile, of="served_ms"):
    return median(piece[of][quantile] for piece in pieces)


def lost(pieces):
    """Requests a second that were not answered well, over all pieces."""
    return sum(piece[fate] for piece in pieces for fate in ("refused", "late", "failed")) / len(pieces)


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
    quiet = measure_others(options, gateway.port, options.seconds / 3)
    clients = slow.SlowClients(gateway.port)
    memory = hold(options, gateway, clients, kinds)
    crowded = measure_others(options, gateway.port, options.seconds)
    held, grown = clients.held(), gateway.resident_bytes()
    clients.end()
    time.sleep(2)
    quiet += measure_others(options, gateway.port, options.seconds / 3)
    ratio = median_ms(crowded, "p99") / median_ms(quiet, "p99")
    for what, pieces in ("without", quiet), ("with", crowded):
        print(f"  {what:8} p99 {median_ms(pieces, 'p99'):.2f} ms ("
              f"{' '.join(format(piece['served_ms']['p99'], '.2f') for piece in pieces)})   "
              f"median {median_ms(pieces, 'p50'):.2f} ms   the load itself was late, p99: "
              f"{median_ms(pieces, 'p99', 'send_lag_ms'):.2f} ms   lost {lost(pieces):.1f}/s", flush=True)
    print(f"  {ratio:.2f} x   {held:,} slow clients held, {clients.returns:,} put out and back   "
          f"RSS {grown / 2**20:.1f} MiB", flush=True)
    return ratio, memory, lost(crowded) + lost(quiet)


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
            process.hurry(backend.worker_pid())
            for number in range(options.rounds):
                print(f"round {number + 1} of {options.rounds}", flush=True)
                gateway = start_gateway(options, folder, backend)
                try:
                    process.hurry(gateway.worker_pid())
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
