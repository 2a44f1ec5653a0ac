// The source, carried onto its copy, against the picture: side by side with a line to move, or in turns.
import { byId, element, prefersStill } from "./elements.js";
import { say } from "./announce.js";

const BLINK_MS = 800;
let map = null;
let mode = "off";
let timer = 0;
let warpedShown = true;

const pane = () => map.getPane("warped");

/** Starts anew on a map; pictures without a copied source have nothing to compare. */
export function startCompare(opened, possible) {
  map = opened;
  map.on("move zoom resize", clip);
  byId("compare").hidden = !possible;
  setMode("off");
}

export function stopCompare() {
  if (map) setMode("off");
  map = null;
}

export const comparing = () => mode !== "off";

function setMode(next) {
  mode = next;
  clearInterval(timer);
  timer = 0;
  for (const radio of byId("compare").querySelectorAll("input")) radio.checked = radio.value === mode;
  byId("swipe-line").hidden = byId("swipe-row").hidden = mode !== "swipe";
  byId("blink-row").hidden = byId("compare-sign").hidden = mode !== "blink";
  byId("stage").classList.toggle("comparing", mode !== "off");
  pane().style.display = mode === "off" ? "none" : "";
  pane().style.clipPath = "";
  pane().style.visibility = "";
  if (mode === "swipe") clip();
  if (mode === "blink") {
    showWarped(true);
    run(!prefersStill());
  }
}

// The pane moves with the map, so the line is followed on each move.
function clip() {
  if (mode !== "swipe") return;
  const size = map.getSize();
  const line = (Number(byId("swipe").value) / 100) * size.x;
  const corner = map.containerPointToLayerPoint([0, 0]);
  const corners = [[0, 0], [line, 0], [line, size.y], [0, size.y]];
  pane().style.clipPath = `polygon(${corners.map(([x, y]) => `${corner.x + x}px ${corner.y + y}px`).join(", ")})`;
  byId("swipe-line").style.left = `${line}px`;
}

function showWarped(on) {
  warpedShown = on;
  pane().style.visibility = on ? "" : "hidden";
  byId("compare-sign").textContent = on ? "source, carried onto the copy" : "the picture as it is";
}

// Blinking can be stopped at any time, and does not start by itself where less motion is wanted.
function run(on) {
  clearInterval(timer);
  timer = on ? setInterval(() => showWarped(!warpedShown), BLINK_MS) : 0;
  byId("blink-run").textContent = on ? "Stop blinking" : "Blink";
}

/** Adds the buttons of the blink mode and listens to the choice; `onStart` is called when comparing begins. */
export function wireCompare(onStart) {
  byId("swipe-row").after(element(
    "p", { class: "blink", id: "blink-row", hidden: true },
    element("button", { type: "button", id: "blink-run", onclick: () => run(!timer) }, "Stop blinking"),
    element("button", { type: "button", id: "blink-switch", onclick: () => {
      run(false);
      showWarped(!warpedShown);
      say(byId("compare-sign").textContent);
    } }, "Switch"),
  ));
  byId("compare").addEventListener("change", (event) => {
    setMode(event.target.value);
    if (mode !== "off") onStart();
  });
  byId("swipe").addEventListener("input", clip);
}

export function endCompare() {
  if (mode !== "off") setMode("off");
}
