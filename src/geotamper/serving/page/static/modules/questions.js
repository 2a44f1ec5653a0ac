// Questions in plain words: a box with suggestions, and a transcript that the service keeps.
import { showProblem } from "./announce.js";
import { byId, element } from "./elements.js";
import { chosenFinding } from "./findings.js";
import { ask } from "./service.js";
import { probability } from "./words.js";

const ABSTENTIONS = ["undecided", "not applicable", "unknown", "not answerable"];
let job = null;

/** Shows the answers of the report, then those that were asked for later, here or in another tab. */
export async function showQuestions(opened, report) {
  job = opened;
  const kind = report.verdict.kind ?? "copy-move";
  for (const chip of byId("suggestions").children) chip.hidden = !chip.dataset.kinds.split(" ").includes(kind);
  byId("transcript").replaceChildren(...report.answers.map(line));
  try {
    const { items } = await ask(`inspections/${opened.id}/questions`);
    if (job === opened) byId("transcript").append(...items.map(line));
  } catch (error) {
    showProblem(error);
  }
}

export function clearQuestions() {
  job = null;
  byId("transcript").replaceChildren();
  byId("question").value = "";
}

function line(answer) {
  const abstained = ABSTENTIONS.includes(answer.answer);
  const about = answer.finding && answer.finding !== 1 ? ` (finding ${answer.finding})` : "";
  return element(
    "li", {},
    element("span", { class: "asked" }, `${answer.question}${about}`),
    element("span", { class: "said" },
      element("span", { class: abstained ? "abstained" : null }, answer.answer),
      element("span", {}, abstained ? "" : probability(answer.confidence))),
    element("span", { class: "basis" }, answer.basis),
  );
}

async function put(text) {
  const asked = job;
  const finding = chosenFinding();
  const body = finding && finding.id !== 1 ? { text, finding: finding.id } : { text };
  byId("ask-button").disabled = true;
  try {
    const answer = await ask(`inspections/${asked.id}/questions`, { body });
    if (job !== asked) return;
    const item = line(answer);
    byId("transcript").append(item);
    item.scrollIntoView({ block: "nearest" });
    if (byId("question").value.trim() === text) byId("question").value = "";
  } catch (error) {
    showProblem(error);
  } finally {
    byId("ask-button").disabled = false;
  }
}

byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = byId("question").value.trim();
  if (text) put(text);
});
byId("suggestions").addEventListener("click", (event) => {
  const chip = event.target.closest("button");
  if (chip) put(chip.textContent.trim());
});
