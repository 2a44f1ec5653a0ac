// Pixels of the picture and places of the map. At the native zoom one pixel of the picture is one of the screen;
// at zoom 0 the whole picture is inside one tile.
import { CRS, latLngBounds } from "../../leaflet/leaflet-src.esm.js";
import { TILE } from "./tiles.js";

export class Frame {
  constructor({ width, height }) {
    this.width = width;
    this.height = height;
    this.nativeZoom = Math.max(0, Math.ceil(Math.log2(Math.max(width, height) / TILE)));
  }

  /** The place of (x, y), in pixels of the picture. */
  place([x, y]) {
    return CRS.Simple.pointToLatLng({ x, y }, this.nativeZoom);
  }

  /** The pixel under a place, fractions included. */
  pixel(place) {
    const { x, y } = CRS.Simple.latLngToPoint(place, this.nativeZoom);
    return [x, y];
  }

  box([x0, y0, x1, y1]) {
    return latLngBounds(this.place([x0, y1]), this.place([x1, y0]));
  }

  get bounds() {
    return this.box([0, 0, this.width, this.height]);
  }
}
