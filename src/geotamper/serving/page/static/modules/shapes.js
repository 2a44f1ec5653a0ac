// Outlines of sources and copies, and arrows between them. Numbered tags can be reached by keyboard.
import { divIcon, layerGroup, marker, polygon, polyline } from "../../leaflet/leaflet-src.esm.js";

export const SHAPE_PANES = ["links", "source", "copy"];

/** All that is drawn for one finding: a group per pane, the clickable shapes, the tag. */
export class Shapes {
  constructor(finding, frame, onSelect) {
    this.finding = finding;
    this.shapes = [];
    this.groups = [];
    const choose = () => onSelect(finding.id);
    if (finding.kind !== "blur" && finding.source) {
      this.outline(finding.source, "source", frame, choose);
      this.link(finding, frame);
    }
    this.outline(finding.target, "copy", frame, choose);
    this.tag = tag(finding, frame, choose);
    this.groups.push(this.tag);
    this.all = layerGroup(this.groups);
  }

  outline(region, pane, frame, choose) {
    const rings = region.polygon.map((ring) => ring.map((point) => frame.place(point)));
    const shape = polygon(rings, { pane, className: `shape ${pane}` });
    shape.on("click", choose);
    this.shapes.push(shape);
    this.groups.push(polygon(rings, { pane, className: "casing", interactive: false }), shape);
  }

  link({ source, target }, frame) {
    const ends = [frame.place(source.centroid), frame.place(target.centroid)];
    const line = polyline(ends, { pane: "links", className: "link", interactive: false });
    line.on("add", () => line.getElement().setAttribute("marker-end", "url(#arrow-head)"));
    this.groups.push(polyline(ends, { pane: "links", className: "link-casing", interactive: false }), line);
  }

  /** Marks the chosen finding. */
  mark(on) {
    for (const shape of this.shapes) shape.getElement()?.classList.toggle("chosen", on);
    const element = this.tag.getElement();
    element?.classList.toggle("chosen", on);
    element?.setAttribute("aria-pressed", String(on));
  }
}

function tag(finding, frame, choose) {
  const top = finding.target.polygon.flat().reduce((one, other) => (other[1] < one[1] ? other : one));
  const icon = divIcon({ className: "tag", html: String(finding.id), iconSize: [26, 26], iconAnchor: [13, 30] });
  const made = marker(frame.place(top), { icon, pane: "copy-tags", keyboard: true, riseOnHover: true });
  made.on("click keypress", (event) => {
    if (event.type === "keypress" && !["Enter", " "].includes(event.originalEvent.key)) return;
    choose();
  });
  made.on("add", () => made.getElement().setAttribute("aria-label", `${finding.kind === "blur" ? "Blurred region" : "Copy"} ${finding.id}`));
  return made;
}
