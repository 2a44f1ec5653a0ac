// The files of an inspection: the report's page opens beside this one, all others are saved.
import { byId, element } from "./elements.js";
import { address, ask } from "./service.js";
import { bytes } from "./words.js";

const TITLES = [
  [/^report\.html$/, "Report", "one page, in a new tab"],
  [/^report\.pdf$/, "Report as PDF", "for printing"],
  [/^report\.json$/, "Report as JSON", "for programs"],
  [/^source_mask\./, "Mask of sources", "255 inside"],
  [/^target_mask\./, "Mask of copies", "255 inside"],
  [/^overlay\./, "Overlay", "findings drawn in"],
  [/\.geojson$/, "GeoJSON", "outlines"],
  [/\.gpkg$/, "GeoPackage", "layers for a GIS"],
  [/\.qml$/, "QGIS style", "for the layers"],
];

export async function showDownloads(id, signal) {
  const { items } = await ask(`inspections/${id}/artifacts`, { signal });
  const place = (name) => { const found = TITLES.findIndex(([pattern]) => pattern.test(name)); return found < 0 ? TITLES.length : found; };
  const sorted = [...items].sort((one, other) => place(one.name) - place(other.name) || one.name.localeCompare(other.name));
  byId("downloads").replaceChildren(...sorted.map((item) => element("li", {}, link(id, item))));
}

function link(id, item) {
  const [, title, purpose] = TITLES.find(([pattern]) => pattern.test(item.name)) ?? [null, item.name, ""];
  const facts = [purpose, bytes(item.size)].filter(Boolean).join(", ");
  const opening = item.name === "report.html" ? { target: "_blank", rel: "noopener" } : { download: item.name };
  const path = `inspections/${id}/artifacts/${encodeURIComponent(item.name)}`;
  return element("a", { href: address(path), ...opening }, title, element("small", {}, facts));
}
