"""Clients that send as much as they can of one thing, from four threads each."""

import socket
import threading
import time

THREADS = 4


def probe(port):
    """One honest request on a new connection. Raises OSError if it is not answered with 200."""
    with socket.create_connection(("127.0.0.1", port), 5) as client:
        client.settimeout(5)
        client.sendall(b"GET / HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n")
        answer = client.recv(65536)
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise OSError(f"the answer was {answer[:100]!r}")


def connect(port):
    client = socket.create_connection(("127.0.0.1", port), 5)
    client.settimeout(0.5)
    return client


def connections(port, until):
    """Opens and leaves."""
    while time.monotonic() < until:
        connect(port).close()


def endless(port, until, opening, more):
    """Says `opening` and then `more` for ever; comes back when it is put out."""
    while time.monotonic() < until:
        try:
            with connect(port) as client:
                client.sendall(opening)
                while time.monotonic() < until:
                    client.sendall(more)
        except OSError:
            pass  # that is what is to happen


def header_lines(port, until):
    endless(port, until, b"GET / HTTP/1.1\r\nHost: flood.test\r\n", b"X-Flood: 1\r\n" * 100)


def tiny_chunks(port, until):
    endless(port, until, b"POST /upload HTTP/1.1\r\nHost: flood.test\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"1\r\nx\r\n" * 1000)


def unread_pipeline(port, until):
    endless(port, until, b"", b"GET / HTTP/1.1\r\nHost: flood.test\r\n\r\n" * 100)


FLOODS = {"connection flood": connections, "endless headers": header_lines, "one-byte chunks": tiny_chunks,
          "pipelining, unread": unread_pipeline}


def flood(name, port, seconds):
    threads = [threading.Thread(target=FLOODS[name], args=(port, time.monotonic() + seconds)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
