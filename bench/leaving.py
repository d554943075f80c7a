#!/usr/bin/env python3
"""When an endpoint that has left its registry gets its last new request: beyond the registry's own notification.

Ten endpoints, requests at their own pace; one endpoint after the other is taken out, and put back. Somebody else watches
the registry, too: what is printed is how long after that watcher heard of it the endpoint got its last request (below 0:
before).
"""

import argparse
import http.server
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from statistics import median

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lab import process, registries, subjects  # noqa: E402

ENDPOINTS = 10


class Backend(http.server.ThreadingHTTPServer):
    """An endpoint that knows when it was asked last."""

    daemon_threads = True

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):
            self.server.asked = time.monotonic()
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.asked = 0.0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass  # who asks may leave

    def address(self):
        return f"127.0.0.1:{self.server_address[1]}"


def start_gateway(options, folder, registry):
    port = process.free_port()
    config = subjects.write(folder, "penstock.yaml", f"""
workers: 1
listeners: ["127.0.0.1:{port}"]
registries:
  it: {{ {registry.yaml()} }}
upstreams:
  backend: {{ discover: {{ registry: it, service: backend }}, slow_start: off }}
routes:
  - upstream: backend
""")
    return process.Program("penstock", [options.penstock, "-c", config], port, process.PROXY_CORE,
                           os.path.join(folder, "penstock.output"))


def leave(registry, backend):
    """Milliseconds from the notification to the last request."""
    wait, heard = registry.watch(), []

    def listen():
        wait()
        heard.append(time.monotonic())

    listener = threading.Thread(target=listen)
    listener.start()
    registry.remove(backend.address())
    listener.join()
    time.sleep(1)
    late = (backend.asked - heard[0]) * 1000
    registry.put(backend.address())
    time.sleep(2)  # Consul is asked again within 1.5 s
    return late


def measure(options, folder, kind):
    home = os.path.join(folder, kind)
    os.makedirs(home)
    registry = registries.KINDS[kind](home)
    backends = [Backend() for _ in range(ENDPOINTS)]
    try:
        registry.enter([backend.address() for backend in backends])
        gateway = start_gateway(options, home, registry)
        try:
            load = subprocess.Popen([options.open_load, "--port", str(gateway.port), "--class",
                                     f"all:{options.requests}:10", "--seconds", "3600"], stdout=subprocess.DEVNULL)
            time.sleep(2)
            lates = [leave(registry, random.Random(i).choice(backends)) for i in range(options.times)]
            load.kill()
            load.wait()
        finally:
            gateway.end()
    finally:
        registry.end()
    print(f"{kind:10} median {median(lates):.1f} ms  most {max(lates):.1f} ms  of {len(lates)}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", default=list(registries.KINDS), help="etcd, consul, zookeeper (default: all)")
    parser.add_argument("--penstock", default="build/release/penstock")
    parser.add_argument("--open-load", default="build/bench/bench/open_load")
    parser.add_argument("--requests", type=float, default=400, help="a second")
    parser.add_argument("--times", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="penstock-bench-", dir=registries.fast_folder()) as folder:
        for kind in options.kinds:
            measure(options, folder, kind)


if __name__ == "__main__":
    main()
