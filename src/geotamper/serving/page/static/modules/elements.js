// Small helpers for the document. Text is always set as text: names and answers are never read as HTML.

export const byId = (name) => document.getElementById(name);

/** An element with attributes and children; `false`, null and undefined leave an attribute out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Fills a description list with [term, description] pairs. */
export function describe(list, pairs) {
  list.replaceChildren(
    ...pairs.flatMap(([term, text]) => [element("dt", {}, term), element("dd", {}, text)]),
  );
}

export const prefersStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
