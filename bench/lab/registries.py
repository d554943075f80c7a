"""Registries with one service of many endpoints in it, on the load core; and changes to it, one at a time.

Each has `yaml()` for the gateway's configuration, `enter(addresses)` for many at once, and `put(address)` and
`remove(address)` for one. `watch()` asks to be told of the next change, and returns what waits for the news.
"""

import base64
import http.client
import json
import os
import shutil
import struct
import socket
import time

from lab import process
from lab.subjects import find, write

BATCH = 50  # etcd and Consul take transactions of 128 and 64 changes at most


class HttpRegistry:
    """A server with an HTTP API, on one connection."""

    def start(self, name, command, folder):
        self.program = process.Program(name, command, self.port, process.LOAD_CORE, os.path.join(folder, f"{name}.output"))
        self.http = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def call(self, method, path, body):
        self.http.request(method, path, json.dumps(body))
        answer = self.http.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{self.program.name}: {answer.status} to {path}: {text[:300]!r}")
        return json.loads(text)

    def until_it_serves(self, method, path, body):
        for _ in range(100):
            try:
                return self.call(method, path, body)
            except (SystemExit, OSError, http.client.HTTPException):
                self.http.close()
                time.sleep(0.2)
        self.program.end()
        raise SystemExit(f"{self.program.name} does not serve")

    def enter(self, addresses):
        for first in range(0, len(addresses), BATCH):
            self.change([("set", address) for address in addresses[first:first + BATCH]])

    def put(self, address):
        self.change([("set", address)])

    def remove(self, address):
        self.change([("delete", address)])

    def end(self):
        self.http.close()
        self.program.end()


