// Deleting asks first, in a dialog that Esc closes.
import { byId } from "./elements.js";
import { ask } from "./service.js";

/** Deletes an inspection after a question; false when it is kept. */
export async function confirmDelete(job) {
  const dialog = byId("delete-dialog");
  byId("delete-name").textContent = job.name;
  dialog.returnValue = "keep";
  dialog.showModal();
  await new Promise((resolve) => { dialog.addEventListener("close", resolve, { once: true }); });
  if (dialog.returnValue !== "delete") return false;
  await ask(`inspections/${job.id}`, { method: "DELETE" });
  return true;
}
