"""The backend and the proxies, each with one worker, keep-alive without limit on both sides, and no access log."""

import os
import shutil

from lab.process import LOAD_CORE, PROXY_CORE, Program, free_port, raise_open_files

MANY = 1_000_000_000
SMALL_BODY = ("Penstock carries water from the reservoir to the turbine. " * 3)[:129] + "\n"
BIG_BODY_SIZE = 1 << 20
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


def nginx(name, folder, port, core, server, upstream="", addresses=("127.0.0.1",), listen=""):
    """`listen`: further words of that directive."""
    listens = " ".join(f"listen {address}:{port} backlog=4096 {listen};" for address in addresses)
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
                   os.path.join(home, "output"))


def start_backend(folder):
    """Answers every path with SMALL_BODY, and /big with 1 MiB."""
    files = os.path.join(folder, "files")
    os.makedirs(files)
    write(files, "big", "penstock" * (BIG_BODY_SIZE // 8))
    text = SMALL_BODY.replace("\n", "\\n")
    return nginx("backend", folder, free_port(), LOAD_CORE,
                 f"""location = /big {{ root {files}; }}
    location / {{ default_type text/plain; return 200 "{text}"; }}""", addresses=BACKEND_ADDRESSES)


def start_nginx(folder, backend, name="nginx", http="", location=""):
    """`http`, `location`: further directives there."""
    return nginx(name, folder, free_port(), PROXY_CORE,
                 f"""location / {{ proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection "";
    {location} }}""",
                 f"""upstream backend {{ server 127.0.0.1:{backend.port}; keepalive 256; keepalive_requests {MANY}; }}
  {http}""")


def start_haproxy(folder, backend, name="haproxy", front="", back="", server=""):
    """`front`, `back`: further lines of these sections; `server`: further words of the server's line."""
    port = free_port()
    config = write(folder, f"{name}.cfg", f"""
global
  nbthread 1
  maxconn {max_connections()}
defaults
  mode http
  http-reuse always
  timeout client 300s
  timeout server 300s
  timeout connect 5s
  timeout http-keep-alive 300s
frontend front
  bind 127.0.0.1:{port} backlog 4096
  default_backend back
{front}
backend back
{back}
  server one 127.0.0.1:{backend.port} {server}
""")
    return Program(name, [find("haproxy"), "-db", "-f", config], port, PROXY_CORE,
                   os.path.join(folder, f"{name}.output"))


def start_relay(path, folder, backend):
    port = free_port()
    return Program("relay", [path, str(port), str(backend.port)], port, PROXY_CORE, os.path.join(folder, "relay.output"))


ONE_ROUTE = "  - { match: { path: /* }, upstream: backend }\n"


def start_penstock(path, name, folder, backend, routes=ONE_ROUTE, endpoints=1, upstream="", pool=""):
    """`upstream`: further keys of the upstream, as lines; `pool`: further keys of its pool."""
    listed = ", ".join(f"{address}:{backend.port}" for address in BACKEND_ADDRESSES[:endpoints])
    port, admin = free_port(), free_port()
    config = write(folder, f"{name.replace('/', '_')}.yaml", f"""
workers: 1
listeners:
  - bind: 127.0.0.1:{port}
    timeouts: {{ idle: 5m }}
    max: {{ requests_per_connection: {MANY} }}
admin: {{ bind: "127.0.0.1:{admin}" }}
upstreams:
  backend:
    endpoints: [{listed}]
    pool: {{ requests_per_connection: {MANY}{pool} }}
{upstream}
routes:
{routes}""")
    return Program(name, [path, "-c", config], port, PROXY_CORE, os.path.join(folder, f"{name.replace('/', '_')}.output"))
