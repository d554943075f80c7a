#!/usr/bin/env python3
"""Binary upgrades under load: does any request fail, is any connection refused?

wrk keeps some connections busy and, in a second process, opens a new one for each request; clients of this program do
both as well, and look at every answer. Meanwhile the gateway is told again and again to hand over to a new process.
"""

import argparse
import ctypes
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lab import process, subjects  # noqa: E402

PR_SET_CHILD_SUBREAPER = 36
CLOSING = 'wrk.headers["Connection"] = "close"\n'


class Clients:
    """Ask all the time, on old connections and new ones, until they are stopped."""

    def __init__(self, port, count):
        self.port, self.stopping = port, False
        self.answered, self.failures, self.stale = 0, [], 0
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._ask, args=(number % 2 == 0,)) for number in range(count)]
        for thread in self.threads:
            thread.start()

    def _ask(self, keep):
        connection = None
        while not self.stopping:
            fresh = connection is None
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
                connection.request("GET", "/")
                response = connection.getresponse()
                body, status = response.read(), response.status
                with self.lock:
                    self.answered += 1
                    if status != 200 or body != subjects.SMALL_BODY.encode():
                        self.failures.append(f"{status}, {len(body)} bytes")
                if not keep or response.will_close:
                    connection = connection.close()
            except (OSError, http.client.HTTPException) as error:
                connection = connection.close() if connection else None
                with self.lock:
                    # A kept connection may be closed while its client rests: nothing of the request was heeded (RFC 9112, 9.3.1).
                    if not fresh and isinstance(error, (http.client.RemoteDisconnected, BrokenPipeError)):
                        self.stale += 1
                    else:
                        self.failures.append(repr(error))

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join()


def page(admin):
    return json.load(urllib.request.urlopen(f"http://127.0.0.1:{admin}/process", timeout=10))


def start_wrk(port, connections, seconds, script=None):
    command = [subjects.find("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s"]
    command += ["-s", script] if script else []
    return subprocess.Popen(command + [f"http://127.0.0.1:{port}/"], stdout=subprocess.PIPE, text=True)


def start_gateway(path, folder, backend, workers):
    port, admin = process.free_port(), process.free_port()
    config = subjects.write(folder, "penstock.yaml", f"""
workers: {workers}
listeners: ["127.0.0.1:{port}"]
admin: {{ bind: "127.0.0.1:{admin}" }}
upstreams: {{ backend: {{ endpoints: ["127.0.0.1:{backend.port}"] }} }}
routes: [{{ match: {{ path: /* }}, upstream: backend }}]
""")
    program = process.Program("penstock", [path, "-c", config], port, 0, os.path.join(folder, "penstock.output"))
    os.sched_setaffinity(program.process.pid, range(os.cpu_count()))
    return program, admin


def upgrade(path, admin):
    """Returns (pid of the new process, seconds until it served)."""
    began = time.monotonic()
    told = subprocess.run([path, "upgrade", "--admin", f"http://127.0.0.1:{admin}"], capture_output=True, text=True)
    if told.returncode != 0:
        raise SystemExit(f"an upgrade failed: {told.stderr}")
    return page(admin)["pid"], time.monotonic() - began


def errors_of(output):
    found = re.search(r"Socket errors: .*", output)
    others = re.search(r"Non-2xx.*", output)
    return " ".join(match.group(0) for match in (found, others) if match) or "none"


def requests_of(output):
    return int(re.search(r"(\d+) requests in", output).group(1))


def end(pid):
    os.kill(pid, signal.SIGTERM)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def run(options, folder):
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # the last process becomes our child
    backend = subjects.start_backend(folder)
    gateway, admin = start_gateway(options.penstock, folder, backend, options.workers)
    seconds = int(options.upgrades * options.every) + 6
    script = subjects.write(folder, "close.lua", CLOSING)
    loads = {"wrk, kept": start_wrk(gateway.port, 32, seconds), "wrk, new": start_wrk(gateway.port, 16, seconds, script)}
    clients = Clients(gateway.port, 4)
    time.sleep(1)
    pids, times = [gateway.process.pid], []
    for _ in range(options.upgrades):
        pid, took = upgrade(options.penstock, admin)
        pids.append(pid)
        times.append(took)
        time.sleep(max(0, options.every - took))
    clients.stop()
    outputs = {name: load.communicate()[0] for name, load in loads.items()}
    codes = [gateway.process.wait(60)] + [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids[1:-1]]
    codes.append(end(pids[-1]))
    backend.end()
    times.sort()
    print(f"{options.upgrades} upgrades; a new process serves after {times[len(times) // 2]:.2f} s (median), {times[-1]:.2f} s (most)")
    print(f"exit codes of {len(codes)} processes: {sorted(set(codes))}")
    for name, output in outputs.items():
        print(f"{name}: {requests_of(output)} requests; errors: {errors_of(output)}")
    print(f"own clients: {clients.answered} requests; failed: {len(clients.failures)} {clients.failures[:3]}; "
          f"kept connections found closed: {clients.stale}")
    good = not clients.failures and set(codes) == {0} and all(errors_of(output) == "none" for output in outputs.values())
    print("0 failed, 0 refused" if good else "FAILED")
    return 0 if good else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--penstock", default="build/release/penstock")
    parser.add_argument("--upgrades", type=int, default=20)
    parser.add_argument("--every", type=float, default=1.0, help="seconds from one to the next")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(run(options, folder))


if __name__ == "__main__":
    main()
