#!/usr/bin/env python3
"""Records where a real nginx sends keys by `hash … consistent`; writes nginx_ring.txt beside this file.

    apt-get install nginx-light && tests/golden/record_nginx_ring.py

The addresses of the endpoints are part of the hash, so they are fixed: 127.0.0.11 to 127.0.0.15, which Linux has without
further ado. One nginx, in the foreground in a folder of its own, is front and endpoints; it is stopped by its pid.
"""
import http.client
import pathlib
import shutil
import subprocess
import tempfile
import time

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin")
FRONT = ("127.0.0.10", 18080)
SERVERS = [("127.0.0.11:18081", 1), ("127.0.0.12:18081", 2), ("127.0.0.13:18082", 1), ("127.0.0.14:18083", 3),
           ("127.0.0.15:18081", 1)]
KEYS = [f"user-{i}" for i in range(1000)] + [f"10.{i % 256}.{i * 7 % 256}.{i // 4}" for i in range(1000)]

CONF = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  keepalive_requests 100000;
  upstream u {{
    hash $arg_k consistent;
{members}
  }}
{endpoints}
  server {{ listen {front}; location / {{ proxy_pass http://u; }} }}
}}
"""


def configuration(folder):
    members = "\n".join(f"    server {name} weight={weight};" for name, weight in SERVERS)
    endpoints = "\n".join(f'  server {{ listen {name}; location / {{ return 200 "{name}"; }} }}' for name, _ in SERVERS)
    return CONF.format(folder=folder, members=members, endpoints=endpoints, front="%s:%d" % FRONT)


def connect():
    for _ in range(100):
        try:
            connection = http.client.HTTPConnection(*FRONT, timeout=5)
            connection.connect()
            return connection
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise SystemExit("nginx does not answer")


def pick(connection, key):
    connection.request("GET", f"/?k={key}")
    answer = connection.getresponse()
    name = answer.read().decode()
    assert answer.status == 200, (key, answer.status)
    return name


def main():
    version = subprocess.run([NGINX, "-v"], capture_output=True, text=True, check=True).stderr.split(": ")[1].strip()
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "nginx.conf")
        file.write_text(configuration(folder))
        nginx = subprocess.Popen([NGINX, "-p", folder, "-e", f"{folder}/error.log", "-c", str(file)])
        try:
            connection = connect()
            picked = [(key, pick(connection, key)) for key in KEYS]
        finally:
            nginx.terminate()
            nginx.wait()
    lines = [f"# hash $arg_k consistent; as {version} picks. Made by record_nginx_ring.py.",
             "# server NAME WEIGHT, in the order of the configuration; then KEY NAME."]
    lines += [f"server {name} {weight}" for name, weight in SERVERS]
    lines += [f"{key} {name}" for key, name in picked]
    pathlib.Path(__file__).with_name("nginx_ring.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
