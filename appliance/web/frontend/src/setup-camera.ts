/** On a computer of the lab: its camera and microphone go to the box for some seconds, the same way as in an exam. */

import "./styles/setup.css";
import { Publisher } from "./candidate/publish";
import { problemOf, request } from "./lib/api";
import { data } from "./lib/dom";
import { t } from "./lib/strings";
import { STATES, type Arrived } from "./setup/camera";
import { line } from "./setup/found";

const ASK_MS = 700;

interface Begun {
  url: string;
  token: string;
  bitrate: number;
}

class Check {
  private readonly token = decodeURIComponent(location.hash.slice(1));
  private readonly seconds = data<{ seconds: number }>("boot").seconds;
  private readonly list: HTMLElement;
  private readonly video: HTMLVideoElement;
  private readonly button: HTMLButtonElement;

  constructor(page: HTMLElement) {
    const find = <E extends HTMLElement>(name: string): E => page.querySelector<E>(`[data-${name}]`) as E;
    [this.list, this.video, this.button] = [find("said"), find<HTMLVideoElement>("own"), find<HTMLButtonElement>("go")];
    if (!window.isSecureContext || !navigator.mediaDevices) {
      this.button.disabled = true;
      this.say("bad", t("setup.camera.insecure"), t("setup.camera.insecure_hint"));
      return;
    }
    this.button.addEventListener("click", () => void this.run());
  }

  private async run(): Promise<void> {
    this.button.disabled = true;
    let stream: MediaStream | null = null;
    let publisher: Publisher | null = null;
    try {
      stream = await this.devices();
      if (!stream) return;
      const begun = await this.ask<Begun>("/api/setup/camera/begin", "POST");
      publisher = new Publisher("webcam", { bitrate: begun.bitrate, layers: true }, () => undefined);
      await publisher.start(stream, { url: begun.url, token: begun.token });
      this.say("note", t("setup.camera.sending"));
      await this.watch();
    } catch (error) {
      const problem = problemOf(error);
      const old = problem.status === 401 || problem.status === 403;
      this.say("bad", old ? t("setup.camera.old_link") : problem.sentence, old ? "" : problem.hint);
    } finally {
      publisher?.stop();
      for (const track of stream?.getTracks() ?? []) track.stop();
      this.video.hidden = true;
      this.button.disabled = false;
      this.button.textContent = t("setup.camera.again");
    }
  }

  private async devices(): Promise<MediaStream | null> {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 }, audio: true });
      this.video.srcObject = stream;
      this.video.hidden = false;
      return stream;
    } catch {
      this.say("bad", t("setup.camera.refused"), t("setup.camera.refused_hint"));
      return null;
    }
  }

  private async watch(): Promise<void> {
    const until = Date.now() + (this.seconds + 3) * 1000;
    while (Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
      const said = await this.ask<Arrived>("/api/setup/camera/arrived", "GET");
      if (said.state === "arriving") continue;
      return this.say(STATES[said.state], said.sentence);
    }
    this.say("bad", t("setup.camera.waited"), t("setup.camera.waited_hint"));
  }

  private async ask<T>(path: string, method: string): Promise<T> {
    const headers = { "X-Camera-Token": this.token, "Content-Type": "application/json" };
    const answer = await request(path, { method, headers, ...(method === "POST" ? { body: "{}" } : {}) });
    return (await answer.json()) as T;
  }

  private say(state: "good" | "note" | "warn" | "bad", sentence: string, hint = ""): void {
    this.list.replaceChildren(line(state, sentence, hint));
  }
}

const page = document.querySelector<HTMLElement>("[data-camera-page]");
if (page) new Check(page);
