"""Proxies with limits, for the overload experiment: Penstock with what finds its limit itself, the others set by hand.

The values of the others are the best that `overload.py search` found for ten workers at 10 ms (a capacity of 1,000
requests a second) and clients that wait 100 ms; TUNED says which. Their limits don't log, as nothing else does.
"""

import functools
import os
import subprocess
import tempfile
from dataclasses import dataclass
from typing import Callable

from lab import subjects

TUNED = {"limit_req": (950, 20), "limit_conn": 30, "maxconn": (20, 10)}
POOL = 20  # connections of the Penstock whose limit is set by hand
CLIENT_RATE = 20  # requests a second that one client may make, with as many at once; its fair part is 8


@dataclass
class Subject:
    """`start(folder, backend)` starts it in an empty folder, and returns the Program."""

    name: str
    start: Callable


# $server_port is the key that all requests share; $server_name would be empty here, and empty keys aren't limited.
def nginx_limit_req(rate, burst, name="nginx limit_req"):
    """A rate for all clients together; what comes in a burst is passed on at once."""
    return Subject(name, functools.partial(
        subjects.start_nginx,
        http=f"limit_req_zone $server_port zone=all:1m rate={rate}r/s; limit_req_log_level info;",
        location=f"limit_req zone=all burst={burst} nodelay;"))


def nginx_limit_conn(connections, name="nginx limit_conn"):
    """Requests at a time. nginx counts client connections, but only those that are being served."""
    return Subject(name, functools.partial(
        subjects.start_nginx, http="limit_conn_zone $server_port zone=all:1m; limit_conn_log_level info;",
        location=f"limit_conn all {connections};"))


def haproxy_maxconn(connections, queue_ms, name="haproxy maxconn"):
    """Requests at a time, and the longest wait for a place among them."""
    return Subject(name, functools.partial(
        subjects.start_haproxy, back=f"  timeout queue {queue_ms}ms", server=f"maxconn {connections}"))


def nginx_by_client():
    return Subject("nginx limit_conn + by client", functools.partial(
        subjects.start_nginx,
        http=f"""limit_conn_zone $server_port zone=all:1m; limit_conn_log_level info;
  limit_req_zone $binary_remote_addr zone=clients:10m rate={CLIENT_RATE}r/s; limit_req_log_level info;""",
        location=f"limit_conn all {TUNED['limit_conn']}; limit_req zone=clients burst={CLIENT_RATE} nodelay;"))


def haproxy_by_client():
    connections, queue_ms = TUNED["maxconn"]
    return Subject("haproxy maxconn + by client", functools.partial(
        subjects.start_haproxy,
        front=f"""  stick-table type ip size 100k expire 1m store http_req_rate(1s)
  http-request track-sc0 src
  http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt {CLIENT_RATE} }}""",
        back=f"  timeout queue {queue_ms}ms", server=f"maxconn {connections}"))


ADAPTIVE = "    limits: [{ adaptive: {} }]"
BY_CLIENT = f"limits: [{{ token_bucket: {{ rate: {CLIENT_RATE}/s, burst: {CLIENT_RATE} }}, key: client_ip }}]"


def penstock(binary, name, upstream="", pool="", route=""):
    """`route`: further keys of the only route."""
    def start(folder, backend):
        routes = f"  - {{ match: {{ path: /* }}, upstream: backend{route} }}\n"
        return subjects.start_penstock(binary, name, folder, backend, routes, upstream=upstream, pool=pool)
    return Subject(name, start)


def penstock_by_class(binary):
    """The load generator names each client's class in a field."""
    routes = ("  - { match: { path: /*, headers: { X-Class: critical } }, priority: critical, upstream: backend }\n"
              "  - { match: { path: /* }, priority: sheddable, upstream: backend }\n")

    def start(folder, backend):
        return subjects.start_penstock(binary, "penstock by class", folder, backend, routes, upstream=ADAPTIVE)
    return Subject("penstock by class", start)


def penstock_pool(binary):
    return penstock(binary, "penstock pool", pool=f", max_connections: {POOL}")


def knows_limits(binary):
    """Whether this Penstock has the limits that are compared here; older ones don't."""
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        config = subjects.write(folder, "limits.yaml", f"""
listeners: ["127.0.0.1:1"]
upstreams:
  backend:
    endpoints: ["127.0.0.1:2"]
{ADAPTIVE}
routes:
  - {{ upstream: backend, {BY_CLIENT} }}
""")
        return subprocess.run([binary, "-t", "-c", config], capture_output=True).returncode == 0


def penstocks(binary, by_client=False):
    """Those that this binary can be: with limits, or else with a pool of a fixed size in their place."""
    if not os.access(binary, os.X_OK):
        raise SystemExit(f"no Penstock at {binary}: ./dev build")
    if not knows_limits(binary):
        print(f"{binary} knows no `limits`: in their place a pool of {POOL} connections")
        return [penstock_pool(binary)]
    adaptive = penstock(binary, "penstock adaptive", upstream=ADAPTIVE)
    if not by_client:
        return [adaptive]
    return [adaptive, penstock(binary, "penstock adaptive + by client", upstream=ADAPTIVE, route=", " + BY_CLIENT)]


def peers():
    return [Subject("nginx", subjects.start_nginx), nginx_limit_req(*TUNED["limit_req"]),
            nginx_limit_conn(TUNED["limit_conn"]), Subject("haproxy", subjects.start_haproxy),
            haproxy_maxconn(*TUNED["maxconn"])]


def candidates():
    """What `search` tries."""
    for rate in (900, 950, 1000):
        for burst in (10, 20, 40):
            yield nginx_limit_req(rate, burst, f"nginx limit_req {rate} burst {burst}")
    for connections in (10, 12, 15, 20, 30, 40):
        yield nginx_limit_conn(connections, f"nginx limit_conn {connections}")
    for connections in (10, 12, 15, 20, 30):
        for queue_ms in (10, 20, 40):
            yield haproxy_maxconn(connections, queue_ms, f"haproxy maxconn {connections} queue {queue_ms}ms")
