#!/usr/bin/env bash
# A resolver library that was asked twice, and asked its server once.
#
# c-ares kept nothing for fifteen years: who wanted a cache put one in front of it. Since 1.31.0 each channel has a cache of
# its own, switched on, for as long as a record's TTL says and at most an hour. A program that "looks again now", because it
# was just told that an endpoint has gone, hears the old list, and its server sees no question at all. The same source behaves
# in two ways on Debian 12 (1.18.1) and Debian 13 (1.34.5). It is off with ares_init_options' qcache_max_ttl = 0.
#
# Seen with pycares 4.3.0 (c-ares 1.18.1) and pycares 4.11.0 (c-ares 1.34.5), both from PyPI, with their own c-ares inside:
#   1.18.1: two look-ups, two questions, the second answer is the new one
#   1.34.5: two look-ups, one question,  the second answer is the old one
#
# Ends with 1 if that has changed, with 2 if it could not be tried.
set -euo pipefail
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

cat >"$T/ask_twice.py" <<'P'
"""A server on the loopback interface that gives another address each time, and a client that asks it twice."""
import select, socket, struct, threading
import pycares

asked = 0
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))


def serve():
    global asked
    while True:
        query, client = server.recvfrom(512)
        asked += 1
        name_end = query.index(b"\0", 12) + 1
        question = query[12:name_end + 4]
        record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([192, 0, 2, asked])
        server.sendto(query[:2] + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0) + question + record, client)


threading.Thread(target=serve, daemon=True).start()
channel = pycares.Channel(servers=["127.0.0.1"], udp_port=server.getsockname()[1], timeout=2, tries=1)
answers = []
for _ in range(2):
    done = []
    channel.query("orders.example", pycares.QUERY_TYPE_A, lambda result, error: done.append((result, error)))
    for _ in range(100):
        if done:
            break
        readable, writable = channel.getsock()
        ready = select.select(readable, writable, [], 0.1)
        for fd in ready[0]:
            channel.process_fd(fd, pycares.ARES_SOCKET_BAD)
        for fd in ready[1]:
            channel.process_fd(pycares.ARES_SOCKET_BAD, fd)
    answers.append(done[0][0][0].host if done and done[0][0] else str(done))
print(pycares.ARES_VERSION, "asked", asked, "answers", *answers)
P

try() { # VERSION of pycares → what the client saw
  python3 -m venv "$T/$1" && "$T/$1/bin/pip" -q install --disable-pip-version-check "pycares==$1" || exit 2
  "$T/$1/bin/python" "$T/ask_twice.py"
}

before=$(try 4.3.0)
after=$(try 4.11.0)
echo "$before"
echo "$after"
[[ $before == "1.18.1 asked 2 answers 192.0.2.1 192.0.2.2" ]] || { echo "changed: the old one"; exit 1; }
[[ $after == "1.34.5 asked 1 answers 192.0.2.1 192.0.2.1" ]] || { echo "changed: the new one"; exit 1; }
echo "as described"
