#!/usr/bin/env python3
"""Records what a real nginx's smooth weighted round robin picks.

    python3 record_nginx_smooth.py [NGINX] > nginx_smooth.txt

One nginx worker, on loopback, proxies to as many backends as there are weights; each answers with its index. Ports are
free ones. Needs nginx (1.22 or later; Debian: nginx-light) and Python 3.
"""
import http.client
import http.server
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

WEIGHTS = [[5, 1, 1], [5, 3, 1, 1], [7, 3, 2, 2, 1, 1], [1, 1, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [10, 10, 10, 1]]
CYCLES = 3


def backend(index):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = str(index).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def config(folder, port, servers, weights):
    lines = "".join(f"    server 127.0.0.1:{s.server_port} weight={w};\n" for s, w in zip(servers, weights))
    return f"""
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream backends {{
{lines}  }}
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://backends; }}
  }}
}}
"""


def wait_for(port):
    # A plain connection: a request would already be a pick.
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    sys.exit("nginx does not listen")


def ask(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/")
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    if answer.status != 200:
        sys.exit(f"nginx answered {answer.status}")
    return body


def record(nginx, weights):
    servers = [backend(i) for i in range(len(weights))]
    folder = tempfile.mkdtemp()
    port = free_port()
    path = os.path.join(folder, "nginx.conf")
    with open(path, "w") as file:
        file.write(config(folder, port, servers, weights))
    process = subprocess.Popen([nginx, "-c", path, "-p", folder, "-e", os.path.join(folder, "error.log")])
    try:
        wait_for(port)
        return [ask(port) for _ in range(CYCLES * sum(weights))]
    finally:
        process.terminate()
        process.wait()
        for server in servers:
            server.shutdown()
            server.server_close()
        shutil.rmtree(folder)


def main():
    nginx = sys.argv[1] if len(sys.argv) > 1 else "nginx"
    version = subprocess.run([nginx, "-v"], capture_output=True, text=True).stderr.strip().split("/")[-1]
    print(f"# nginx {version}, one worker: the index that each request went to. Made by record_nginx_smooth.py.")
    print("# WEIGHTS: PICKS")
    for weights in WEIGHTS:
        print(" ".join(map(str, weights)) + ": " + " ".join(record(nginx, weights)))


main()
