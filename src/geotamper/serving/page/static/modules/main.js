// Starts the page: which view is shown follows the address.
import { byId } from "./elements.js";
import { refreshHistory, showHistory } from "./history.js";
import { closeInspection, openInspection } from "./inspection.js";
import { startIntake } from "./intake.js";
import { onRoute, openId } from "./route.js";
import { ask } from "./service.js";
import { offerDetectors } from "./settings.js";

let shown;

function show() {
  const id = openId();
  if (id === shown) return;
  const before = shown;
  shown = id;
  byId("start").hidden = id !== null;
  showHistory(id === null);
  if (id === null) {
    closeInspection();
    if (before) byId("start-title").focus({ preventScroll: true });
  } else {
    scrollTo(0, 0);
    openInspection(id);
  }
}

// A fragment of the page itself would leave the open inspection.
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});

startIntake(refreshHistory);
onRoute(show);
ask("models").then(({ detectors }) => offerDetectors(detectors.map((item) => item.name)), () => {});