class Etcd(HttpRegistry):
    name = "etcd"

    def __init__(self, folder):
        self.port = process.free_port()
        client, peer = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{process.free_port()}"
        self.start("etcd", [find("etcd"), "--data-dir", os.path.join(folder, "etcd"), "--listen-client-urls", client,
                            "--advertise-client-urls", client, "--listen-peer-urls", peer,
                            "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"], folder)
        self.until_it_serves("POST", "/v3/kv/range", {"key": "AA=="})

    def yaml(self):
        return f"etcd: {{ url: http://127.0.0.1:{self.port} }}"

    def watch(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        first, end = (base64.b64encode(key).decode() for key in (b"/services/backend/", b"/services/backend0"))
        connection.request("POST", "/v3/watch", json.dumps({"create_request": {"key": first, "range_end": end}}))
        stream = connection.getresponse()
        stream.readline()  # it is watched
        return stream.readline

    def change(self, changes):
        def key(address):
            return base64.b64encode(f"/services/backend/{address}".encode()).decode()

        def value(address):
            text = {"address": address, "weight": 1, "metadata": {"zone": "a", "version": "1.2.3"}}
            return base64.b64encode(json.dumps(text).encode()).decode()

        self.call("POST", "/v3/kv/txn", {"success": [
            {"request_put": {"key": key(address), "value": value(address)}} if verb == "set"
            else {"request_delete_range": {"key": key(address)}} for verb, address in changes]})


class Consul(HttpRegistry):
    name = "consul"

    def __init__(self, folder):
        self.port = process.free_port()
        config = write(folder, "consul.json", json.dumps({
            "server": True, "bootstrap": True, "bind_addr": "127.0.0.1", "client_addr": "127.0.0.1",
            "disable_update_check": True, "log_level": "err", "performance": {"raft_multiplier": 1},
            "connect": {"enabled": False}, "data_dir": os.path.join(folder, "consul"),
            "ports": {"http": self.port, "dns": -1, "grpc": -1, "serf_wan": -1, "serf_lan": process.free_port(),
                      "server": process.free_port()}}))
        self.start("consul", [find("consul"), "agent", "-config-file", config], folder)
        self.until_it_serves("PUT", "/v1/txn", [{"Node": {"Verb": "set", "Node": {
            "Node": "many", "Address": "127.0.0.1"}}}])

    def yaml(self):
        return f'consul: {{ url: "http://127.0.0.1:{self.port}" }}'

    def watch(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/v1/health/service/backend")
        answer = connection.getresponse()
        answer.read()
        connection.request("GET", f"/v1/health/service/backend?index={answer.headers['X-Consul-Index']}&wait=50s")
        return lambda: connection.getresponse().read()

    def change(self, changes):
        self.call("PUT", "/v1/txn", [{"Service": {"Verb": verb, "Node": "many", "Service": {
            "ID": address, "Service": "backend", "Address": address.split(":")[0], "Port": int(address.split(":")[1]),
            "Meta": {"zone": "a", "version": "1.2.3"}}}} for verb, address in changes])


class ZooKeeper:
    """Its protocol is spoken here: a session, and one request after the other."""

    name = "zookeeper"
    ROOT = "/services/backend"
    CREATE, DELETE, CHILDREN = 1, 2, 8
    ANYBODY = struct.pack(">ii", 1, 31) + struct.pack(">i5si6s", 5, b"world", 6, b"anyone")

    def __init__(self, folder):
        self.port = process.free_port()
        config = write(folder, "zoo.cfg", f"dataDir={folder}/zookeeper\nclientPortAddress=127.0.0.1\n"
                       f"clientPort={self.port}\nadmin.enableServer=false\ntickTime=500\nmaxSessionTimeout=3600000\nforceSync=no\nmaxClientCnxns=0\n")
        self.program = process.Program(
            "zookeeper", [find("java"), "-Xmx512m", "-XX:+UseSerialGC", "-cp", "/usr/share/java/zookeeper.jar",
                          "org.apache.zookeeper.server.ZooKeeperServerMain", config],
            self.port, process.LOAD_CORE, os.path.join(folder, "zookeeper.output"))
        self.connect()
        for path in ("/services", self.ROOT):
            self.ask(self.CREATE, self.created(path, b""))

    def connect(self):
        for _ in range(100):
            self.socket, self.requests = socket.create_connection(("127.0.0.1", self.port), 30), 0
            try:
                self.send(struct.pack(">iqiqi16s", 0, 0, 3_600_000, 0, 16, bytes(16)))
                return self.receive()
            except OSError:  # it listens before it serves
                time.sleep(0.2)
        self.program.end()
        raise SystemExit("zookeeper does not serve")

    def watch(self):
        other = object.__new__(ZooKeeper)
        other.port = self.port
        other.connect()
        other.ask(self.CHILDREN, self.text(self.ROOT.encode()) + b"\1")
        return other.receive

    def yaml(self):
        return f'zookeeper: {{ servers: ["127.0.0.1:{self.port}"], layout: plain }}'

    def send(self, body):
        self.socket.sendall(struct.pack(">i", len(body)) + body)

    def read(self, size):
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise ConnectionError("zookeeper has closed the connection")
            data += piece
        return data

    def receive(self):
        return self.read(struct.unpack(">i", self.read(4))[0])

    def ask(self, kind, body):
        self.requests += 1
        self.send(struct.pack(">ii", self.requests, kind) + body)
        xid, _, error = struct.unpack(">iqi", self.receive()[:16])
        if xid != self.requests or error:
            raise SystemExit(f"zookeeper: error {error}")

    @staticmethod
    def text(value):
        return struct.pack(">i", len(value)) + value

    def created(self, path, data):
        return self.text(path.encode()) + self.text(data) + self.ANYBODY + struct.pack(">i", 0)

    def put(self, address):
        self.ask(self.CREATE, self.created(f"{self.ROOT}/{address}", address.encode()))

    def remove(self, address):
        self.ask(self.DELETE, self.text(f"{self.ROOT}/{address}".encode()) + struct.pack(">i", -1))

    def enter(self, addresses):
        for address in addresses:
            self.put(address)

    def end(self):
        self.socket.close()
        self.program.end()


KINDS = {kind.name: kind for kind in (Etcd, Consul, ZooKeeper)}


def fast_folder():
    """Where registries may sync as often as they like: their disk is not what is measured. None: the usual place."""
    return "/dev/shm" if shutil.disk_usage("/dev/shm").free > 1 << 30 else None
