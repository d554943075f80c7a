"""Load, and the check that what was counted was answered rightly."""

import http.client
import os
import re
import socket
import ssl
import subprocess
import time
from dataclasses import dataclass

from lab.process import LOAD_CORE
from lab.subjects import BIG_BODY_SIZE, SMALL_BODY, find


@dataclass
class Cost:
    """What one run of load took from the program under test."""

    requests: int
    user: float  # seconds of CPU
    system: float
    seconds: float  # of load

    def per_request_us(self):
        return (self.user + self.system) / self.requests * 1e6

    def user_per_request_us(self):
        return self.user / self.requests * 1e6


def connect(program):
    if program.scheme == "http":
        return http.client.HTTPConnection("127.0.0.1", program.port, timeout=10)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection("127.0.0.1", program.port, timeout=10, context=context)


def check_answers(program, path="/", times=20):
    """Status, length and bytes of a sample of answers, over one kept-alive connection."""
    expected = b"penstock" * (BIG_BODY_SIZE // 8) if path == "/big" else SMALL_BODY.encode()
    connection = connect(program)
    for _ in range(times):
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        if response.status != 200 or body != expected:
            raise SystemExit(f"{program.name}: wrong answer to {path}: {response.status}, {len(body)} bytes, {body[:200]!r}")
    connection.close()


def wrk(program, connections, seconds, path="/", script=None, refused=False, passed_max=0):
    """Runs wrk on the load core. Returns the number of requests answered; any error ends the benchmark, and any answer
    that is not 2xx, or with `refused` more than `passed_max` that are."""
    output, _ = start_wrk(program, connections, seconds, path, script).communicate()
    requests, others = read_wrk(output)
    wrong = requests - others > passed_max if refused else others > 0
    if wrong or "Socket errors" in output:
        raise SystemExit(f"{program.name}: errors under load\n{output}")
    return requests


def start_wrk(program, connections, seconds, path="/", script=None):
    """The running wrk, whose output is for read_wrk()."""
    core = min(LOAD_CORE, os.cpu_count() - 1)
    command = [find("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    command += ["-s", script] if script else []
    command.append(f"{program.scheme}://127.0.0.1:{program.port}{path}")
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                            preexec_fn=lambda: os.sched_setaffinity(0, {core}))


def read_wrk(output):
    """(requests answered, those of them that were not answered 2xx or 3xx)."""
    answered = re.search(r"(\d+) requests in", output)
    if not answered:
        raise SystemExit(f"wrk said:\n{output}")
    others = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    return int(answered.group(1)), int(others.group(1)) if others else 0


def measure(program, connections, seconds, path="/", script=None, refused=False, passed_max=0):
    user, system = program.cpu_seconds()
    requests = wrk(program, connections, seconds, path, script, refused, passed_max)
    user_after, system_after = program.cpu_seconds()
    return Cost(requests, user_after - user, system_after - system, seconds)


def shake_hands(program, seconds):
    """Full handshakes of TLS 1.3 one after the other, each with one request. Returns (how many, CPU seconds of the
    program)."""
    core = min(LOAD_CORE, os.cpu_count() - 1)
    before = program.cpu_seconds_exactly()
    output = subprocess.run([find("openssl"), "s_time", "-new", "-tls1_3", "-connect", f"127.0.0.1:{program.port}", "-www",
                             "/", "-time", str(seconds)], capture_output=True, text=True,
                            preexec_fn=lambda: os.sched_setaffinity(0, {core})).stdout
    counted = re.search(r"(\d+) connections in \d+ real seconds", output)
    if not counted or int(counted.group(1)) == 0:
        raise SystemExit(f"{program.name}: no handshakes\n{output}")
    return int(counted.group(1)), program.cpu_seconds_exactly() - before


class BusyKey:
    """One key that asks all the time, on a connection of its own, and counts what it is let."""

    def __init__(self, program, path):
        self.connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=10)
        self.path, self.asked, self.passed = path, 0, 0
        self.begun = time.monotonic()
        self.seconds = 0.0

    def ask(self):
        self.connection.request("GET", self.path, headers={"X-Key": "busy"})
        response = self.connection.getresponse()
        response.read()
        self.asked += 1
        self.passed += response.status < 300
        self.seconds = time.monotonic() - self.begun
        time.sleep(0.005)


def hold_request(program, path):
    """Sends a request, and waits for no answer. Returns the socket."""
    connection = socket.create_connection(("127.0.0.1", program.port), 10)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    return connection


def open_idle(program, count):
    """Opens `count` connections that have made one request each, and leaves them open. Returns the sockets."""
    request = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{program.port}\r\n\r\n".encode()
    sockets = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", program.port), 10)
        connection.sendall(request)
        received = b""
        while not received.endswith(SMALL_BODY.encode()):
            chunk = connection.recv(65536)
            if not chunk:
                raise SystemExit(f"{program.name}: closed a connection that should stay open")
            received += chunk
        sockets.append(connection)
    return sockets
