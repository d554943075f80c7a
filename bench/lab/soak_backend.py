"""A backend of the soak: python3 soak_backend.py PORT. What it does is in the path; see answer()."""

import asyncio
import hashlib
import sys
from urllib.parse import parse_qs, urlsplit

PIECE = bytes(range(256)) * 256  # 64 KiB, which any part of a large answer can be checked against
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"


def ok(body, fields=b""):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n%s" % (len(body), fields, body)


async def read_body(reader, head):
    """The whole body: with a length, in chunks, or none."""
    fields = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:] if b": " in line)
    if fields.get(b"transfer-encoding") != b"chunked":
        return await reader.readexactly(int(fields.get(b"content-length", b"0")))
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return body


async def send_large(writer, size):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
    while size > 0:
        writer.write(PIECE[:size])
        await writer.drain()
        size -= len(PIECE)


async def echo_tunnel(reader, writer):
    writer.write(SWITCH)
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()


async def answer(reader, writer, head):
    """False: the connection is done with."""
    target = urlsplit(head.split(b" ", 2)[1].decode())
    query = {name: values[0] for name, values in parse_qs(target.query).items()}
    body = await read_body(reader, head)
    what = target.path.rsplit("/", 1)[1]
    if what == "small":
        writer.write(ok(b"small " + query["n"].encode()))
    elif what == "digest":
        writer.write(ok(hashlib.sha256(body).hexdigest().encode()))
    elif what == "large":
        await send_large(writer, int(query["size"]))
    elif what == "tunnel":
        await echo_tunnel(reader, writer)
        return False
    elif what == "500":
        writer.write(b"HTTP/1.1 500 Broken\r\nContent-Length: 6\r\n\r\nbroken")
    elif what == "stall":
        await asyncio.sleep(30)
        return False
    elif what == "cut":
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nnot all")
        await writer.drain()
        return False
    else:
        writer.write(b"HTTP/1.1 404 What\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()
    return True


async def serve(reader, writer):
    try:
        while await answer(reader, writer, await reader.readuntil(b"\r\n\r\n")):
            pass
    except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
        pass  # whoever leaves, leaves
    finally:
        writer.transport.abort() if writer.is_closing() else writer.close()


async def main(port):
    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=1 << 20, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
