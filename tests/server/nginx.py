"""deploy/nginx.conf in a directory of its own. Come here to change what stands around it."""

import os
import shutil

from config import BASE

CONFIGURATION = BASE / "deploy" / "nginx.conf"
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/local/sbin:/usr/sbin")
_MAIN = """
{user}
worker_processes 2;
pid {place}/nginx.pid;
error_log {place}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {place}/body; proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi; uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
    include {place}/muster.conf;
}}
"""


def configure(place, port, replicas):
    """The command that starts it before these ports of Muster. Only addresses are changed."""
    user = "user root;" if os.geteuid() == 0 else ""
    (place / "nginx.conf").write_text(_MAIN.format(place=place, user=user))
    text = CONFIGURATION.read_text()
    changes = {"listen 8080": f"listen 127.0.0.1:{port}"}
    for number, replica in enumerate(replicas, 1):
        changes[f"muster-{number}:8000"] = f"127.0.0.1:{replica}"
    for former, latter in changes.items():
        assert text.count(former) == 1, former
        text = text.replace(former, latter)
    (place / "muster.conf").write_text(text)
    return [NGINX, "-p", place, "-e", place / "error.log", "-c", place / "nginx.conf"]
