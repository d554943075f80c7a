"""The backend and the proxies, each with one worker, keep-alive without limit on both sides, and no access log."""

import os
import shutil
import subprocess
from dataclasses import dataclass

from lab.process import LOAD_CORE, PROXY_CORE, Program, free_port, raise_open_files

MANY = 1_000_000_000
SMALL_BODY = ("Penstock carries water from the reservoir to the turbine. " * 3)[:129] + "\n"
BIG_BODY_SIZE = 1 << 20
SUITES = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"  # the same order for all
BACKEND_ADDRESSES = [f"127.0.0.{number}" for number in range(1, 11)]  # one server that can pass for ten


def find(program):
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    if not path:
        raise SystemExit(f"{program} is missing: ./dev setup bench")
    return path


def max_connections():
    """Of clients; a proxied one takes two descriptors."""
    return min(16_384, raise_open_files() // 2 - 100)


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    return path


@dataclass
class Pair:
    """A certificate and its key as files, and both in one, as HAProxy wants it."""

    cert: str
    key: str
    both: str


def make_pair(folder):
    """ECDSA, P-256, signed by itself."""
    cert, key = os.path.join(folder, "bench.crt"), os.path.join(folder, "bench.key")
    subprocess.run([find("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=bench", "-addext", "subjectAltName=DNS:bench,IP:127.0.0.1",
                    "-keyout", key, "-out", cert], check=True, capture_output=True)
    with open(cert) as first, open(key) as second:
        return Pair(cert, key, write(folder, "bench.pem", first.read() + second.read()))


def nginx(name, folder, port, core, server, upstream="", addresses=("127.0.0.1",), pair=None, listen=""):
    """`listen`: further words of that directive."""
    words = f"{'ssl ' if pair else ''}backlog=4096 {listen}"
    listens = " ".join(f"listen {address}:{port} {words};" for address in addresses)
    if pair:
        server = f"ssl_certificate {pair.cert}; ssl_certificate_key {pair.key}; ssl_protocols TLSv1.2 TLSv1.3; "\
                 f"ssl_prefer_server_ciphers on; ssl_conf_command Ciphersuites {SUITES}; {server}"
    home = os.path.join(folder, name)
    os.makedirs(home)
    config = write(home, "nginx.conf", f"""
daemon off; worker_processes 1; pid {home}/pid; error_log {home}/error.log warn;
{"user root;" if os.geteuid() == 0 else ""}
events {{ worker_connections {2 * max_connections()}; }}
http {{
  access_log off; keepalive_requests {MANY}; keepalive_timeout 300s; tcp_nodelay on; sendfile on;
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; proxy_max_temp_file_size 0;
  fastcgi_temp_path {home}/f; uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;
  {upstream}
  server {{ {listens} {server} }}
}}
""")
    return Program(name, [find("nginx"), "-p", home, "-c", config, "-e", f"{home}/error.log"], port, core,
                   os.path.join(home, "output"), "https" if pair else "http")


def start_backend(folder):
    """Answers every path with SMALL_BODY, and /big with 1 MiB."""
    files = os.path.join(folder, "files")
    os.makedirs(files)
    write(files, "big", "penstock" * (BIG_BODY_SIZE // 8))
    text = SMALL_BODY.replace("\n", "\\n")
    return nginx("backend", folder, free_port(), LOAD_CORE,
                 f"""location = /big {{ root {files}; }}
    location / {{ default_type text/plain; return 200 "{text}"; }}""", addresses=BACKEND_ADDRESSES)


def start_nginx(folder, backend, name="nginx", http="", location="", pair=None):
    """`http`, `location`: further directives there; `pair`: it speaks HTTPS with that."""
    return nginx(name, folder, free_port(), PROXY_CORE,
                 f"""location / {{ proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection "";
    {location} }}""",
                 f"""upstream backend {{ server 127.0.0.1:{backend.port}; keepalive 256; keepalive_requests {MANY}; }}
  {http}""", pair=pair)


def start_haproxy(folder, backend, name="haproxy", front="", back="", server="", pair=None):
    """`front`, `back`: further lines of these sections; `server`: further words of the server's line; `pair`: it speaks
    HTTPS with that."""
    port = free_port()
    config = write(folder, f"{name}.cfg", f"""
global
  nbthread 1
  maxconn {max_connections()}
  ssl-default-bind-ciphersuites {SUITES}
defaults
  mode http
  http-reuse always
  timeout client 300s
  timeout server 300s
  timeout connect 5s
  timeout http-keep-alive 300s
frontend front
  bind 127.0.0.1:{port} backlog 4096 {f"ssl crt {pair.both}" if pair else ""}
  default_backend back
{front}
backend back
{back}
  server one 127.0.0.1:{backend.port} {server}
""")
    return Program(name, [find("haproxy"), "-db", "-f", config], port, PROXY_CORE,
                   os.path.join(folder, f"{name}.output"), "https" if pair else "http")


def start_relay(path, folder, backend):
    port = free_port()
    return Program("relay", [path, str(port), str(backend.port)], port, PROXY_CORE, os.path.join(folder, "relay.output"))


ONE_ROUTE = "  - { match: { path: /* }, upstream: backend }\n"


def start_penstock(path, name, folder, backend, routes=ONE_ROUTE, endpoints=1, upstream="", pool="",
                   pair=None):
    """`upstream`: further keys of the upstream, as lines; `pool`: further keys of its pool; `pair`: it speaks HTTPS with
    that."""
    listed = ", ".join(f"{address}:{backend.port}" for address in BACKEND_ADDRESSES[:endpoints])
    port, admin = free_port(), free_port()
    config = write(folder, f"{name.replace('/', '_')}.yaml", f"""
workers: 1
listeners:
  - bind: 127.0.0.1:{port}
    timeouts: {{ idle: 5m }}
    max: {{ requests_per_connection: {MANY} }}
{f"    tls: {{ certificates: [{{ cert: {pair.cert}, key: {pair.key} }}] }}" if pair else ""}
admin: {{ bind: "127.0.0.1:{admin}" }}
upstreams:
  backend:
    endpoints: [{listed}]
    pool: {{ requests_per_connection: {MANY}{pool} }}
{upstream}
routes:
{routes}""")
    return Program(name, [path, "-c", config], port, PROXY_CORE,
                   os.path.join(folder, f"{name.replace('/', '_')}.output"), "https" if pair else "http")
