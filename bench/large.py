#!/usr/bin/env python3
"""Very large bodies through Penstock, up and down: are they the same bytes at the other end, and does its memory stay flat?

A backend of this program streams pseudo-random bytes, or takes them; a client does the reverse. Both digest what passes.
"""

import argparse
import hashlib
import os
import socket
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lab import process  # noqa: E402

PIECE = 256 << 10


def pieces(total):
    """Bytes that repeat with a period that no buffer size divides, so that a lost, doubled or moved piece shows."""
    block = hashlib.shake_128(b"penstock").digest(PIECE + 4093)
    sent = 0
    offset = 0
    while sent < total:
        piece = block[offset:offset + min(PIECE, total - sent)]
        offset = (offset + 1031) % 4093
        sent += len(piece)
        yield piece


def send_all(connection, total):
    digest = hashlib.sha256()
    for piece in pieces(total):
        digest.update(piece)
        connection.sendall(piece)
    return digest.hexdigest()


def receive_all(connection, already, total):
    digest = hashlib.sha256(already)
    left = total - len(already)
    buffer = memoryview(bytearray(PIECE))
    while left > 0:
        size = connection.recv_into(buffer)
        if size == 0:
            raise SystemExit(f"cut short: {left} bytes are missing")
        digest.update(buffer[:size])
        left -= size
    return digest.hexdigest()


def read_head(connection):
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(65536)
    head, rest = head.split(b"\r\n\r\n", 1)
    return head, rest


def serve(listener, total, digests):
    """GET: sends `total` bytes. PUT: takes them."""
    for _ in range(2):
        connection, _ = listener.accept()
        head, rest = read_head(connection)
        if head.startswith(b"GET"):
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % total)
            digests["down, sent"] = send_all(connection, total)
        else:
            digests["up, received"] = receive_all(connection, rest, total)
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        connection.close()


class Memory:
    """The highest resident size of a process, looked at twenty times a second."""

    def __init__(self, program):
        self.program, self.first, self.peak = program, program.resident_bytes(), 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.ended.wait(0.05):
            self.peak = max(self.peak, self.program.resident_bytes())

    def growth_mib(self):
        self.ended.set()
        self.thread.join()
        return (self.peak - self.first) / (1 << 20)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--penstock", default="build/release/penstock")
    parser.add_argument("--gib", type=float, default=10)
    options = parser.parse_args()
    total = int(options.gib * (1 << 30))

    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        digests = {}
        backend = threading.Thread(target=serve, args=(listener, total, digests), daemon=True)
        backend.start()
        port = process.free_port()
        config = os.path.join(folder, "penstock.yaml")
        with open(config, "w") as file:
            file.write(f"workers: 1\nlisteners: [{{ bind: '127.0.0.1:{port}', max: {{ body: unlimited }} }}]\nadmin: off\n"
                       f"upstreams: {{ b: {{ endpoints: ['127.0.0.1:{listener.getsockname()[1]}'] }} }}\n"
                       "routes: [{ upstream: b, timeouts: { total: 2h } }]\n")
        gateway = process.Program("penstock", [options.penstock, "-c", config], port, process.PROXY_CORE,
                                  os.path.join(folder, "log"))
        for direction in ("down", "up"):
            memory, begun = Memory(gateway), time.monotonic()
            with socket.create_connection(("127.0.0.1", port)) as client:
                if direction == "down":
                    client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    _, rest = read_head(client)
                    digests["down, received"] = receive_all(client, rest, total)
                else:
                    client.sendall(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % total)
                    digests["up, sent"] = send_all(client, total)
                    head, _ = read_head(client)
                    if b" 200 " not in head:
                        raise SystemExit(f"the upload was refused: {head!r}")
            seconds = time.monotonic() - begun
            print(f"{options.gib:g} GiB {direction}: {total / seconds / 1e6:,.0f} MB/s, memory grew by {memory.growth_mib():.1f} MiB")
        backend.join(10)
        gateway.end()
        for direction in ("down", "up"):
            same = digests[f"{direction}, sent"] == digests[f"{direction}, received"]
            print(f"{direction}: {'the same bytes' if same else 'OTHER BYTES'} ({digests[f'{direction}, received'][:16]}…)")
            if not same:
                sys.exit(1)


if __name__ == "__main__":
    main()
