// A job that waits or runs: stage, bar, time; what is said aloud comes in coarse steps.
import { say } from "./announce.js";
import { byId } from "./elements.js";
import { duration } from "./words.js";

let clock = 0;
let since = null;
let said = "";

function tick() {
  byId("job-elapsed").textContent = since ? `after ${duration((Date.now() - since) / 1000)}` : "";
}

export function startWaiting(job) {
  clearInterval(clock);
  clock = setInterval(tick, 1000);
  showWaiting(job);
}

export function showWaiting(job) {
  const running = job.state === "running";
  const share = Math.round(100 * (job.progress ?? 0));
  since = running && job.started ? Date.parse(job.started) : null;
  byId("waiting-title").textContent = running ? "Inspecting" : "Waiting for its turn";
  byId("waiting-stage").textContent = running ? capital(job.stage || "working") : queueWords(job);
  byId("job-progress").hidden = !running;
  byId("job-progress").value = job.progress ?? 0;
  byId("job-percent").textContent = running ? `${share} %` : "";
  tick();
  const words = running ? `Inspecting ${job.name}: ${25 * Math.floor(share / 25)} percent` : `${job.name} waits for its turn`;
  if (words !== said) say(words);
  said = words;
}

export function stopWaiting() {
  clearInterval(clock);
  said = "";
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function queueWords(job) {
  if (typeof job.queue_position !== "number") return "Other pictures are inspected before it.";
  return job.queue_position ? `${job.queue_position} before it.` : "It is next.";
}
