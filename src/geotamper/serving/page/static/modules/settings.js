// The settings of an inspection: kept in this browser, sent with each upload; those at their default are left out.
import { byId, element } from "./elements.js";

const KEY = "geotamper-settings";
const fields = Array.from(byId("settings").querySelectorAll("input, select, textarea"));

const standard = (field) => field.dataset.default ?? "";
const isChanged = (field) => field.value.trim() !== standard(field);

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

function keep() {
  localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(fields.filter(isChanged).map((field) => [field.name, field.value]))));
  mark();
}

/** The summary says when something differs from the defaults, since the fields are folded away. */
function mark() {
  const changed = fields.filter(isChanged).length;
  byId("settings-title").textContent = changed ? `Settings (${changed} changed)` : "Settings";
}

/** Fills the form of an upload with what was chosen. */
export function addSettings(data) {
  for (const field of fields.filter(isChanged)) {
    const lines = field.name === "questions" ? field.value.split("\n") : [field.value];
    for (const line of lines) if (line.trim()) data.append(field.name, line.trim());
  }
}

/** Says what is wrong with the settings, or null. */
export function settingsProblem() {
  const wrong = fields.find((field) => !field.checkValidity());
  if (!wrong) return null;
  byId("settings").open = true;
  wrong.focus();
  return `Settings, ${wrong.labels[0].textContent}: '${wrong.value}' does not fit. ${byId(wrong.getAttribute("aria-describedby")).textContent}`;
}

/** Offers the detectors that the service has. */
export function offerDetectors(names) {
  const select = byId("detector");
  const wanted = names.includes(kept().detector) ? kept().detector : select.value;
  select.replaceChildren(...names.map((name) => element("option", { value: name, selected: name === wanted }, name)));
  mark();
}

for (const field of fields) {
  field.value = kept()[field.name] ?? standard(field);
  if (!field.value) field.value = standard(field); // a choice that is not offered any more
  field.addEventListener("change", keep);
}
byId("settings-reset").addEventListener("click", () => {
  for (const field of fields) field.value = standard(field);
  keep();
});
mark();
