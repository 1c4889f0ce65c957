"""The peer: nginx serves the same files and playlists to three bare players on a plain page."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import Unavailable

PLAYLIST = "playlist.m3u8"
_BINARY = "/usr/sbin/nginx"
_START_SECONDS = 10.0

_CONF = """daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
  types {{ text/html html; video/mp4 mp4; application/vnd.apple.mpegurl m3u8; }}
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 65;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location /media/ {{ alias {media}/; }}
    location / {{ root {folder}; }}
  }}
}}
"""

_PAGE = """<!doctype html>
<html lang="en">
<title>Three bare players</title>
<style>body {{ margin: 0; display: flex; flex-wrap: wrap }} video {{ width: 640px; height: 360px }}</style>
{videos}
<script>
  const videos = [...document.querySelectorAll("video")];
  const from = location.hash.slice(1).split(",").map(Number);
  window.go = (times) => videos.forEach((video, n) => {{ video.currentTime = times[n]; }});
  window.play = (speed) => videos.forEach((video) => {{ video.playbackRate = speed; video.play(); }});
  if (location.hash) window.go(from);
</script>
"""


@dataclass(frozen=True, slots=True)
class Peer:
    """`url`: of the page with the players, one for each feed."""

    url: str


def missing() -> str:
    """Why there is no nginx; "" when there is one."""
    return "" if shutil.which(_BINARY) else "nginx is not installed: `make bench-peers` installs it"


@contextmanager
def serving(folder: Path, media: Path, feeds: Sequence[str]) -> Iterator[Peer]:
    """On a free port. `feeds`: folders of playlists, relative to `media`. Unavailable when it does not start."""
    if why := missing():
        raise Unavailable(why)
    folder.mkdir(parents=True)
    video = '<video muted preload="auto" playsinline src="/media/{feed}/{playlist}"></video>'
    videos = "\n".join(video.format(feed=feed, playlist=PLAYLIST) for feed in feeds)
    (folder / "index.html").write_text(_PAGE.format(videos=videos), encoding="utf-8")
    port = _free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    conf = folder / "nginx.conf"
    conf.write_text(_CONF.format(folder=folder, media=media, port=port, user=user), encoding="utf-8")
    command = [_BINARY, "-c", str(conf), "-p", str(folder), "-e", str(folder / "error.log")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(process, f"http://127.0.0.1:{port}/index.html", folder / "error.log")
            yield Peer(f"http://127.0.0.1:{port}/index.html")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310
                return
        except OSError:
            time.sleep(0.05)
    words = log.read_text(encoding="utf-8")[-300:] if log.exists() else ""
    raise Unavailable("nginx did not start", hint=words)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
