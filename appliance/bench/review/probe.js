// Watches the <video>s of a page (those of the selector `window.probed`) and reads from its pictures which moment they show: twelve blocks in the top rows say sixtieths of a
// second within the loop. Nothing of the page's own is asked.
(() => {
  const BITS = 12, TICKS = 60, BLOCK = 8;
  const canvas = document.createElement("canvas");
  canvas.width = BITS * BLOCK;
  canvas.height = 4;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const known = new Map(); // video -> what was seen last: {moment, media, at}
  let wanted = null;
  let frames = null;

  function moment(video) {
    if (!video.videoWidth) return null;
    context.drawImage(video, 0, 0, video.videoWidth, video.videoHeight / 10, 0, 0, canvas.width, canvas.height);
    const row = context.getImageData(0, 1, canvas.width, 1).data;
    let ticks = 0;
    for (let bit = 0; bit < BITS; bit += 1) ticks = ticks * 2 + (row[(bit * BLOCK + BLOCK / 2) * 4] > 127 ? 1 : 0);
    return ticks / TICKS;
  }

  /** How far two moments of the loop are apart. */
  function apart(a, b, loop) {
    const off = (((a - b) % loop) + loop) % loop;
    return Math.min(off, loop - off);
  }

  function presented(video, now, facts) {
    if (frames) frames.push([[...known.keys()].indexOf(video), facts.mediaTime, facts.expectedDisplayTime]);
    if (!wanted || wanted.at.has(video)) return;
    const shown = moment(video);
    if (shown === null) return;
    known.set(video, { moment: shown, media: facts.mediaTime });
    if (apart(shown, wanted.moment, wanted.loop) > wanted.within) return;
    wanted.at.set(video, performance.now());
    if (wanted.at.size < wanted.count) return;
    const done = wanted;
    wanted = null;
    done.resolve([...done.at.values()]);
  }

  function follow(video) {
    if (known.has(video)) return;
    known.set(video, { moment: null, media: null });
    const next = () => video.requestVideoFrameCallback((now, facts) => {
      presented(video, now, facts);
      next();
    });
    next();
  }

  const look = () => document.querySelectorAll(window.probed).forEach(follow);
  new MutationObserver(look).observe(document, { childList: true, subtree: true });

  window.probe = {
    pressed: null, // when the timeline, or Enter, was pressed last: {at}

    /** When `count` videos show this moment, each: ms since the page was asked for. */
    want(moment, { loop, within, count }) {
      return new Promise((resolve) => { wanted = { moment, loop, within, count, at: new Map(), resolve }; });
    },
    /** What was seen instead, for a message. */
    seen: () => [...known].map(([video, said]) => ({ ...said, time: video.currentTime, ready: video.readyState, error: video.error && video.error.message })),
    /** Every picture from now on: [video, media time, when it is on the screen]. */
    record() { frames = []; },
    /** The pictures, and of each video what is to be added to its media time for the moment. */
    recorded() {
      const said = { frames, ahead: [...known.values()].map((one) => (one.moment === null ? null : one.moment - one.media)) };
      frames = null;
      return said;
    },
  };
  window.addEventListener("pointerdown", (event) => {
    if (event.target.closest("[role=slider]")) window.probe.pressed = { at: event.timeStamp };
  }, true);
  window.addEventListener("keydown", (event) => {
    if (event.key === "Enter") window.probe.pressed = { at: event.timeStamp };
  }, true);
})();
