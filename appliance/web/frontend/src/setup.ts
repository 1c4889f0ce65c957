/** The setup of a bare box: live tests beside the forms, the camera's link, waiting for the box, the printed card. */

import "./styles/setup.css";
import { watchCamera } from "./setup/camera";
import { watchCapacity } from "./setup/capacity";
import { watchChecks } from "./setup/checks";
import { fillNames, guessZone } from "./setup/guess";
import { showChosen } from "./setup/shown";
import { waitForBox } from "./setup/wait";

for (const form of document.querySelectorAll<HTMLFormElement>("form")) showChosen(form);
for (const section of document.querySelectorAll<HTMLElement>("[data-checks]")) watchChecks(section);
const capacity = document.querySelector<HTMLElement>("[data-capacity]");
if (capacity) watchCapacity(capacity);
const camera = document.querySelector<HTMLElement>("[data-camera]");
if (camera) watchCamera(camera);
const waiting = document.querySelector<HTMLElement>("[data-wait]");
if (waiting) waitForBox(waiting);
const zone = document.querySelector<HTMLSelectElement>("[data-zone]");
if (zone) guessZone(zone);
const lab = document.querySelector<HTMLFormElement>("#setup-lab");
if (lab) fillNames(lab);
document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
