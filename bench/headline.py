#!/usr/bin/env python3
"""Penstock's speed against nginx and HAProxy on this machine, in one interleaved run.

Everything is on the loopback interface: the program under test alone on core 0, load and backend on core 1. The figure
is the program's CPU time (user + system of all its threads) per request that the load generator counted. Subjects take
turns (A B C, A B C, ...); quoted are the median over rounds, and the median of the ratios inside each round, with those
ratios and, beside it, the ratio of the medians.
"""

import argparse
import json
import os
import socket
import sys
import tempfile
from contextlib import ExitStack
from statistics import median

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lab import load, process, report, subjects  # noqa: E402

PEERS = ("nginx", "haproxy")
BIG_CONNECTIONS = 16
ROUTED_PATHS = 1000


def penstock_names(options):
    """Name → path. One binary is "penstock"; several are told apart by a letter: "penstock/A" ..."""
    paths = options.penstock
    if len(paths) == 1:
        return {"penstock": paths[0]}
    return {f"penstock/{chr(ord('A') + number)}": path for number, path in enumerate(paths)}


def about(options):
    """Says, and returns, when and of which builds the figures are."""
    peers = {name: [subjects.find(name), "-v"] for name in PEERS}
    return report.about(penstock_names(options), peers)


class Lab:
    """The programs of one benchmark: started as asked for, ended together, also when something fails."""

    def __init__(self, options, stack):
        self.options, self.stack = options, stack
        self.folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="penstock-bench-"))
        os.chmod(self.folder, 0o755)
        self.backend = self.keep(subjects.start_backend(self.folder))

    def keep(self, program):
        self.stack.callback(program.end)
        return program

    def peers(self):
        return [self.keep(subjects.start_nginx(self.folder, self.backend)),
                self.keep(subjects.start_haproxy(self.folder, self.backend))]

    def penstocks(self, suffix="", routes=subjects.ONE_ROUTE, upstream=""):
        return [self.keep(subjects.start_penstock(path, name + suffix, self.folder, self.backend, routes,
                                                  upstream=upstream))
                for name, path in penstock_names(self.options).items()]


def interleaved(programs, options, connections, path="/", script=None):
    """Name → Cost by round."""
    costs = {program.name: [] for program in programs}
    for program in programs:
        load.wrk(program, connections, 1, path, script)  # warm: pools filled, pages touched
    for _ in range(options.rounds):
        for program in programs:
            costs[program.name].append(load.measure(program, connections, options.seconds, path, script))
    return costs


def per_request(costs):
    return {name: [cost.per_request_us() for cost in rounds] for name, rounds in costs.items()}


def user_parts(costs):
    return {name: f"user {median(cost.user_per_request_us() for cost in rounds):.1f}, "
                  f"{median(cost.requests / cost.seconds for cost in rounds):,.0f} requests/s"
            for name, rounds in costs.items()}


def headline(lab):
    programs = lab.peers() + lab.penstocks()
    if lab.options.relay:
        programs.append(lab.keep(subjects.start_relay(lab.options.relay, lab.folder, lab.backend)))
    results = {}
    for connections in lab.options.connections:
        for program in programs:
            load.check_answers(program)
        costs = interleaved(programs, lab.options, connections)
        for program in programs:
            load.check_answers(program)
        figures = per_request(costs)
        report.table(f"CPU per request, {connections} keep-alive connections, {len(subjects.SMALL_BODY)}-byte answers",
                     "us", figures, report.best_of(figures, PEERS), user_parts(costs))
        results[f"{connections} connections, us/request"] = figures
    return results


def many_routes(count):
    """Routes of the shapes that configurations mix: prefixes, parameters, exact paths, hosts."""
    shapes = ("/service-{n}/*", "/api/v1/tenant-{n}/orders/{{id}}", "/pages/{n}/about.html", "/service-{n}/admin/*")
    lines = []
    for n in range(count - 1):
        host = f"host: host-{n}.example.com, " if n % 4 == 3 else ""
        lines.append(f'  - {{ match: {{ {host}path: "{shapes[n % 4].format(n=n)}" }}, upstream: backend }}\n')
    return "".join(lines) + subjects.ONE_ROUTE


