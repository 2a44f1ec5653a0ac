// Questions in plain words: a box with suggestions, and a transcript that the service keeps.
import { showProblem } from "./announce.js";
import { byId, element } from "./elements.js";
import { chosenFinding } from "./findings.js";
import { ask } from "./service.js";
import { probability } from "./words.js";

const ABSTENTIONS = ["undecided", "not applicable", "unknown", "not answerable"];
const OFFERED = 6;
let job = null;
let kind = "none";

/** Shows the answers of the report, then those that were asked for later, here or in another tab. */
export async function showQuestions(opened, report) {
  job = opened;
  kind = report.verdict.kind ?? "copy-move";
  byId("transcript").replaceChildren(...report.answers.map(line));
  suggest();
  try {
    const { items } = await ask(`inspections/${opened.id}/questions`);
    if (job !== opened) return;
    byId("transcript").append(...items.map((item) => line(item.answer)));
    suggest();
  } catch (error) {
    showProblem(error);
  }
}

export function clearQuestions() {
  job = null;
  byId("transcript").replaceChildren();
  byId("question").value = "";
}

/** Offers questions that have a meaning here and are not in the transcript yet. */
function suggest() {
  const asked = new Set(Array.from(byId("transcript").querySelectorAll(".asked"), (item) => item.textContent));
  let offered = 0;
  for (const chip of byId("suggestions").children) {
    chip.hidden = offered >= OFFERED || asked.has(chip.textContent.trim()) || !chip.dataset.kinds.split(" ").includes(kind);
    offered += !chip.hidden;
  }
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
    suggest();
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
