// Pictures come in: chosen, dropped anywhere on the page, sent one after the other with progress.
import { clearProblem, say, showProblem } from "./announce.js";
import { byId, element } from "./elements.js";
import { go, openId } from "./route.js";
import { upload } from "./service.js";
import { addSettings, settingsProblem } from "./settings.js";
import { bytes } from "./words.js";

let depth = 0;

/** Sends the files; a single one is opened when the service has it, several stay in the list. */
async function take(files, onTaken) {
  if (!files.length) return;
  clearProblem();
  const problem = settingsProblem();
  if (problem) {
    showProblem(problem);
    return;
  }
  go(null);
  const rows = files.map((file) => new UploadRow(file));
  byId("uploads").hidden = false;
  byId("upload-list").append(...rows.map((row) => row.item));
  for (const row of rows) {
    const job = await row.send();
    onTaken();
    if (job && rows.length === 1 && openId() === null) go(job.id); // unless another one was opened meanwhile
  }
  byId("uploads").hidden = byId("upload-list").children.length === 0;
}

/** One file on its way: name, bar, stop button; it leaves when it has arrived, and stays with the reason if not. */
class UploadRow {
  constructor(file) {
    this.file = file;
    this.stop = new AbortController();
    this.bar = element("progress", { max: 1, value: 0, "aria-label": `Sending ${file.name}` });
    this.words = element("p", { class: "words hint" }, `waiting, ${bytes(file.size)}`);
    this.button = element("button", { type: "button", "aria-label": `Stop sending ${file.name}`, onclick: () => this.leave() }, "Stop");
    this.item = element("li", { class: "upload" }, element("span", { class: "name" }, file.name), this.button, this.bar, this.words);
  }

  leave() {
    this.stop.abort();
    this.item.remove();
    byId("uploads").hidden = byId("upload-list").children.length === 0;
  }

  async send() {
    if (this.stop.signal.aborted) return null;
    const data = new FormData();
    addSettings(data);
    data.append("file", this.file);
    say(`Sending ${this.file.name}`);
    try {
      const job = await upload(data, { signal: this.stop.signal, onProgress: (share) => this.show(share) });
      say(`${this.file.name} has arrived`);
      this.item.remove();
      return job;
    } catch (error) {
      if (error.name !== "AbortError") this.fail(error);
      return null;
    }
  }

  show(share) {
    this.bar.value = share;
    this.words.textContent = share < 1 ? `${bytes(share * this.file.size)} of ${bytes(this.file.size)}` : "sent; the service looks at it";
  }

  fail(error) {
    this.item.classList.add("bad");
    this.bar.remove();
    this.words.textContent = error.message;
    this.button.textContent = "Dismiss";
    this.button.setAttribute("aria-label", `Dismiss the message about ${this.file.name}`);
    say(`${this.file.name} was not taken: ${error.message}`);
  }
}

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");

function showDragging(on) {
  document.body.classList.toggle("dragging", on);
  byId("drop-sign").hidden = !on;
}

/** Wires the form and the page; `onTaken` is called after each file. */
export function startIntake(onTaken) {
  const choose = () => byId("file").click();
  byId("choose").addEventListener("click", choose);
  byId("again").addEventListener("click", choose);
  byId("intake").addEventListener("submit", (event) => event.preventDefault());
  byId("file").addEventListener("change", () => {
    const files = Array.from(byId("file").files);
    byId("file").value = ""; // the same file can be chosen again
    take(files, onTaken).catch(showProblem);
  });
  addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    depth += 1;
    showDragging(true);
  });
  addEventListener("dragleave", (event) => {
    if (!carriesFiles(event)) return;
    depth = Math.max(0, depth - 1);
    if (!depth) showDragging(false);
  });
  addEventListener("dragover", (event) => { if (carriesFiles(event)) event.preventDefault(); });
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    showDragging(false);
    take(Array.from(event.dataTransfer.files), onTaken).catch(showProblem);
  });
}
