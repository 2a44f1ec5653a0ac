// Tiles of one layer, fetched with the token and drawn on canvases: an <img> could not carry the token.
import { DomUtil, GridLayer } from "../../leaflet/leaflet-src.esm.js";
import { showProblem } from "./announce.js";
import { content } from "./service.js";

export const TILE = 256;

// Between two zooms the browser would leave hairlines between tiles that only touch.
const OVERLAPPING = `${TILE + 0.7}px`;

export const TileLayer = GridLayer.extend({
  options: { tileSize: TILE, noWrap: true, keepBuffer: 1, updateWhenIdle: false },

  initialize(path, options) {
    GridLayer.prototype.initialize.call(this, options);
    this.path = path;
  },

  createTile(coordinates, done) {
    const canvas = DomUtil.create("canvas");
    canvas.width = TILE;
    canvas.height = TILE;
    canvas.stop = new AbortController();
    this.draw(canvas, coordinates).then(() => done(null, canvas), (error) => done(error, canvas));
    return canvas;
  },

  async draw(canvas, { x, y, z }) {
    try {
      const blob = await content(`${this.path}/${z}/${x}/${y}.png`, canvas.stop.signal);
      if (!blob) return;
      const image = await createImageBitmap(blob);
      canvas.getContext("2d").drawImage(image, 0, 0);
      image.close();
      this.drawn = true;
    } catch (error) {
      if (error.name === "AbortError") return;
      showProblem(error);
      throw error;
    }
  },

  onAdd(map) {
    this.on("tileunload", ({ tile }) => tile.stop.abort());
    this.on("tileloadstart", ({ tile }) => { Object.assign(tile.style, { width: OVERLAPPING, height: OVERLAPPING }); });
    return GridLayer.prototype.onAdd.call(this, map);
  },
});
