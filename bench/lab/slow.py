"""Clients that take their time: thousands of connections that each hold something of a proxy, for as long as it lets them.

    head   a field line of a request's head every few seconds, without end (slowloris)
    body   a byte of a request's body every few seconds
    read   asks for 1 MiB with a small window, and takes a kilobyte of it every few seconds
    idle   one request, and then nothing
"""

import heapq
import selectors
import socket
import threading
import time

PERIOD_S = 5
ARRIVALS = 500  # a second: who is put out after a time comes back at this pace, too, and not all in one moment
KINDS = ("head", "body", "idle", "read")
OPENINGS = {
    "head": b"GET / HTTP/1.1\r\nHost: slow.test\r\n",
    "body": b"POST /upload HTTP/1.1\r\nHost: slow.test\r\nContent-Length: 1000000\r\n\r\n",
    "read": b"GET /big HTTP/1.1\r\nHost: slow.test\r\n\r\n",
    "idle": b"GET / HTTP/1.1\r\nHost: slow.test\r\n\r\n",
}
MORE = {"head": b"X-Slow: 1\r\n", "body": b"x"}


class SlowClients:
    """A thread that holds them; a client that is put out comes back at once."""

    def __init__(self, port):
        self.port, self.wanted, self.returns = port, [], 0
        self.sockets, self.due, self.serial = {}, [], 0
        self.ended = threading.Event()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def add(self, kind, count):
        """Opens so many more, and waits until all are there."""
        self.ready.clear()
        self.wanted += [kind] * count
        if not self.ready.wait(60):
            raise SystemExit(f"{len(self.sockets)} slow clients are connected after a minute, not {count} more")

    def held(self):
        return len(self.sockets)

    def end(self):
        self.ended.set()
        self.thread.join()

    def _open(self, kind):
        client = socket.socket()
        if kind == "read":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(5)
        client.connect(("127.0.0.1", self.port))
        client.setblocking(False)
        client.send(OPENINGS[kind])
        self.serial += 1
        self.sockets[client] = (kind, self.serial)
        if kind != "read":
            self.selector.register(client, selectors.EVENT_READ)
        # Spread over the period, so that they don't all speak at once.
        heapq.heappush(self.due, (time.monotonic() + PERIOD_S * (0.5 + self.serial % 1000 / 2000), self.serial, client))

    def _drop(self, client):
        kind, _ = self.sockets.pop(client)
        if kind != "read":
            self.selector.unregister(client)
        client.close()
        return kind

    def _come_back(self, client):
        kind = self._drop(client)
        self.returns += 1
        self._open(kind)

    def _hear(self, client):
        """Whatever it is told means nothing to it, but for the end."""
        try:
            if not client.recv(65536):
                self._come_back(client)
        except BlockingIOError:
            pass
        except OSError:
            self._come_back(client)

    def _act(self, client, serial):
        kind, current = self.sockets.get(client, (None, None))
        if current != serial:
            return
        heapq.heappush(self.due, (time.monotonic() + PERIOD_S, serial, client))
        try:
            if kind in MORE:
                client.send(MORE[kind])
            elif kind == "read" and not client.recv(1024):
                self._come_back(client)
        except BlockingIOError:
            pass
        except OSError:
            self._come_back(client)

    def _run(self):
        self.selector = selectors.DefaultSelector()
        opened, next_at = 0, 0
        while not self.ended.is_set():
            if opened < len(self.wanted) and time.monotonic() >= next_at:
                next_at = time.monotonic() + 1 / ARRIVALS
                self._open(self.wanted[opened])
                opened += 1
            if opened == len(self.wanted):
                self.ready.set()
            for key, _ in self.selector.select(0.5 / ARRIVALS if opened < len(self.wanted) else 0.05):
                if key.fileobj in self.sockets:
                    self._hear(key.fileobj)
            while self.due and self.due[0][0] <= time.monotonic():
                _, serial, client = heapq.heappop(self.due)
                self._act(client, serial)
        for client in list(self.sockets):
            self._drop(client)
