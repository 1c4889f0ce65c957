/** The phone's page: it comes in by a code, and is the second camera of one seat from then on. */

import "./styles/candidate.css";
import "./styles/phone.css";
import { byId, data } from "./lib/dom";
import { Camera } from "./phone/camera";
import { join } from "./phone/join";
import { PhonePage } from "./phone/page";

const root = byId("phone");
if (data<{ step: string } | null>("boot")?.step === "camera") new PhonePage(root, new Camera());
else join(root);
