"""Desktops with windows, drawn by a real Chromium: what a candidate might share."""

from dataclasses import dataclass
from fractions import Fraction

import av
import cv2
import numpy as np

SIZE = {"width": 1920, "height": 1080}

TEXT = (
    "<h2>Question 7 of 20</h2><p>Explain how the mitochondrion makes ATP and cite a source, for example"
    " www.ncbi.nlm.nih.gov/books. Some students discuss this on Discord servers or on WhatsApp; what are the risks of"
    " sources such as chatgpt.com?</p>"
    + "<p>The proton gradient across the inner membrane drives the rotation of ATP synthase.</p>"
    * 9
)


@dataclass(frozen=True)
class Desktop:
    """What is open, as HTML; what the taskbar says; `app`, `site`: what must not be there, by name."""

    windows: str
    tasks: str
    app: str | None = None
    site: str | None = None


def browser(title, address, content=TEXT, *, dark=False):
    """Maximised, with a tab and an address bar."""
    back, front, tab = ("#202124", "#e8eaed", "#35363a") if dark else ("#dee1e6", "#3c4043", "#fff")
    return f"""<div class=w style='left:0;top:0;width:1920px;height:1040px'>
<div style='height:40px;background:{back};color:{front};font-size:12px'><span style='display:inline-block;width:220px;
background:{tab};margin:8px 0 0 10px;padding:8px 12px;white-space:nowrap;overflow:hidden'>{title}</span></div>
<div style='height:38px;background:{tab};color:{front};font-size:14px;line-height:38px'>
<span style='margin:0 10px'>&#8592; &#8594; &#8635;</span><span style='display:inline-block;width:1660px;
background:{back};border-radius:14px;height:28px;line-height:28px;padding-left:14px'>{address}</span></div>
<div style='padding:24px;font-size:16px;line-height:1.5'>{content}</div></div>"""


def window(title, content, *, left=0, top=0, width=1920, height=1040, dark=False):
    bar, back, front = ("#1f1f1f", "#2b2b2b", "#ddd") if dark else ("#f3f3f3", "#fff", "#111")
    return f"""<div class=w style='left:{left}px;top:{top}px;width:{width}px;height:{height}px;background:{back};
color:{front}'><div style='height:30px;background:{bar};font-size:12px;line-height:30px;padding-left:10px'>{title}
<span style='float:right;margin-right:14px'>&#8211; &#9633; &#215;</span></div>
<div style='padding:14px;font-size:14px'>{content}</div></div>"""


EXAM = browser("Biology 101 - Exam", "exam.test/biology-101/q/7")

DESKTOPS = {
    "exam": Desktop(EXAM, "Biology 101 - Chromium"),
    "exam, dark": Desktop(
        browser("Biology 101 - Exam", "https://exam.test/biology-101/q/7", dark=True), "Biology 101 - Chromium"
    ),
    "chatgpt": Desktop(
        browser("ChatGPT", "chatgpt.com/c/68f1-22aa", "<p>Ask anything"), "Chromium", site="chatgpt.com"
    ),
    "chatgpt, dark": Desktop(
        browser("ChatGPT", "https://chatgpt.com/c/68f1", "<p>Ask anything", dark=True), "Chromium", site="chatgpt.com"
    ),
    "wikipedia": Desktop(
        browser("Mitochondrion", "en.wikipedia.org/wiki/Mitochondrion"), "Chromium", site="wikipedia.org"
    ),
    "whatsapp over the exam": Desktop(
        EXAM + window("WhatsApp", "Ben: what is 7?", left=1200, top=420, width=620, height=500),
        "Biology 101 &nbsp; &nbsp; WhatsApp",
        app="whatsapp",
    ),
    "discord": Desktop(window("#general | Study - Discord", "ben: anyone?", dark=True), "Discord", app="discord"),
    "telegram in the taskbar": Desktop(EXAM, "Biology 101 &nbsp; &nbsp; Telegram", app="telegram"),
}


def draw(page, desktop, *, font="DejaVu Sans"):
    """The screenshot of a Playwright page, BGR."""
    page.set_content(
        f"""<style>.w{{position:absolute;background:#fff;box-shadow:0 2px 12px #0006;overflow:hidden}}</style>
<body style='margin:0;background:#3a6ea5;font-family:{font};overflow:hidden'>{desktop.windows}
<div style='position:absolute;bottom:0;left:0;width:1920px;height:40px;background:#1c1c1c;color:#eee;font-size:12px;
line-height:40px'><span style='margin:0 30px'>Start</span>{desktop.tasks}
<span style='position:absolute;right:16px'>09:42</span></div></body>"""
    )
    return cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)


def shared(picture, *, bitrate=300_000, frames=10):
    """The same after a browser's encoder, two seconds at 5 frames a second."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.height, encoder.width = picture.shape[:2]
    encoder.pix_fmt, encoder.time_base, encoder.framerate = "yuv420p", Fraction(1, 5), Fraction(5, 1)
    encoder.bit_rate = bitrate
    limits = {"vbv-maxrate": str(bitrate // 1000), "vbv-bufsize": str(bitrate // 1000)}
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", **limits}
    decoder = av.CodecContext.create("h264", "r")
    shown = None
    for number in range(frames):
        frame = av.VideoFrame.from_ndarray(picture, "bgr24")
        frame.pts = number
        for packet in encoder.encode(frame):
            for decoded in decoder.decode(av.Packet(bytes(packet))):
                shown = decoded
    return shown.to_ndarray(format="bgr24")
