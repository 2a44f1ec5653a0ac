// The token of a service that wants one: asked for once, then kept by the browser in a cookie that no script reads.
import { byId } from "./elements.js";

let asking = null;

/** Shows the dialog; true when the service has accepted a token. Requests that fail together share one dialog. */
export function askToken() {
  asking ??= ask().finally(() => { asking = null; });
  return asking;
}

function ask() {
  const dialog = byId("token-dialog");
  byId("token-problem").textContent = "";
  byId("token").value = "";
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "accepted"), { once: true });
  });
}

// The service answers its own address with a redirection, and the cookie, where the token is right.
async function isAccepted(token) {
  const answer = await fetch(`?token=${encodeURIComponent(token)}`, { redirect: "manual" });
  return answer.type === "opaqueredirect";
}

byId("token-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const accepted = await isAccepted(byId("token").value.trim()).catch(() => null);
  if (accepted) {
    byId("token-dialog").close("accepted");
    return;
  }
  byId("token-problem").textContent = accepted === null
    ? "The service does not answer. Check that it still runs."
    : "The service does not accept this token. Enter it as the service printed it.";
  byId("token").select();
});
byId("token-cancel").addEventListener("click", () => byId("token-dialog").close(""));
