// Tiles of one layer of a picture.
import { TileLayer } from "../../leaflet/leaflet-src.esm.js";
import { showProblem } from "./announce.js";
import { address } from "./service.js";

export const TILE = 256;

// Between two zooms the browser would leave hairlines between tiles that only touch.
const OVERLAPPING = `${TILE + 0.7}px`;

/** The layer `name` of an inspection; `options` place it on the map. */
export function tileLayer(id, name, options) {
  const layer = new TileLayer(`${address(`inspections/${id}/tiles/${name}`)}/{z}/{x}/{y}.png`, { tileSize: TILE, noWrap: true, keepBuffer: 1, ...options });
  layer.on("tileloadstart", ({ tile }) => { Object.assign(tile.style, { width: OVERLAPPING, height: OVERLAPPING }); });
  layer.on("tileerror", () => showProblem("A part of the picture could not be loaded. Reload the page; if that does not help, the service or the file may be gone."));
  return layer;
}
