// A report that is done: verdict, viewer, findings, questions, files, limits.
import { say } from "./announce.js";
import { showDownloads } from "./downloads.js";
import { byId, describe, element } from "./elements.js";
import { chooseFinding, clearFindings, onChoice, showFindings } from "./findings.js";
import { clearQuestions, showQuestions } from "./questions.js";
import { crsName, duration, probability, verdictWords, whole } from "./words.js";
import { closeViewer, openViewer, showChoice, showFrom } from "./viewer.js";

/** Shows the report of a job that is done. */
export async function showReport(job, signal) {
  const { report } = job;
  const words = verdictWords(report.verdict, report.findings.length);
  byId("verdict").className = `verdict ${words.look}`;
  byId("verdict-headline").textContent = words.headline;
  byId("verdict-words").textContent = words.sentence;
  byId("verdict-score").textContent = probability(report.verdict.score);
  byId("verdict-confidence").textContent = report.verdict.tampered === null ? "–" : probability(report.verdict.confidence);
  byId("inspection-facts").textContent = facts(report.image);
  byId("limits").replaceChildren(...report.limits.map((text) => element("li", {}, text)));
  describe(byId("run"), runFacts(report));
  say(`${job.name}: ${words.headline}, probability of tampering ${probability(report.verdict.score)}`);
  openViewer(job, { onSelect: (id) => chooseFinding(id, { reveal: true }) });
  showFindings(report);
  showQuestions(job, report);
  await showDownloads(job.id, signal);
}

export function hideReport() {
  closeViewer();
  clearFindings();
  clearQuestions();
}

function facts(image) {
  const ground = image.pixel_area_m2 ? `, ${Math.sqrt(image.pixel_area_m2).toPrecision(3)} m a pixel` : "";
  const place = image.crs ? `, ${crsName(image.crs)}` : "";
  return `${whole(image.width)} × ${whole(image.height)} pixels, ${image.bands} × ${image.dtype}${place}${ground}`;
}

function runFacts({ run, image }) {
  const chosen = Object.entries(run.parameters).filter(([, value]) => value !== null && !(Array.isArray(value) && !value.length));
  return [
    ["SHA-256", image.sha256],
    ["Program", `geotamper ${run.version}, detector ${run.detector}`],
    ["Work", `${duration(run.seconds)} on ${run.device}, ${whole(run.peak_memory_mb)} MB at most`],
    ...chosen.map(([name, value]) => [name.replaceAll("_", " "), Array.isArray(value) ? value.join("; ") : String(value)]),
    ...run.weights.map((item) => [`Weights ${item.name}`, item.licence]),
  ];
}

onChoice((finding, options) => showChoice(finding, options));
byId("threshold").addEventListener("input", () => showFrom(Number(byId("threshold").value)));
