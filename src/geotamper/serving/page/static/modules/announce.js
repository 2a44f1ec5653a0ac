// What is said aloud (live region) and what goes wrong (alert).
import { byId } from "./elements.js";

/** Says a sentence to assistive technology; the same sentence is not repeated. */
export function say(text) {
  if (byId("live").textContent !== text) byId("live").textContent = text;
}

export function showProblem(error) {
  if (error?.name === "AbortError") return;
  byId("problem-text").textContent = error instanceof Error ? error.message : String(error);
  byId("problem").hidden = false;
}

export function clearProblem() {
  byId("problem").hidden = true;
  byId("problem-text").textContent = "";
}

byId("problem-close").addEventListener("click", clearProblem);
