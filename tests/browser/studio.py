"""The review player alone on a page: built by itself, on the real web process, with a recording that was made."""

import contextlib
import json
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from pathlib import Path

from appliance.bench.review import recording
from tests.browser.people import new_page

FRONTEND = Path(__file__).parents[2] / "appliance" / "web" / "frontend"
STRINGS = FRONTEND.parent / "strings"
STYLES = ("tokens", "base")


def build(folder: Path) -> Path:
    """The player and what it needs as one script that defines `review`."""
    entry = FRONTEND / "src" / "review" / "player" / "player.ts"
    library = {"entry": str(entry), "formats": ["iife"], "name": "review", "cssFileName": "player"}
    options = {"lib": library, "outDir": str(folder), "emptyOutDir": True, "minify": False}
    config = folder.with_suffix(".mjs")
    config.write_text(f"export default {json.dumps({'root': str(FRONTEND), 'publicDir': False, 'build': options})};")
    vite = FRONTEND / "node_modules" / "vite" / "bin" / "vite.js"
    node = Path(sys.executable).with_name("node")
    command = [str(node), str(vite), "build", "--config", str(config), "--logLevel", "warn"]
    subprocess.run(command, check=True, cwd=FRONTEND, timeout=120)
    return folder


@contextlib.contextmanager
def serving(data: Path):
    """The web process on that data folder; -> its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "appliance", "--data", str(data), "web", "--port", str(port)]
    with open(data.with_suffix(".out"), "wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{url}/sign-in", timeout=2).close()
                break
            assert process.poll() is None, "the web process ended"
            assert time.monotonic() < deadline, "the web process does not answer"
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def words() -> dict[str, str]:
    """The English sentences, as pages get them."""
    found: dict[str, str] = {}
    for name in ("en.toml", "en.player.toml"):
        _flatten(tomllib.loads((STRINGS / name).read_text(encoding="utf-8")), "", found)
    return found


def _flatten(table: dict, prefix: str, into: dict[str, str]) -> None:
    for key, value in table.items():
        if isinstance(value, dict):
            _flatten(value, f"{prefix}{key}.", into)
        else:
            into[prefix + key] = value


SHOW = """
async ([exam, attempt, at, strings]) => {
  const script = document.createElement('script');
  script.type = 'application/json'; script.id = 'strings'; script.textContent = JSON.stringify(strings);
  document.body.replaceChildren(script);
  const began = performance.now();
  window.recorded = await (await fetch(`/api/review/${attempt}`)).json();
  window.spans = []; window.said = [];
  const told = moment => {
    const line = `${moment.state} ${moment.feeds.map(feed => `${feed.kind}:${feed.state.what}`).join(' ')}`;
    if (said.at(-1) !== line) said.push(line);
  };
  const options = {folder: `/media/${exam}/${attempt}`, api: `/api/review/${attempt}`};
  window.player = new review.Player(recorded, {...options, change: told, watched: span => spans.push(span)});
  document.body.append(player.element);
  await player.seek(recorded.starts_at + at);
  return performance.now() - began;
}
"""

SEEK = """
async at => {
  const began = performance.now();
  await player.seek(recorded.starts_at + at);
  return performance.now() - began;
}
"""

READ = """
() => [...document.querySelectorAll('.rp-feed')].map(feed => {
  const video = feed.querySelector('video'), canvas = document.createElement('canvas');
  canvas.width = video.videoWidth; canvas.height = video.videoHeight;
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  pen.drawImage(video, 0, 0);
  const wide = canvas.width / 12;
  let ticks = 0;
  for (let bit = 0; bit < 12; bit += 1) {
    const red = pen.getImageData(Math.round((bit + 0.5) * wide), Math.round(canvas.height * 0.03), 1, 1).data[0];
    ticks = ticks * 2 + (red > 128 ? 1 : 0);
  }
  return [feed.dataset.kind, ticks / 60];
})
"""
"""What each picture says its time is, in seconds of the loop that the recording repeats."""


class Screening:
    """One page with a player on it. Times are seconds since the recording began."""

    def __init__(self, browser, url: str, built: Path, made: recording.Made, signed_in: list) -> None:
        """`signed_in`: what a browser keeps of that; filled by the first page."""
        state = signed_in[0] if signed_in else None
        size = {"width": 1280, "height": 720}
        self.page = new_page(browser, bypass_csp=True, viewport=size, storage_state=state)
        self.made, self.built, self.url = made, built, url
        self.page.goto(f"{url}/sign-in")
        if not signed_in:
            self.page.get_by_label("User name").fill(made.people["reviewer"])
            self.page.get_by_label("Password").fill(recording.PASSWORD)
            self.page.get_by_role("button", name="Sign in").click()
            self.page.wait_for_load_state()
            signed_in.append(self.page.context.storage_state())
        styles = [FRONTEND / "src" / "styles" / f"{name}.css" for name in STYLES]
        self.page.add_style_tag(content="".join(file.read_text() for file in [*styles, built / "player.css"]))
        self.page.add_script_tag(path=str(next(built.glob("*.js"))))

    def open(self, attempt: int, at: float = 5.0) -> float:
        """-> ms until the pictures of that moment are shown."""
        return self.page.evaluate(SHOW, [self.made.exam, self.made.attempts[attempt], at, words()])

    def seek(self, at: float) -> tuple[float, dict[str, str]]:
        """-> ms it took, and how each feed stands."""
        return self.page.evaluate(SEEK, at), self.states()

    def states(self) -> dict[str, str]:
        return {one["kind"]: one["state"]["what"] for one in self.moment()["feeds"]}

    def moment(self) -> dict:
        return self.page.evaluate("player.moment")

    def at(self) -> float:
        return self.page.evaluate("player.moment.wall - recorded.starts_at")

    def do(self, script: str):
        return self.page.evaluate(script)

    def until(self, script: str, seconds: float = 10.0) -> None:
        self.page.wait_for_function(script, timeout=seconds * 1000)

    def pictures(self) -> dict[str, float]:
        return dict(self.page.evaluate(READ))

    def close(self) -> None:
        faults = self.page.faults
        self.page.context.close()
        assert faults == []
