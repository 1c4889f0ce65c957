"""Under `appliance run`, whoever changed settings touches run/restart, and every process begins anew."""

import time

from appliance.supervisor import Child, Supervisor

STEADY = ["sleep", "60"]


def test_every_process_begins_anew_once_for_each_touch(paths, capsys):
    box = Supervisor(paths, [Child(name, STEADY, log=paths.logs / f"{name}.log") for name in ("web", "sync")])
    try:
        box.look()
        before = {name: child.pid for name, child in box._children.items()}
        (paths.run / "restart").touch()
        deadline = time.monotonic() + 10
        while any(not child.running or child.pid == before[name] for name, child in box._children.items()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
            box.look()
        assert not (paths.run / "restart").exists()
        assert capsys.readouterr().err.count("the settings changed") == 1
    finally:
        box.stop()
