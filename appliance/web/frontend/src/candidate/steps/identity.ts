import { h, set, write } from "../../lib/dom";
import { t } from "../../lib/strings";
import { action } from "../action";
import type { MakeStep, Page } from "../step";
import { take } from "../take";

const PICTURES = ["photo", "face"] as const;
type Which = (typeof PICTURES)[number];

/** Hold the ID into the camera, then look into it; or say no to the comparison. */
export const identity: MakeStep = (page, me) => {
  const { compares } = me.identity;
  const parts = { photo: new Shot("photo"), face: new Shot("face") };
  const camera = new Camera(page);
  const said = h("p", { class: "label", role: "status" });
  const shoot = action("", () => shot());
  let sent = false;
  const send = action(t("candidate.identity.send"), async () => {
    if (!sent) await page.session.showId(form(parts));
    sent = true; // what went wrong after it is tried again without them
    await goOn(page);
  });
  const done = h("div", { class: "id-shots" }, ...PICTURES.map((which) => parts[which].element));
  const reason = me.checkin.returned.find((one) => one.stage === "identification")?.reason ?? "";
  const why = h("p", { class: "problem mild", role: "status", hidden: reason === "" }, t("candidate.again", { reason }));
  const element = h("div", { class: "stack" }, why,
    h("p", {}, t(compares ? "candidate.identity.intro" : "candidate.identity.intro_person")),
    said, camera.element, shoot.element, done, send.element,
    h("p", { class: "muted" }, t("candidate.identity.next")), decline(page, compares));

  const wanted = (): Which | undefined => PICTURES.find((which) => !parts[which].blob);
  const draw = (): void => {
    const which = wanted();
    write(said, t(`candidate.identity.${which ?? "check"}`));
    camera.frame(which);
    shoot.element.hidden = which === undefined;
    shoot.button.disabled = !page.equipment.streams.webcam;
    camera.open.hidden = which === undefined || page.equipment.streams.webcam !== undefined;
    if (which) write(shoot.button, t(`candidate.identity.take_${which}`));
    send.element.hidden = which !== undefined;
    done.hidden = PICTURES.every((one) => !parts[one].blob);
  };
  const shot = async (): Promise<void> => {
    const which = wanted();
    if (!which) return;
    parts[which].put(await take(camera.video));
    sent = false;
    draw();
    (wanted() ? shoot : send).button.focus();
  };
  for (const which of PICTURES) parts[which].again.addEventListener("click", () => { parts[which].put(null); draw(); shoot.button.focus(); });
  draw();
  const update = (): void => {
    camera.update();
    draw();
  };
  const leave = (): void => {
    for (const which of PICTURES) parts[which].put(null);
    if (!page.equipment.needed.includes("webcam")) page.equipment.close(); // it was on for the ID alone
  };
  return { element, update, leave };
};

function form(parts: Record<Which, Shot>): FormData {
  const made = new FormData();
  for (const which of PICTURES) {
    const { blob } = parts[which];
    if (blob) made.append(which, blob, `${which}.jpg`);
  }
  return made;
}

/** To the next step of the check-in; who waits already stays there. */
async function goOn(page: Page): Promise<void> {
  if (page.session.me?.stage === "identification") await page.session.step("identify");
  page.showId(false);
}

function decline(page: Page, compares: boolean): HTMLElement {
  const kind = compares ? "decline" : "decline_person";
  const no = action(t(`candidate.identity.${kind}_go`), async () => {
    await page.session.declineMatching();
    await goOn(page);
  }, "wide");
  return h("details", { class: "id-decline" }, h("summary", {}, t(`candidate.identity.${kind}`)),
    h("div", { class: "stack tight" }, h("p", {}, t(`candidate.identity.${kind}_text`)), no.element));
}

/** A picture that was taken, as it will be sent; and the way to take it again. */
class Shot {
  blob: Blob | null = null;
  readonly again = h("button", { type: "button", class: "small" }, t("candidate.identity.again"));
  private readonly image: HTMLImageElement;
  readonly element: HTMLElement;

  constructor(private readonly which: Which) {
    this.image = h("img", { alt: t(`candidate.identity.${which}_taken`) });
    this.element = h("figure", { hidden: true }, this.image, h("figcaption", {}, h("span", {}, t(`candidate.identity.${this.which}_taken`)), this.again));
    this.again.setAttribute("aria-label", t(`candidate.identity.again_${which}`));
  }

  put(blob: Blob | null): void {
    URL.revokeObjectURL(this.image.src);
    this.blob = blob;
    this.element.hidden = blob === null;
    if (blob) this.image.src = URL.createObjectURL(blob);
    else this.image.removeAttribute("src");
  }
}

/** What the camera shows, with an outline of where the card, or the face, belongs. */
class Camera {
  readonly video = h("video", { class: "preview mirrored", "aria-label": t("candidate.equipment.preview"), playsinline: true, autoplay: true });
  private readonly outline = h("span", { class: "id-frame", "aria-hidden": "true" });
  readonly open = h("button", { type: "button", class: "primary", onclick: () => void this.page.equipment.openCamera() }, t("candidate.equipment.camera_go"));
  readonly element = h("div", { class: "id-camera" }, this.video, this.outline, this.open);

  constructor(private readonly page: Page) {
    this.video.muted = true;
    this.update();
  }

  update(): void {
    const stream = this.page.equipment.streams.webcam ?? null;
    if (this.video.srcObject !== stream) this.video.srcObject = stream;
    this.video.hidden = stream === null;
  }

  frame(which: Which | undefined): void {
    this.element.hidden = which === undefined;
    set(this.outline, "data-for", which ?? null);
  }
}
