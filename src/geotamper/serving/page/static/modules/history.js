// The list of inspections: newest first, with states, open and delete. While one runs the list is asked for again.
import { say, showProblem } from "./announce.js";
import { byId, element } from "./elements.js";
import { routeTo } from "./route.js";
import { ask } from "./service.js";
import { confirmDelete } from "./deleting.js";
import { moment, plural, probability, stateWords, verdictWords } from "./words.js";

const PAGE = 20;
const PAUSE_MS = 4000;
let jobs = [];
let cursor = null;
let timer = 0;
let visible = false;

function probabilityOf(score) {
  const text = probability(score);
  return /^\d/.test(text) ? `P = ${text}` : `P ${text}`;
}

function stateOf(job) {
  if (job.state === "done" && job.verdict) {
    const words = verdictWords(job.verdict, 0);
    const sign = { forged: "▲", clean: "✓", open: "?" }[words.look];
    return { look: words.look, text: `${sign} ${words.headline}, ${probabilityOf(job.verdict.score)}` };
  }
  const share = job.state === "running" ? ` ${Math.round(100 * job.progress)} %` : "";
  return { look: job.state, text: `${stateWords[job.state]}${share}` };
}

function entry(job) {
  const { look, text } = stateOf(job);
  return element(
    "li", { class: "entry", "data-id": job.id },
    element("div", {}, element("a", { href: routeTo(job.id) }, job.name), element("time", { datetime: job.created }, moment(job.created))),
    element("span", { class: `state ${look}` }, text),
    element("button", { type: "button", class: "quiet danger-text", "aria-label": `Delete the inspection of ${job.name}`, onclick: () => remove(job) }, "Delete"),
  );
}

// A list that is drawn anew would take the focus away; only rows that differ are replaced.
function show() {
  const list = byId("history");
  const rows = new Map(Array.from(list.children, (row) => [row.dataset.id, row]));
  const wanted = jobs.map((job) => {
    const old = rows.get(job.id);
    const fresh = entry(job);
    if (!old) return fresh;
    if (old.querySelector(".state").textContent !== fresh.querySelector(".state").textContent) {
      old.querySelector(".state").replaceWith(fresh.querySelector(".state"));
    }
    return old;
  });
  if (wanted.length !== list.children.length || wanted.some((row, place) => row !== list.children[place])) {
    const focused = document.activeElement;
    list.replaceChildren(...wanted);
    if (list.contains(focused)) focused.focus();
  }
  byId("history-empty").hidden = jobs.length > 0;
  byId("history-more").hidden = !cursor;
  byId("history-count").textContent = jobs.length ? `${plural(jobs.length, "inspection")}${cursor ? ", and older ones" : ""}` : "";
}

async function remove(job) {
  try {
    if (!(await confirmDelete(job))) return;
    jobs = jobs.filter((one) => one.id !== job.id);
    show();
    say(`The inspection of ${job.name} is deleted`);
    byId("main").focus();
  } catch (error) {
    showProblem(error);
  }
}

/** Asks for the newest inspections, as many as are shown. */
export async function refreshHistory() {
  clearTimeout(timer);
  try {
    const page = await ask(`inspections?limit=${Math.min(100, Math.max(PAGE, jobs.length))}`);
    jobs = page.items;
    cursor = page.next;
    show();
  } catch (error) {
    showProblem(error);
  }
  clearTimeout(timer);
  if (visible && jobs.some((job) => job.state === "queued" || job.state === "running")) {
    timer = setTimeout(refreshHistory, PAUSE_MS);
  }
}

export function showHistory(on) {
  visible = on;
  clearTimeout(timer);
  if (on) refreshHistory();
}

byId("history-more").addEventListener("click", async () => {
  try {
    const page = await ask(`inspections?limit=${PAGE}&cursor=${encodeURIComponent(cursor)}`);
    jobs = [...jobs, ...page.items];
    cursor = page.next;
    show();
  } catch (error) {
    showProblem(error);
  }
});
