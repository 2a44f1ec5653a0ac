"use strict";

const views = ["outlined", "image", "original"];
const viewNames = { outlined: "with outlines", image: "as forged", original: "before the forgery" };
const signs = { accepted: "✓ accepted", rejected: "✗ rejected" };
const byId = (name) => document.getElementById(name);
let pictures = [];
let place = 0;
let view = "outlined";
let saving = false;

function show() {
  const picture = pictures[place];
  const count = (decision) => pictures.filter((one) => one.decision === decision).length;
  const decided = count("accepted") + count("rejected");
  byId("counts").textContent = `${count("accepted")} accepted, ${count("rejected")} rejected`;
  byId("progress").max = Math.max(pictures.length, 1);
  byId("progress").value = decided;
  if (!picture) {
    byId("place").textContent = "the set has no pictures";
    return;
  }
  if (view === "original" && !picture.original) view = "outlined";
  for (const name of views) byId(name).setAttribute("aria-pressed", String(name === view));
  byId("original").disabled = !picture.original;
  byId("picture").src = `${view}/${picture.id}`;
  byId("picture").alt = `picture ${picture.id}, ${viewNames[view]}: ${picture.text}`;
  byId("legend").hidden = view !== "outlined" || !picture.tampered;
  byId("state").textContent = signs[picture.decision] || "";
  byId("text").textContent = `${picture.id}: ${picture.text}`;
  byId("frame").className = picture.decision || "";
  byId("clear").disabled = !picture.decision;
  byId("back").disabled = place === 0;
  byId("next").disabled = place === pictures.length - 1;
  byId("open").disabled = decided === pictures.length;
  const all = decided === pictures.length ? "; all are decided" : "";
  byId("place").textContent = `${place + 1} of ${pictures.length}: ${picture.decision || "undecided"}${all}`;
  // The next picture is asked for now, so that it is there when it is wanted.
  if (place + 1 < pictures.length) new Image().src = `outlined/${pictures[place + 1].id}`;
}

function go(step) {
  place = Math.min(Math.max(place + step, 0), Math.max(pictures.length - 1, 0));
  view = "outlined";
  byId("problem").textContent = "";
  show();
}

function nextOpen() {
  const later = pictures.findIndex((one, index) => index > place && !one.decision);
  const first = later >= 0 ? later : pictures.findIndex((one) => !one.decision);
  if (first >= 0) go(first - place);
}

function look(name) {
  view = name;
  show();
}

async function decide(decision) {
  const picture = pictures[place];
  // A second key before the answer would judge a picture that nobody has seen yet.
  if (!picture || saving) return;
  saving = true;
  try {
    const answer = await fetch("decision", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ picture: picture.id, decision }),
    });
    if (!answer.ok) throw new Error(await answer.text());
    picture.decision = decision;
    byId("problem").textContent = "";
    if (decision && pictures[place] === picture && place < pictures.length - 1) go(1);
    else show();
  } catch (error) {
    byId("problem").textContent = `not stored: ${error.message}; is 'geotamper review' still running?`;
  } finally {
    saving = false;
  }
}

const actions = {
  accept: () => decide("accepted"),
  reject: () => decide("rejected"),
  clear: () => decide(null),
  back: () => go(-1),
  next: () => go(1),
  open: nextOpen,
  outlined: () => look("outlined"),
  image: () => look("image"),
  original: () => look("original"),
};
const keys = {
  a: actions.accept, r: actions.reject, u: actions.clear, n: nextOpen,
  o: () => look(views[(views.indexOf(view) + 1) % views.length]),
  ArrowLeft: actions.back, ArrowRight: actions.next,
};

for (const [name, action] of Object.entries(actions)) byId(name).addEventListener("click", action);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  if (event.repeat && !event.key.startsWith("Arrow")) return; // a key held down is no judgement
  action();
});
byId("picture").addEventListener("error", () => {
  byId("problem").textContent = `picture ${pictures[place].id} cannot be read`;
});

fetch("pictures")
  .then((answer) => answer.json())
  .then((found) => {
    pictures = found;
    const open = pictures.findIndex((one) => !one.decision);
    place = Math.max(open, 0);
    show();
  })
  .catch((error) => { byId("problem").textContent = `the set cannot be shown: ${error.message}`; });
