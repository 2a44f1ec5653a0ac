// The picture on a map to move and zoom, with what was found drawn over it.
import { CRS, Map as LeafletMap } from "../../leaflet/leaflet-src.esm.js";
import { comparing, endCompare, startCompare, stopCompare, wireCompare } from "./compare.js";
import { byId, prefersStill } from "./elements.js";
import { Frame } from "./frame.js";
import { offerLayer, wireLayers } from "./layers.js";
import { trackPosition } from "./position.js";
import { SHAPE_PANES, Shapes } from "./shapes.js";
import { tileLayer } from "./tiles.js";

const DEEPEST = 5; // zoom levels beyond the native one: a pixel becomes 32 on the screen
const PANES = { heat: 250, warped: 300, links: 420, source: 410, copy: 430, "copy-tags": 620 };

let map = null;
let frame = null;
let tiles = {};
let drawn = new Map();
let chosen = null;

const applyLayers = wireLayers((name, opacity) => {
  if (!map) return;
  const pane = name === "picture" ? map.getPane("tilePane") : map.getPane(name);
  if (name === "heat" && opacity > 0 && !map.hasLayer(tiles.heat)) tiles.heat.addTo(map);
  pane.style.opacity = opacity;
  pane.style.display = opacity === 0 ? "none" : "";
  if (name === "copy") map.getPane("copy-tags").style.display = pane.style.display;
});

/** Opens the picture of an inspection that is done; `onSelect(id)` is called when a finding is clicked. */
export function openViewer({ id, report, view }, { onSelect }) {
  const { image, findings } = report;
  closeViewer();
  frame = new Frame(image);
  map = makeMap();
  for (const [name, order] of Object.entries(PANES)) map.createPane(name).style.zIndex = order;
  tiles = makeTiles(id);
  tiles.picture.addTo(map);
  if (view.layers.includes("warped")) tiles.warped.addTo(map);
  offerLayer("heat", view.layers.includes("heat"));
  for (const finding of findings) {
    const shapes = new Shapes(finding, frame, onSelect);
    shapes.all.addTo(map);
    drawn.set(finding.id, shapes);
  }
  trackPosition(map, frame, image);
  startCompare(map, view.layers.includes("warped") && findings.some((finding) => finding.transform));
  applyLayers();
  fit();
  // Drawings say nothing without the picture; the numbered tags and the list do.
  for (const drawing of byId("map").querySelectorAll("svg")) drawing.setAttribute("aria-hidden", "true");
}

export function closeViewer() {
  stopCompare();
  map?.remove();
  map = null;
  drawn = new Map();
  chosen = null;
}

function makeMap() {
  const still = prefersStill();
  const made = new LeafletMap(byId("map"), {
    crs: CRS.Simple, attributionControl: false, minZoom: -2, maxZoom: frame.nativeZoom + DEEPEST, zoomSnap: 0.25,
    zoomDelta: 1, wheelPxPerZoomLevel: 90, maxBounds: frame.bounds.pad(0.6), maxBoundsViscosity: 0.6,
    zoomAnimation: !still, fadeAnimation: !still, inertia: !still, markerZoomAnimation: !still,
  });
  for (const [part, words] of [["in", "Zoom in"], ["out", "Zoom out"]]) {
    byId("map").querySelector(`.leaflet-control-zoom-${part}`).setAttribute("aria-label", words);
  }
  return made;
}

function makeTiles(id) {
  const common = { bounds: frame.bounds, minNativeZoom: 0, maxNativeZoom: frame.nativeZoom, minZoom: -2, maxZoom: frame.nativeZoom + DEEPEST };
  const layer = (name, pane) => tileLayer(id, name, { ...common, pane });
  return { picture: layer("picture", "tilePane"), heat: layer("heat", "heat"), warped: layer("warped", "warped") };
}

/** Marks the chosen finding on the map; with `zoom` the view goes to it. */
export function showChoice(finding, { zoom = false } = {}) {
  if (!map) return;
  chosen = finding;
  for (const [id, shapes] of drawn) shapes.mark(id === finding?.id);
  byId("zoom-finding").disabled = !finding;
  if (finding && zoom) showFinding();
}

/** Shows the findings with at least this confidence. */
export function showFrom(confidence) {
  for (const shapes of drawn.values()) {
    if (shapes.finding.confidence >= confidence) map.addLayer(shapes.all);
    else map.removeLayer(shapes.all);
    shapes.mark(shapes.finding.id === chosen?.id);
  }
}

function fit() {
  map.fitBounds(frame.bounds, { animate: false, padding: [8, 8] });
}

// The copy alone while comparing, else source and copy together.
function showFinding() {
  const boxes = [chosen.target, comparing() ? null : chosen.source].filter(Boolean).map((region) => frame.box(region.bbox));
  const bounds = boxes.reduce((one, other) => one.extend(other));
  const options = { padding: [60, 60], maxZoom: frame.nativeZoom + DEEPEST - 2 };
  if (prefersStill()) map.fitBounds(bounds, { ...options, animate: false });
  else map.flyToBounds(bounds, { ...options, duration: 0.5 });
}

byId("fit").addEventListener("click", () => map && fit());
byId("zoom-finding").addEventListener("click", () => { if (map && chosen) showFinding(); });
wireCompare(() => { if (chosen) showFinding(); });
addEventListener("keydown", (event) => { if (event.key === "Escape" && !document.querySelector("dialog[open]")) endCompare(); });
