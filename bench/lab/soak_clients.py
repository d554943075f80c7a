"""The soak's clients: each kind does one thing again and again, checks every byte, and says what became of it.

`steady` and `flapping` are upstreams whose endpoints all live: what fails there is a fault of the gateway's. `faulty`
has endpoints that are killed, and answer with errors: there it must be an error of a kind that they explain.
"""

import asyncio
import hashlib
import random
import socket
import struct
from collections import Counter

from lab.soak_backend import PIECE

PATIENCE_S = 30  # longer than any deadline that the gateway has for what is asked of it


class Wrong(Exception):
    """An answer that is none to what was asked."""


class Connection:
    """Kept alive as long as all goes well."""

    def __init__(self, port):
        self.port, self.reader, self.writer, self.is_last = port, None, None, False

    async def open(self):
        if self.writer is None:
            self.is_last = False
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)

    def send(self, method, path, body=b"", fields=b""):
        if body:
            fields += b"Content-Length: %d\r\n" % len(body)
        self.writer.write(b"%s %s HTTP/1.1\r\nHost: soak.test\r\n%s\r\n%s" % (method, path.encode(), fields, body))

    async def head(self):
        head = await self.reader.readuntil(b"\r\n\r\n")
        fields = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:] if b": " in line)
        self.is_last = fields.get(b"connection") == b"close"
        return int(head.split(b" ", 2)[1]), fields

    async def answer(self):
        status, fields = await self.head()
        return status, await self.reader.readexactly(int(fields.get(b"content-length", b"0")))

    async def ask(self, method, path, body=b"", fields=b""):
        await self.open()
        self.send(method, path, body, fields)
        return await self.answer()

    def close(self):
        if self.writer:
            self.writer.close()
        self.reader = self.writer = None

    def reset(self):
        if self.writer:
            raw = self.writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writer.transport.abort()
        self.reader = self.writer = None


def expect(got, wanted):
    if got != wanted:
        raise Wrong(f"{got!r:.200} instead of {wanted!r:.200}")


class Clients:
    def __init__(self, port, seed):
        self.port, self.chance, self.ending = port, random.Random(seed), False
        self.outcomes = Counter()  # (kind, outcome)
        self.examples = {}

    # ---- kinds: one turn each

    async def small(self, at, where):
        number = self.chance.randrange(10**9)
        expect(await at.ask(b"GET", f"/{where}/small?n={number}"), (200, b"small %d" % number))

    async def post(self, at, where):
        body = self.chance.randbytes(self.chance.choice((10, 1000, 70_000, 300_000)))
        expect(await at.ask(b"POST", f"/{where}/digest", body), (200, hashlib.sha256(body).hexdigest().encode()))

    async def chunks(self, at, where):
        await at.open()
        body = self.chance.randbytes(self.chance.randrange(1, 20_000))
        at.writer.write(b"POST /%s/digest HTTP/1.1\r\nHost: soak.test\r\nTransfer-Encoding: chunked\r\n\r\n" % where.encode())
        for begin in range(0, len(body), 700):
            piece = body[begin:begin + 700]
            at.writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        at.writer.write(b"0\r\n\r\n")
        expect(await at.answer(), (200, hashlib.sha256(body).hexdigest().encode()))

    async def large(self, at, where):
        size = self.chance.randrange(1, 4 << 20)
        await at.open()
        at.send(b"GET", f"/{where}/large?size={size}")
        status, fields = await at.head()
        expect((status, int(fields.get(b"content-length", b"-1"))), (200, size))
        place = 0
        while place < size:
            piece = await at.reader.read(min(65536, size - place))
            if not piece:
                raise asyncio.IncompleteReadError(b"", size - place)
            start = place % len(PIECE)
            if piece != (PIECE + PIECE)[start:start + len(piece)]:
                raise Wrong(f"other bytes of a large body, at {place}")
            place += len(piece)

    async def pipeline(self, at, where):
        await at.open()
        numbers = [self.chance.randrange(10**9) for _ in range(20)]
        for number in numbers:
            at.send(b"GET", f"/{where}/small?n={number}")
        for number in numbers:
            expect(await at.answer(), (200, b"small %d" % number))

    async def tunnel(self, at, where):
        at.close()
        await at.open()
        at.send(b"GET", f"/{where}/tunnel", fields=b"Connection: Upgrade\r\nUpgrade: websocket\r\n")
        expect((await at.head())[0], 101)
        for _ in range(self.chance.randrange(1, 20)):
            piece = self.chance.randbytes(self.chance.randrange(1, 5000))
            at.writer.write(piece)
            expect(await at.reader.readexactly(len(piece)), piece)
            await asyncio.sleep(self.chance.random() / 4)
        at.close()

    async def abort(self, at, where):
        """Leaves in the middle of something; nothing is to be heard of it."""
        at.close()
        await at.open()
        how = self.chance.randrange(5)
        if how == 1:
            at.writer.write(b"GET /%s/small?n=1 HTT" % where.encode())
        elif how == 2:
            at.send(b"POST", f"/{where}/digest", b"x" * 100_000)
        elif how == 3:
            at.writer.write(b"POST /%s/digest HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf" % where.encode())
        elif how == 4:
            at.send(b"GET", f"/{where}/large?size=4000000")
            await at.reader.read(1000)
        await asyncio.sleep(self.chance.random() / 20)
        at.close() if self.chance.random() < 0.5 else at.reset()

    async def fault(self, at, where):
        """Asks for an error, and must get the one that it asked for."""
        what, wanted = self.chance.choice((("500", 500), ("stall", 504), ("cut", None)))
        if wanted:
            status, _ = await at.ask(b"POST", f"/{where}/{what}", b"x")
            if status not in (wanted, 502, 503):  # an endpoint may be killed just then
                raise Wrong(f"{status} instead of {wanted}")
            return
        try:
            await at.ask(b"GET", f"/{where}/{what}")
        except (asyncio.IncompleteReadError, ConnectionError):
            at.close()
            return
        raise Wrong("an answer that was cut short looked whole")

    # ---- running them

    async def turn(self, kind, at, where):
        try:
            await asyncio.wait_for(getattr(self, kind)(at, where), PATIENCE_S)
            if at.is_last:
                at.close()
            return "ok"
        except Wrong as wrong:
            self.examples.setdefault((kind, where), str(wrong))
            at.close()
            # What endpoints that were killed explain; any other answer is the gateway's fault.
            explained = any(str(wrong).startswith(f"({status}, ") or str(wrong).startswith(f"{status} ")
                            for status in (500, 502, 503, 504))
            return "refused" if explained else "WRONG"
        except asyncio.TimeoutError:
            at.close()
            return "HUNG"
        except (OSError, asyncio.IncompleteReadError):
            at.close()
            return "cut"

    async def client(self, kind, where, pause):
        at = Connection(self.port)
        while not self.ending:
            self.outcomes[kind, where, await self.turn(kind, at, where)] += 1
            await asyncio.sleep(self.chance.expovariate(1 / pause))
        at.close()

    def start(self, mix):
        """`mix`: (kind, upstream, clients, mean pause between turns in seconds)."""
        return [asyncio.ensure_future(self.client(kind, where, pause))
                for kind, where, count, pause in mix for _ in range(count)]

    def not_explained(self):
        """Outcomes that nothing that was done to the gateway explains: their number."""
        return sum(count for (_, where, outcome), count in self.outcomes.items()
                   if outcome in ("WRONG", "HUNG") or (outcome != "ok" and where != "faulty"))
