// Modals that the bot opens (Discord documentation, "Modal" and "Component Reference").

import { byId, el } from "../base/dom.js";
import { optionsOf } from "../messages/components.js";
import { markdown } from "../messages/markdown.js";

const ROW = 1;
const TEXT_INPUT = 4;
const SELECTS = [3, 5, 6, 7, 8];
const TEXT = 10;
const LABEL = 18;
const SHORT = 1;
const LONGEST = 4000;

/**
 * Open a modal. `submit(values)` sends it and is rejected with Refused; `onClosed()` puts the focus back.
 */
export function openModal(modal, appName, submit, onClosed) {
  const dialog = byId("modal");
  const problem = el("p.modal-error", { role: "alert", hidden: true });
  const fields = modal.components.map(field);
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
    el(".modal-fields", {}, fields.map((item) => item.box)),
    problem,
    el(".modal-buttons", {}, cancel, send),
  );
  const inputs = fields.filter((item) => item.read);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    for (const item of inputs) item.setError(null);
    problem.hidden = true;
    send.disabled = true;
    try {
      await submit(Object.fromEntries(inputs.map((item) => [item.id, item.read()])));
      dialog.close();
    } catch (refused) {
      const wrong = inputs.find((item) => item.id === refused.field);
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
  inputs[0]?.focus();
}

function field(component) {
  if (component.type === TEXT) return { box: el(".text-display", {}, markdown(component.content)) };
  if (component.type === LABEL) return named(component.component, component.label, component.description);
  if (component.type === ROW) return named(component.components[0], component.components[0].label, null);
  return { box: el("p.outside", {}, `The page cannot show components of type ${component.type}.`) };
}

function named(component, label, description) {
  const id = `field-${component.custom_id}`;
  const required = component.required ?? true;
  const error = el("p.field-error", { id: `${id}-error` });
  const help = description ? el("p.field-help", { id: `${id}-help` }, description) : null;
  const common = {
    id,
    name: component.custom_id,
    "aria-required": required ? "true" : null,
    "aria-describedby": [help && `${id}-help`, `${id}-error`].filter(Boolean).join(" "),
  };
  const control = draw(component, common, label);
  const mark = required ? el("span.required", { "aria-hidden": "true" }, " *") : null;
  const heading = control.group ? el("span.field-label", { id: `${id}-label` }, label, mark) : el("label.field-label", { for: id }, label, mark);
  const setError = (sentence) => {
    error.textContent = sentence ?? "";
    for (const input of control.inputs) {
      if (sentence) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  };
  for (const input of control.inputs) input.addEventListener("input", () => setError(null));
  return {
    id: component.custom_id,
    box: el(".modal-field", {}, heading, help, control.element, error),
    read: control.read,
    setError,
    focus: () => control.inputs[0]?.focus(),
  };
}

function draw(component, common, label) {
  if (component.type === TEXT_INPUT) return textInput(component, common);
  if (SELECTS.includes(component.type)) return select(component, common, label);
  return { element: el("p.outside", {}, `The page cannot show components of type ${component.type}.`), inputs: [], read: () => "" };
}

function textInput(component, common) {
  const attributes = { ...common, placeholder: component.placeholder, autocomplete: "off", spellcheck: "false" };
  const input = component.style === SHORT ? el("input", { ...attributes, type: "text" }) : el("textarea", { ...attributes, rows: 4 });
  input.value = component.value ?? "";
  const most = component.max_length ?? LONGEST;
  const count = el("span.count", { "aria-hidden": "true" });
  const show = () => {
    const left = most - [...input.value].length;
    count.textContent = left < 100 || most <= 100 ? String(left) : "";
    count.classList.toggle("over", left < 0);
  };
  input.addEventListener("input", show);
  show();
  return { element: el(".with-count", {}, input, count), inputs: [input], read: () => input.value };
}

function select(component, common, label) {
  const options = optionsOf(component);
  if ((component.max_values ?? 1) === 1) return one(component, common, options);
  const boxes = options.map((option, at) => {
    const input = el("input", { type: "checkbox", id: `${common.id}-${at}`, value: option.value, "aria-describedby": common["aria-describedby"] });
    input.checked = Boolean(option.selected);
    return { input, row: el("label.choice", { for: `${common.id}-${at}` }, input, el("span", {}, option.label), option.description ? el("small", {}, option.description) : null) };
  });
  const group = el(".choices", { role: "group", "aria-labelledby": `${common.id}-label` }, boxes.map((box) => box.row));
  const inputs = boxes.map((box) => box.input);
  return { element: group, inputs, group: true, label, read: () => inputs.filter((input) => input.checked).map((input) => input.value) };
}

function one(component, common, options) {
  const input = el("select", common);
  const anySelected = options.some((option) => option.selected);
  const optional = component.required === false || (component.min_values ?? 1) === 0;
  if (!anySelected || optional) input.append(el("option", { value: "" }, component.placeholder ?? "Make a selection"));
  for (const option of options) {
    const text = option.description ? `${option.label} (${option.description})` : option.label;
    input.append(el("option", { value: option.value, selected: Boolean(option.selected) }, text));
  }
  return { element: input, inputs: [input], read: () => (input.value ? [input.value] : []) };
}

