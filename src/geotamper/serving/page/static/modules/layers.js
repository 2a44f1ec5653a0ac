// Which layers are shown, and how strongly. The choice stays while inspections are opened and closed.
import { byId } from "./elements.js";

const shows = (name) => byId("viewer").querySelector(`[data-show="${name}"]`);
const opacities = (name) => byId("viewer").querySelector(`[data-opacity="${name}"]`);

/** Shows or hides the row of a layer that not every service draws. */
export function offerLayer(name, offered) {
  byId("viewer").querySelector(`[data-layer="${name}"]`).hidden = !offered;
  if (!offered) shows(name).checked = false;
}

/** Calls `apply(name, opacity 0..1)` for each layer, now and on each change; 0 for layers that are not shown. */
export function wireLayers(apply) {
  const update = (name) => apply(name, shows(name).checked ? Number(opacities(name).value) / 100 : 0);
  const listen = (event) => {
    const name = event.target.dataset.show ?? event.target.dataset.opacity;
    if (!name) return;
    if (event.target.dataset.opacity) shows(name).checked = true; // who turns it up wants to see it
    update(name);
  };
  byId("viewer").addEventListener("input", listen);
  return () => { for (const box of byId("viewer").querySelectorAll("[data-show]")) update(box.dataset.show); };
}
