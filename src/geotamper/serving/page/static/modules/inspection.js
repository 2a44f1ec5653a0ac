// The view of one inspection: follows it while it runs, then shows its report.
import { say, showProblem } from "./announce.js";
import { confirmDelete } from "./deleting.js";
import { byId } from "./elements.js";
import { go } from "./route.js";
import { ask, follow } from "./service.js";
import { hideReport, showReport } from "./report.js";
import { startWaiting, showWaiting, stopWaiting } from "./waiting.js";

const RETRY_MS = 2000;
let job = null;
let leave = new AbortController();

const isOver = (state) => ["done", "failed", "cancelled"].includes(state);
const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/** Opens an inspection by its id; whatever was open before is left. */
export async function openInspection(id) {
  closeInspection();
  leave = new AbortController();
  const { signal } = leave;
  byId("inspection").hidden = false;
  try {
    await load(id, signal);
    byId("inspection-title").focus({ preventScroll: true });
    if (!isOver(job.state)) await watch(id, signal);
  } catch (error) {
    if (signal.aborted) return;
    if (!job || error.status === 404) notThere(error);
    showProblem(error);
  }
}

export function closeInspection() {
  leave.abort();
  job = null;
  stopWaiting();
  hideReport();
  for (const name of ["inspection", "waiting", "ended", "result"]) byId(name).hidden = true;
  byId("inspection-title").textContent = "";
  byId("inspection-facts").textContent = "";
  document.title = "geotamper";
}

async function load(id, signal) {
  const found = await ask(`inspections/${id}`, { signal });
  if (signal.aborted) return;
  job = found;
  await show(signal);
}

// The connection may break, and the service may be started anew: then the state is asked for again.
async function watch(id, signal) {
  while (!isOver(job.state)) {
    try {
      await follow(`inspections/${id}/events`, (event) => update(event, signal), signal);
    } catch (error) {
      if (signal.aborted || error.status === 404) throw error;
      byId("waiting-stage").textContent = "The connection to the service is lost; trying again.";
    }
    if (signal.aborted) return;
    try {
      await load(id, signal);
    } catch (error) {
      if (signal.aborted || error.status !== 0) throw error;
    }
    if (!isOver(job.state)) await pause(RETRY_MS);
  }
}

function update(event, signal) {
  if (signal.aborted || !job || isOver(event.state)) return;
  job = { ...job, ...event, report: job.report };
  showWaiting(job);
}

async function show(signal) {
  document.title = `${job.name} – geotamper`;
  byId("inspection-title").textContent = job.name;
  byId("delete").hidden = false;
  byId("inspection").classList.toggle("narrow", job.state !== "done");
  const over = isOver(job.state);
  byId("waiting").hidden = over;
  byId("ended").hidden = !(job.state === "failed" || job.state === "cancelled");
  byId("result").hidden = job.state !== "done";
  if (!over) {
    startWaiting(job);
    return;
  }
  stopWaiting();
  if (job.state === "done") await showReport(job, signal);
  else showEnd();
}

function showEnd() {
  const failed = job.state === "failed";
  byId("ended-title").textContent = failed ? "This picture could not be inspected" : "Cancelled";
  byId("ended-reason").textContent = job.error ?? "";
  byId("ended-reason").hidden = !job.error;
  byId("ended-advice").textContent = failed
    ? "Mend what is named above or choose another file. The file on your side was not changed."
    : "The inspection was stopped before it was done; there is no result. Choose the picture again to begin anew.";
  say(failed ? `The inspection of ${job.name} failed: ${job.error}` : `The inspection of ${job.name} is cancelled`);
}

function notThere(error) {
  stopWaiting();
  byId("waiting").hidden = true;
  byId("inspection-title").textContent = error.status === 404 ? "There is no such inspection" : "The inspection cannot be shown";
  byId("delete").hidden = true;
}

byId("cancel").addEventListener("click", async () => {
  byId("cancel").disabled = true;
  try {
    await ask(`inspections/${job.id}/cancel`, { method: "POST" });
    await load(job.id, leave.signal);
    byId("inspection-title").focus();
  } catch (error) {
    showProblem(error);
  } finally {
    byId("cancel").disabled = false;
  }
});

byId("delete").addEventListener("click", async () => {
  try {
    const { name } = job;
    if (!(await confirmDelete(job))) return;
    go(null);
    say(`The inspection of ${name} is deleted`);
  } catch (error) {
    showProblem(error);
  }
});
