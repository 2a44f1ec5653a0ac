// The files of an inspection. With a token they are fetched, because a plain link cannot carry it.
import { showProblem } from "./announce.js";
import { byId, element } from "./elements.js";
import { address, ask, content } from "./service.js";
import { storedToken } from "./token.js";
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
  const path = `inspections/${id}/artifacts/${encodeURIComponent(item.name)}`;
  const facts = [purpose, item.size === undefined ? "" : bytes(item.size)].filter(Boolean).join(", ");
  return element(
    "a", { href: address(path), ...(item.name === "report.html" ? { target: "_blank" } : { download: item.name }), onclick: (event) => fetchWithToken(event, path, item.name) },
    title, element("small", {}, facts),
  );
}

async function fetchWithToken(event, path, name) {
  if (!storedToken()) return;
  event.preventDefault();
  try {
    const blob = await content(path);
    if (!blob) throw new Error(`The service has no file '${name}' any more. Reload the page.`);
    const url = URL.createObjectURL(blob);
    element("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  } catch (error) {
    showProblem(error);
  }
}
