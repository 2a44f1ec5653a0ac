// The list of findings, in step with the map: one is chosen at a time, and its details are unfolded.
import { byId, describe, element } from "./elements.js";
import { percent, plural, probability, signed, spread, whole } from "./words.js";

let entries = [];
let chosen = null;
let pixelArea = null;
const listeners = [];

/** `listener(finding or null, {zoom})` is called when another finding is chosen. */
export const onChoice = (listener) => listeners.push(listener);
export const chosenFinding = () => chosen;

export function showFindings(report) {
  entries = report.findings;
  pixelArea = report.image.pixel_area_m2;
  byId("findings").replaceChildren(...entries.map(row));
  byId("threshold").value = 0;
  byId("threshold-label").hidden = entries.length < 2;
  byId("findings-title").textContent = report.verdict.tampered === null && entries.length ? "Candidates" : "Findings";
  filter();
  chooseFinding(entries[0]?.id ?? null);
}

export function clearFindings() {
  entries = [];
  chosen = null;
  byId("findings").replaceChildren();
}

function row(finding) {
  const details = `details-${finding.id}`;
  return element(
    "li", { class: "finding", "data-id": finding.id },
    element(
      "button", { type: "button", "aria-expanded": "false", "aria-controls": details, onclick: () => chooseFinding(finding.id, { zoom: true }) },
      element("span", { class: "title" }, `${finding.id}. ${title(finding)}`),
      element("span", { class: "number" }, probability(finding.confidence)),
    ),
    detailList(finding, details),
  );
}

function title(finding) {
  const what = finding.kind === "blur" ? "blurred region" : "copied region";
  const label = finding.object_class?.label;
  return label && label !== "other" ? `${label}, ${what}` : what.charAt(0).toUpperCase() + what.slice(1);
}

function shown(label) {
  return label === "other" ? "none of the seven classes" : label;
}

function detailList(finding, id) {
  const list = element("dl", { class: "facts", id, hidden: true });
  describe(list, [...changeOf(finding), ...regionsOf(finding), ["Confidence", probability(finding.confidence)]]);
  return list;
}

function changeOf(finding) {
  const pairs = [];
  if (finding.object_class) pairs.push(["Shows", `${shown(finding.object_class.label)} (${probability(finding.object_class.confidence)})`]);
  if (finding.blur) {
    const strength = finding.blur.strength === null ? "" : `, ${finding.blur.strength.toFixed(1)} px`;
    pairs.push(["Blur", `${finding.blur.method}${strength}`]);
  }
  const { transform } = finding;
  if (transform) {
    const turn = transform.rotation_deg;
    const way = Math.abs(turn) < 0.005 ? "" : turn > 0 ? ", counter-clockwise" : ", clockwise";
    pairs.push(["Rotation", `${signed(turn, 2)}° ${spread(transform.rotation_sigma, 2)}°${way}`]);
    pairs.push(["Scale", `${transform.scale.toFixed(3)} ${spread(transform.scale_sigma, 3)}`]);
  }
  if (finding.direction_confidence !== null) pairs.push(["Which is the copy", `${probability(finding.direction_confidence)} that source and copy are not exchanged`]);
  if (entries.some((other) => other.id !== finding.id && other.group === finding.group)) pairs.push(["Source shared with", sharing(finding)]);
  return pairs;
}

function sharing(finding) {
  return entries.filter((other) => other.id !== finding.id && other.group === finding.group).map((other) => `copy ${other.id}`).join(", ");
}

function regionsOf(finding) {
  if (finding.kind === "blur" || !finding.source) return [["Region", area(finding.target)]];
  return [["Source", area(finding.source)], ["Copy", area(finding.target)]];
}

function area(region) {
  const ground = pixelArea ? `, ${groundArea(region.area_px * pixelArea)}` : "";
  const [x, y] = region.centroid;
  return `${whole(region.area_px)} px${ground} (${percent(region.area_fraction)}) at ${x.toFixed(0)}, ${y.toFixed(0)}`;
}

const groundArea = (squareMetres) => `${squareMetres < 100 ? squareMetres.toPrecision(3) : whole(squareMetres)} m²`;

/** Chooses a finding (or none, with null), unfolds its details and tells the map. */
export function chooseFinding(id, { zoom = false, reveal = false } = {}) {
  chosen = entries.find((finding) => finding.id === id) ?? null;
  for (const item of byId("findings").children) {
    const on = Number(item.dataset.id) === chosen?.id;
    item.classList.toggle("chosen", on);
    item.querySelector("button").setAttribute("aria-expanded", String(on));
    item.querySelector("dl").hidden = !on;
    if (on && reveal) item.scrollIntoView({ block: "nearest" });
  }
  for (const listener of listeners) listener(chosen, { zoom });
}

function filter() {
  const least = Number(byId("threshold").value);
  let shown = 0;
  for (const finding of entries) {
    const keep = finding.confidence >= least;
    byId("findings").querySelector(`[data-id="${finding.id}"]`).hidden = !keep;
    shown += keep;
  }
  byId("threshold-value").textContent = least.toFixed(2);
  const hidden = entries.length - shown;
  byId("findings-none").hidden = entries.length > 0 && !hidden;
  byId("findings-none").textContent = entries.length ? `${plural(hidden, "finding")} below the threshold; the verdict stays as it is.` : "There are none.";
}

byId("threshold").addEventListener("input", filter);

byId("findings").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const buttons = Array.from(byId("findings").querySelectorAll("li:not([hidden]) > button"));
  const next = buttons[buttons.indexOf(event.target) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.click();
});
