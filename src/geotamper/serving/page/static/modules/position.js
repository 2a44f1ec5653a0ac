// The place under the cursor: coordinates of the map for georeferenced pictures, pixels for all.
import { byId } from "./elements.js";
import { crsName } from "./words.js";

/** Follows the cursor, and the middle of the view while the keyboard moves the map. */
export function trackPosition(map, frame, image) {
  byId("crs").textContent = image.crs ? crsName(image.crs) : "no coordinate system";
  map.on("mousemove", (event) => show(frame.pixel(event.latlng), frame, image));
  map.on("moveend", () => show(frame.pixel(map.getCenter()), frame, image, "middle: "));
}

function show([x, y], frame, { geotransform }, prefix = "") {
  const inside = x >= 0 && y >= 0 && x <= frame.width && y <= frame.height;
  byId("position").textContent = inside ? `${prefix}${mapPlace(geotransform, x, y)}pixel ${x.toFixed(1)}, ${y.toFixed(1)}` : "outside the picture";
}

function mapPlace(geotransform, x, y) {
  if (!geotransform) return "";
  const [x0, dx, rx, y0, ry, dy] = geotransform;
  // A tenth of a pixel is what a cursor can show.
  const digits = Math.min(9, Math.max(0, Math.ceil(1 - Math.log10(Math.hypot(dx, ry)))));
  return `${(x0 + dx * x + rx * y).toFixed(digits)}, ${(y0 + ry * x + dy * y).toFixed(digits)} · `;
}
