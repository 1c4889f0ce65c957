"""Small boxes as packages: dpkg, scripts, units and the whole of `appliance update` are the real ones; in place of the
box's processes stands one that says it is well. So a test can install many versions in seconds."""

import os
import shutil
import sysconfig
from pathlib import Path

from provisioning.package import deb, tree

ROOT = Path(__file__).parents[2]
_SITE = Path(sysconfig.get_paths()["purelib"])
_NEEDED = ("cryptography", "cffi", "pycparser", "_cffi_backend*")
_UNITS = {
    "appliance.target": """
[Unit]
Description=a small box
Wants=appliance-web.service
[Install]
WantedBy=multi-user.target
""",
    "appliance-web.service": """
[Unit]
PartOf=appliance.target
[Service]
ExecStart=/usr/bin/python3.11 /usr/lib/appliance/small-box
User=appliance
""",
}
_BOX = '''
"""Answers like the pages, and brings the ledger to the revision of its version."""
import http.server, json, os, pathlib, socket, socketserver, sqlite3, sys
data = pathlib.Path("/var/lib/appliance")
(data / "ledger").mkdir(exist_ok=True)
ledger = sqlite3.connect(data / "ledger/ledger.sqlite3")
ledger.executescript("DROP TABLE IF EXISTS alembic_version; CREATE TABLE alembic_version (version_num TEXT);"
                     "INSERT INTO alembic_version VALUES ('@REVISION@')")
ledger.close()
if @BROKEN@:
    sys.exit("broken on purpose")

class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        held = data / "reasons.json"
        said = {"healthy": True, "processes": {"web": {"healthy": True}}}
        if self.path == "/healthz/update":
            said = json.loads(held.read_text()) if held.exists() else {"reasons": [], "sentences": []}
        body = json.dumps(said).encode()
        self.send_response(503 if said.get("reasons") else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def address_string(self):
        return "local"

class Server(socketserver.UnixStreamServer):
    def get_request(self):
        return self.socket.accept()[0], ("local", 0)

pathlib.Path("/run/appliance/web.sock").unlink(missing_ok=True)
Server("/run/appliance/web.sock", Pages).serve_forever()
'''
_LAUNCHER = """#!/opt/appliance/bin/python3 -sP
import sys
if sys.argv[1] == "backup" or sys.argv[1:] == ["update", "tell"]:  # they need the whole box
    open("/var/lib/appliance/called", "a").write(" ".join(sys.argv[1:]) + chr(10))
    sys.exit(0)
from appliance.cli import main
sys.exit(main())
"""


def build(folder: Path, version: str, *, broken: bool = False, revision: str = "r0007", megabytes: int = 1) -> Path:
    """`broken`: its process ends at once; `megabytes`: what it weighs beside."""
    stage = folder / f"stage-{version}"
    library = stage / tree.HOME / "lib/python3.11/site-packages"
    for pattern in _NEEDED:
        for found in _SITE.glob(pattern):
            copy = shutil.copytree if found.is_dir() else shutil.copy
            library.mkdir(parents=True, exist_ok=True)
            copy(found, library / found.name)
    tree._ours(ROOT, library / "appliance", version)
    shutil.rmtree(library / "appliance/web/static")
    tree._environment(ROOT, stage)
    (stage / tree.HOME / "bin/appliance").write_text(_LAUNCHER)
    tree._machine(ROOT / "systemd", stage)
    units = stage / "usr/lib/systemd/system"
    for unit in units.glob("appliance*.*"):
        if unit.is_file() and unit.name not in ("appliance-update.service",):
            unit.unlink()
    for name, words in _UNITS.items():
        (units / name).write_text(words)
    box = _BOX.replace("@REVISION@", revision).replace("@BROKEN@", str(broken))
    (stage / "usr/lib/appliance/small-box").write_text(box)
    (stage / "opt/appliance/weight").write_bytes(os.urandom(megabytes << 20))
    tree._modes(stage)
    made = deb.write(stage, folder, version=version, epoch=1_700_000_000 + int(float(version)), compression="none")
    shutil.rmtree(stage)
    return made
