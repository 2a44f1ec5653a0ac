// The REST interface: requests, problem details in plain words, uploads with progress, server-sent events.
import { askToken } from "./token.js";

const ROOT = new URL("api/v1/", document.baseURI);

/** What the service refused, in words for people. */
export class ServiceError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

const SILENT = "The service does not answer. Check that 'geotamper serve' still runs and try again.";

// The service's own words name the remedy; the rest comes from proxies in between.
function problemOf(status, text) {
  let stated = "";
  try {
    const problem = JSON.parse(text);
    if (typeof problem.detail === "string") stated = problem.detail;
    else if (typeof problem.title === "string") stated = problem.title;
  } catch {
    stated = "";
  }
  stated ||= `The service answered with ${status}; try again in a moment`;
  return new ServiceError(sentence(stated), status);
}

const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;

export const address = (path) => new URL(path, ROOT).href;

async function send(path, options = {}) {
  for (;;) {
    let answer;
    try {
      answer = await fetch(address(path), options);
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ServiceError(SILENT, 0);
    }
    if (answer.status === 401 && (await askToken())) continue;
    return answer;
  }
}

async function checked(path, options) {
  const answer = await send(path, options);
  if (!answer.ok) throw problemOf(answer.status, await answer.text());
  return answer;
}

/** JSON of a GET, or of a POST when there is a body. */
export async function ask(path, { body, signal, method } = {}) {
  const options = { signal, method: method ?? (body === undefined ? "GET" : "POST") };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = { "Content-Type": "application/json" };
  }
  const answer = await checked(path, options);
  return answer.status === 204 ? null : answer.json();
}

/** Sends a picture; `onProgress` gets the sent share, `signal` stops it. A key lets a second try find the first. */
export async function upload(form, { onProgress, signal }) {
  const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  for (;;) {
    const { status, text } = await transfer(form, key, onProgress, signal);
    if (status === 401 && (await askToken())) continue;
    if (status < 200 || status > 299) throw problemOf(status, text);
    return JSON.parse(text);
  }
}

// XMLHttpRequest, because fetch does not tell how much has been sent.
function transfer(form, key, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address("inspections"));
    request.setRequestHeader("Idempotency-Key", key);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => resolve({ status: request.status, text: request.responseText }));
    request.addEventListener("error", () => reject(new ServiceError(`The picture was not taken. ${SILENT}`, 0)));
    request.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/** Calls `onEvent(data)` for each server-sent event until the stream ends, which EventSource takes for a fault. */
export async function follow(path, onEvent, signal) {
  const answer = await checked(path, { signal, headers: { Accept: "text/event-stream" } });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest = (rest + value).replaceAll("\r\n", "\n");
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim());
      if (data.length) onEvent(JSON.parse(data.join("\n")));
    }
  }
}
