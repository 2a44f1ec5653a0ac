// The token of a service that wants one: asked for once, kept in this tab, sent with each request.
import { byId } from "./elements.js";

const KEY = "geotamper-token";
let asking = null;

export const storedToken = () => sessionStorage.getItem(KEY);

export function tokenHeaders() {
  const token = storedToken();
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** Shows the dialog; true when a token was entered. Requests that fail together share one dialog. */
export function askToken() {
  asking ??= ask().finally(() => { asking = null; });
  return asking;
}

function ask() {
  const dialog = byId("token-dialog");
  byId("token-problem").textContent = storedToken() ? "The service does not accept this token. Enter it again as the service printed it." : "";
  byId("token").value = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "given"), { once: true });
  });
}

byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, byId("token").value.trim());
  byId("token-dialog").close("given");
});
byId("token-cancel").addEventListener("click", () => byId("token-dialog").close("later"));
byId("token-dialog").addEventListener("cancel", () => { byId("token-dialog").returnValue = "later"; });
