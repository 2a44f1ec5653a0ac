"use strict";

const views = ["outlined", "image", "original"];
const byId = (name) => document.getElementById(name);
let pictures = [];
let place = 0;
let view = 0;

function show() {
  const picture = pictures[place];
  if (!picture) {
    byId("place").textContent = "the set has no pictures";
    return;
  }
  if (views[view] === "original" && !picture.original) view = 0;
  byId("picture").src = `${views[view]}/${picture.id}`;
  byId("picture").alt = `picture ${picture.id}: ${picture.text}`;
  byId("text").textContent = `${picture.id}: ${picture.text} (${views[view]})`;
  byId("frame").className = picture.decision || "";
  byId("place").textContent = `${place + 1} of ${pictures.length}: ${picture.decision || "undecided"}`;
  const count = (decision) => pictures.filter((one) => one.decision === decision).length;
  byId("counts").textContent = `${count("accepted")} accepted, ${count("rejected")} rejected`;
}

function go(step) {
  place = Math.min(Math.max(place + step, 0), pictures.length - 1);
  view = 0;
  show();
}

function nextOpen() {
  const later = pictures.findIndex((one, index) => index > place && !one.decision);
  const first = later >= 0 ? later : pictures.findIndex((one) => !one.decision);
  if (first >= 0) go(first - place);
}

async function decide(decision) {
  const picture = pictures[place];
  if (!picture) return;
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
  }
}

const actions = {
  accept: () => decide("accepted"),
  reject: () => decide("rejected"),
  clear: () => decide(null),
  back: () => go(-1),
  next: () => go(1),
  open: nextOpen,
  view: () => { view = (view + 1) % views.length; show(); },
};
const keys = {
  a: "accept", r: "reject", u: "clear", n: "open", o: "view", ArrowLeft: "back", ArrowRight: "next",
};

for (const [name, action] of Object.entries(actions)) byId(name).addEventListener("click", action);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const name = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!name) return;
  event.preventDefault();
  actions[name]();
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
