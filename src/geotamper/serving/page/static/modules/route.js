// Which view is open stands in the fragment of the address, so that a reload or a second tab shows the same.

const PATTERN = /^#\/inspections\/([A-Za-z0-9_-]+)$/;

/** The id of the open inspection, or null at the start. */
export function openId() {
  return PATTERN.exec(location.hash)?.[1] ?? null;
}

export const routeTo = (id) => `#/inspections/${id}`;

export function go(id) {
  location.hash = id ? routeTo(id) : "#/";
}

export function onRoute(show) {
  addEventListener("hashchange", show);
  show();
}