def routed_paths(count):
    """Paths that the routes of many_routes(count) match, spread over all of them."""
    shapes = ("/service-{n}/items/7", "/api/v1/tenant-{n}/orders/42", "/pages/{n}/about.html")
    numbers = range(0, count - 1, max(1, count // ROUTED_PATHS) | 1)  # an odd step meets every shape
    return [shapes[n % 4].format(n=n) for n in numbers if n % 4 != 3]  # the load sends one host only


def rotating_script(folder, paths):
    """A wrk script that asks for the paths in turn."""
    listed = ", ".join(json.dumps(path) for path in paths)
    return subjects.write(folder, "paths.lua", f"""
local paths, requests, turn = {{ {listed} }}, {{}}, 0
function init(args)
  for i, path in ipairs(paths) do requests[i] = wrk.format("GET", path) end
end
function request()
  turn = turn % #requests + 1
  return requests[turn]
end
""")


def routes(lab):
    count = lab.options.routes
    paths = routed_paths(count)
    script = rotating_script(lab.folder, paths)
    programs = lab.penstocks(" 1 route") + lab.penstocks(f" {count} routes", many_routes(count))
    for program in programs:
        for path in paths[:20]:
            load.check_answers(program, path, 1)
    costs = interleaved(programs, lab.options, 64, "/", script)
    figures = per_request(costs)
    report.table(f"CPU per request, 1 route against {count}, {len(paths)} paths in turn", "us", figures,
                 programs[0].name, user_parts(costs))
    return {"us/request": figures}


POLICIES = ("round_robin", "smooth_weighted_round_robin", "random", "weighted_random", "least_connections", "peak_ewma",
            "consistent_hash", "{ policy: consistent_hash, bounded_load: 1.25 }", "maglev", "source_hash")


def policies(lab):
    """Ten endpoints; hashing policies by a header, so that requests differ in their keys."""
    path = lab.options.penstock[0]
    programs = []
    for policy in POLICIES:
        name = policy.strip("{} ").replace("policy: ", "")
        balancer = policy
        if "hash" in policy and "source" not in policy or policy == "maglev":
            plain = name.split(",")[0]
            bounded = ", bounded_load: 1.25" if "bounded" in policy else ""
            balancer = f'{{ policy: {plain}, key: "query:k"{bounded} }}'
        programs.append(lab.keep(subjects.start_penstock(
            path, name.replace(", bounded_load: 1.25", " bounded"), lab.folder, lab.backend, endpoints=10,
            upstream=f"    balancer: {balancer}")))
    script = rotating_script(lab.folder, [f"/?k=user-{number}" for number in range(ROUTED_PATHS)])
    for program in programs:
        load.check_answers(program)
    costs = interleaved(programs, lab.options, 64, "/", script)
    figures = per_request(costs)
    report.table("CPU per request by policy, ten endpoints, 64 connections", "us", figures, programs[0].name,
                 user_parts(costs))
    return {"us/request": figures}


def bodies(lab):
    programs = lab.peers() + lab.penstocks()
    for program in programs:
        load.check_answers(program, "/big", 3)
    costs = interleaved(programs, lab.options, BIG_CONNECTIONS, "/big")
    per_gb = 1e9 / subjects.BIG_BODY_SIZE / 1e6  # us per body -> s per GB
    figures = {name: [value * per_gb for value in rounds] for name, rounds in per_request(costs).items()}
    report.table(f"CPU per GB, 1 MiB bodies, {BIG_CONNECTIONS} connections", "s/GB", figures,
                 report.best_of(figures, PEERS))
    return {"CPU s/GB": figures}


def idle(lab):
    count = min(lab.options.idle, subjects.max_connections() // 2)
    figures = {}
    for program in lab.peers() + lab.penstocks():
        load.wrk(program, 64, 1)
        sockets = load.open_idle(program, count // 4)  # fills what earlier traffic has freed, and would hide the growth
        before = program.resident_bytes()
        sockets += load.open_idle(program, count)
        figures[program.name] = [(program.resident_bytes() - before) / count]
        for connection in sockets:
            connection.close()
    report.table(f"Resident bytes per idle keep-alive connection, {count} connections", "bytes", figures,
                 report.best_of(figures, PEERS))
    return {"bytes": figures}


def tls(lab):
    """The same certificate (P-256) for all: requests on kept-alive connections, full handshakes, large bodies."""
    pair = subjects.make_pair(lab.folder)
    programs = [lab.keep(subjects.start_nginx(lab.folder, lab.backend, pair=pair)),
                lab.keep(subjects.start_haproxy(lab.folder, lab.backend, pair=pair))]
    programs += [lab.keep(subjects.start_penstock(path, name, lab.folder, lab.backend, pair=pair))
                 for name, path in penstock_names(lab.options).items()]
    for program in programs:
        load.check_answers(program)
        load.check_answers(program, "/big", 3)
    small = per_request(interleaved(programs, lab.options, 64))
    report.table("CPU per request over TLS 1.3, 64 keep-alive connections", "us", small, report.best_of(small, PEERS))
    handshakes = {program.name: [] for program in programs}
    for _ in range(lab.options.rounds):
        for program in programs:
            count, seconds = load.shake_hands(program, lab.options.seconds)
            handshakes[program.name].append(seconds / count * 1e6)
    report.table("CPU per full handshake of TLS 1.3 with one request", "us", handshakes,
                 report.best_of(handshakes, PEERS))
    big = per_request(interleaved(programs, lab.options, BIG_CONNECTIONS, "/big"))
    report.table(f"CPU per 1 MiB body over TLS 1.3, {BIG_CONNECTIONS} connections", "us", big,
                 report.best_of(big, PEERS))
    return {"us/request": small, "us/handshake": handshakes, "us/MiB": big}


# By the client's address, at a rate that nobody reaches; retries and breakers where the program has them.
ARMED_ROUTE = """  - match: { path: /* }
    upstream: backend
    limits: [{ token_bucket: { rate: 1000000/s, burst: 1000000 }, key: client_ip }]
"""
ARMED_UPSTREAM = """    retry: {}
    circuit_breaker: {}"""
ARMED_NGINX = {"http": "limit_req_zone $binary_remote_addr zone=clients:10m rate=1000000r/s; limit_req_log_level info;",
               "location": "limit_req zone=clients burst=100000 nodelay;"}
ARMED_HAPROXY = """  stick-table type ip size 100k expire 1m store http_req_rate(1s)
  http-request track-sc0 src
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 1000000 }"""


def armed(lab):
    """The headline with a rate limit by client in all, and in Penstock retries and circuit breakers as well."""
    programs = [lab.keep(subjects.start_nginx(lab.folder, lab.backend, **ARMED_NGINX)),
                lab.keep(subjects.start_haproxy(lab.folder, lab.backend, front=ARMED_HAPROXY))]
    programs += lab.penstocks("", ARMED_ROUTE, ARMED_UPSTREAM)
    for program in programs:
        load.check_answers(program)
    costs = interleaved(programs, lab.options, 64)
    figures = per_request(costs)
    report.table("CPU per request with a rate limit by client (and retries and breakers), 64 keep-alive connections",
                 "us", figures, report.best_of(figures, PEERS), user_parts(costs))
    return {"us/request": figures}


# The rates are used up by the first request; the only place is held by one that is never answered.
REFUSING_ROUTES = """  - { match: { path: /rate }, upstream: backend, limits: [{ token_bucket: 1/d }] }
  - { match: { path: /key }, upstream: backend, limits: [{ token_bucket: 1/d, key: client_ip }] }
  - { match: { path: /busy }, upstream: silent }
""" + subjects.ONE_ROUTE
SILENT_UPSTREAM = """  silent:
    endpoints: ["127.0.0.1:{port}"]
    timeouts: {{ first_byte: 10m, total: 10m }}
    limits: [{{ concurrency: 1 }}]"""
REFUSING_NGINX = {"http": "limit_req_zone $server_port zone=all:1m rate=1r/m; limit_req_log_level info;"
                          " limit_req_status 429;",
                  "location": """if ($uri = /rate) { return 404; } }
    location = /rate { limit_req zone=all; proxy_pass http://backend; proxy_http_version 1.1;"""}
REFUSING_HAPROXY = """  stick-table type integer size 1 expire 1h store http_req_rate(1h)
  http-request track-sc0 int(1) if { path /rate }
  http-request deny deny_status 429 if { path /rate } { sc_http_req_rate(0) gt 1 }"""


SIXTEEN_AT_ONCE = """
function init(args)
  local requests = {}
  for i = 1, 16 do requests[i] = wrk.format("GET", "/rate") end
  all = table.concat(requests)
end
function request() return all end
"""


def refusing(lab):
    """The CPU of an answer that says no, as a part of that of a request that is served. Sixteen requests in one packet
    show what is left of it without the kernel's work for each packet."""
    pipelined = subjects.write(lab.folder, "pipelined.lua", SIXTEEN_AT_ONCE)
    nginx = lab.keep(subjects.start_nginx(lab.folder, lab.backend, **REFUSING_NGINX))
    haproxy = lab.keep(subjects.start_haproxy(lab.folder, lab.backend, front=REFUSING_HAPROXY))
    silent = lab.stack.enter_context(socket.create_server(("127.0.0.1", 0)))  # connections wait to be accepted
    penstocks = lab.penstocks("", REFUSING_ROUTES, SILENT_UPSTREAM.format(port=silent.getsockname()[1]))
    paths = {program: ("/rate", "/rate x16", "/key", "/busy") if program in penstocks else ("/rate", "/rate x16")
             for program in (nginx, haproxy, *penstocks)}
    # nginx knows no rate below one a minute, and that one may come while we look.
    passed_max = {nginx: 1 + lab.options.seconds // 60}
    figures, extra = {}, {}
    for program in paths:
        load.wrk(program, 64, 1)
    for _ in range(lab.options.rounds):
        for program, refused in paths.items():
            served = load.measure(program, 64, lab.options.seconds)
            figures.setdefault(f"{program.name} serving", []).append(served.per_request_us())
            for path in refused:
                url, _, many = path.partition(" ")
                held = load.hold_request(program, url)
                cost = load.measure(program, 64, lab.options.seconds, url, pipelined if many else None, refused=True,
                                    passed_max=passed_max.get(program, 0))
                held.close()
                name = f"{program.name} {path}"
                figures.setdefault(name, []).append(cost.per_request_us())
                extra.setdefault(name, []).append(cost.user_per_request_us())
            extra.setdefault(f"{program.name} serving", []).append(served.user_per_request_us())
    notes = {}
    for name, rounds in figures.items():
        ratio = report.median_ratio(rounds, figures[name.split(" ")[0] + " serving"])
        notes[name] = f"{ratio:.3f} of serving, user {median(extra[name]):.2f}"
    report.table("CPU per request, served and refused, 64 keep-alive connections", "us", figures, None, notes)
    return {"us/request": figures}


KEYS_ROUTE = """  - match: { path: /key }
    respond: 204
    limits: [{ token_bucket: { rate: 10/s, burst: 10 }, key: "header:X-Key" }]
""" + subjects.ONE_ROUTE
DISTINCT_KEYS = """
local number = 0
function request()
  local several = {}
  for i = 1, 8 do
    number = number + 1
    several[i] = "GET /key HTTP/1.1\\r\\nHost: bench\\r\\nX-Key: key-" .. number .. "\\r\\n\\r\\n"
  end
  return table.concat(several)
end
"""


def keys(lab):
    """Distinct keys, each new to the limit, and one busy key among them: memory, and what the busy one is let."""
    script = subjects.write(lab.folder, "keys.lua", DISTINCT_KEYS)
    results = {}
    for program in lab.penstocks("", KEYS_ROUTE):
        load.wrk(program, 64, 1)
        before = program.resident_bytes()
        busy = load.BusyKey(program, "/key")
        flood = load.start_wrk(program, 64, lab.options.seconds, "/key", script)
        while flood.poll() is None:
            busy.ask()
        distinct, _ = load.read_wrk(flood.communicate()[0])
        expected = 10 + 10 * busy.seconds
        grown = program.resident_bytes() - before
        print(f"\n{program.name}: {distinct:,} distinct keys in {lab.options.seconds} s: {grown / 2**20:.1f} MiB more; "
              f"the busy key: {busy.passed} of {busy.asked} passed, by its rate {expected:.1f}")
        results[program.name] = {"keys": distinct, "bytes": grown, "busy": busy.passed, "expected": expected}
    return results


SCENARIOS = {"headline": headline, "routes": routes, "policies": policies, "bodies": bodies, "idle": idle,
             "refusing": refusing, "keys": keys, "armed": armed, "tls": tls}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="headline", choices=[*SCENARIOS, "all"])
    parser.add_argument("--penstock", action="append", metavar="PATH",
                        help="binary to measure; give it twice to compare two builds; 'none' for the peers alone")
    parser.add_argument("--relay", metavar="PATH", help="the byte relay (target relay), as a floor")
    parser.add_argument("--connections", type=lambda text: [int(part) for part in text.split(",")], default=[64])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of each run of load")
    parser.add_argument("--routes", type=int, default=10_000)
    parser.add_argument("--idle", type=int, default=4_000)
    parser.add_argument("--json", metavar="FILE", help="also write all figures there")
    options = parser.parse_args()
    options.penstock = options.penstock or ["build/release/penstock"]
    options.penstock = [] if options.penstock == ["none"] else [os.path.abspath(path) for path in options.penstock]
    return options


def main():
    options = parse_arguments()
    process.raise_open_files()
    results = {"about": about(options)}
    for name in SCENARIOS if options.what == "all" else [options.what]:
        if not options.penstock and name in ("routes", "policies"):
            continue
        with ExitStack() as stack:
            results[name] = SCENARIOS[name](Lab(options, stack))
    if options.json:
        with open(options.json, "w") as file:
            json.dump(results, file, indent=2)


if __name__ == "__main__":
    main()
