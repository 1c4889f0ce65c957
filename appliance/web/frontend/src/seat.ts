/** The page of one seat, on the lab's computer that stands there. */

import "./styles/board.css";
import { SeatPage } from "./seat/page";

const root = document.querySelector<HTMLElement>("[data-seat]");
if (root) new SeatPage(root);
