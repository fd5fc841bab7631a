// Modals that the bot opens (Discord documentation, "Modal").

import { byId, el } from "../base/dom.js";
import { part } from "./modal_fields.js";

/**
 * Open a modal. `submit(values, files)` sends it and is rejected with Refused; `onClosed()` puts the focus back.
 */
export function openModal(modal, appName, submit, onClosed) {
  const dialog = byId("modal");
  const problem = el("p.modal-error", { role: "alert", hidden: true });
  const parts = modal.components.map(part);
  const fields = parts.filter((item) => item.id !== undefined);
  const cancel = el("button.button.secondary", { type: "button", onclick: () => dialog.close() }, "Cancel");
  const send = el("button.button.primary", { type: "submit" }, "Submit");
  const form = el(
    "form",
    { novalidate: true, "aria-labelledby": "modal-title" },
    el(
      ".modal-head",
      {},
      el(".modal-titles", {}, el("h2", { id: "modal-title" }, modal.title), el("p.modal-app", {}, `A form of ${appName}`)),
      el("button.close", { type: "button", "aria-label": "Close", onclick: () => dialog.close() }, "×"),
    ),
    el(".modal-fields", {}, parts.map((item) => item.box)),
    problem,
    el(".modal-buttons", {}, cancel, send),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    for (const item of fields) item.setError(null);
    problem.hidden = true;
    send.disabled = true;
    try {
      await submit(valuesOf(fields), await filesOf(fields));
      // Another modal may stand here by now.
      if (form.isConnected) dialog.close();
    } catch (refused) {
      const wrong = fields.find((item) => item.id === refused.field);
      if (wrong) {
        wrong.setError(refused.message);
        wrong.focus();
      } else {
        problem.textContent = refused.message;
        problem.hidden = false;
      }
    } finally {
      send.disabled = false;
    }
  });
  dialog.setAttribute("aria-labelledby", "modal-title");
  dialog.replaceChildren(form);
  dialog.addEventListener("close", () => {
    dialog.replaceChildren();
    onClosed();
  }, { once: true });
  dialog.showModal();
  fields[0]?.focus();
}

function valuesOf(fields) {
  return Object.fromEntries(fields.filter((item) => item.value).map((item) => [item.id, item.value()]));
}

async function filesOf(fields) {
  const files = {};
  for (const item of fields) if (item.files) files[item.id] = await item.files();
  return files;
}
