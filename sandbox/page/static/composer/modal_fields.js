// The fields of a modal: each with its label, its control, and the sentence that says what is wrong with it.

import { Refused } from "../base/connection.js";
import { CHECKBOX, CHECKBOX_GROUP, FILE_UPLOAD, LABEL, RADIO_GROUP, ROW, SELECTS, TEXT, TEXT_INPUT } from "../base/component_types.js";
import { el } from "../base/dom.js";
import { encoded, problemOf } from "../base/files.js";
import { optionsOf, unknown } from "../messages/components.js";
import { markdown } from "../messages/markdown.js";

const SHORT = 1;
const LONGEST = 4000;

/**
 * The part of a modal that a component makes: `box`, and for a field also `id`, `setError(sentence)`, `focus()`,
 * and `value()` or the promise `files()`.
 */
export function part(component, at) {
  if (component.type === TEXT) return { box: el(".text-display", {}, markdown(component.content)) };
  if (component.type === LABEL) return field(component.component, component.label, component.description, `field-${at}`);
  if (component.type === ROW) return field(component.components[0], component.components[0].label, null, `field-${at}`);
  return { box: unknown(component) };
}

function field(component, label, description, id) {
  const control = draw(component, id);
  const required = component.type !== CHECKBOX && (component.required ?? true);
  const error = el("p.field-error", { id: `${id}-error` });
  const help = [description, control.help].filter(Boolean).join(" ");
  const described = [help && `${id}-help`, `${id}-error`].filter(Boolean).join(" ");
  for (const input of control.inputs) input.setAttribute("aria-describedby", described);
  if (required && !control.group) control.inputs[0]?.setAttribute("aria-required", "true");
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
    box: el(".modal-field", {}, heading, help ? el("p.field-help", { id: `${id}-help` }, help) : null, control.element, error),
    value: control.value,
    files: control.files && (() => control.files(component.custom_id)),
    setError,
    focus: () => control.inputs[0]?.focus(),
  };
}

function draw(component, id) {
  switch (component.type) {
    case TEXT_INPUT:
      return textInput(component, id);
    case FILE_UPLOAD:
      return fileUpload(component, id);
    case CHECKBOX:
      return checkbox(component, id);
    case RADIO_GROUP:
      return boxes("radio", optionsOf(component), id);
    case CHECKBOX_GROUP:
      return boxes("checkbox", optionsOf(component), id);
    default:
      if (SELECTS.includes(component.type)) return select(component, id);
      return { element: unknown(component), inputs: [], value: () => "" };
  }
}

function textInput(component, id) {
  const attributes = { id, placeholder: component.placeholder, autocomplete: "off", spellcheck: "false" };
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
  return { element: el(".with-count", {}, input, count), inputs: [input], value: () => input.value };
}

function fileUpload(component, id) {
  const most = component.max_values ?? 1;
  const least = component.min_values ?? 1;
  const input = el("input", { id, type: "file", multiple: most > 1 });
  const names = el("ul.file-names");
  input.addEventListener("input", () => names.replaceChildren(...[...input.files].map((file) => el("li", {}, file.name))));
  const files = async (field) => {
    const chosen = [...input.files];
    const problem = chosen.map(problemOf).find(Boolean);
    if (problem) throw new Refused(problem, field);
    return Promise.all(chosen.map(encoded));
  };
  const number = least === most || most === 1 ? `${most}` : `${least} to ${most}`;
  const help = `${number} ${most === 1 ? "file" : "files"}, at most 10 MiB each.`;
  return { element: el("div", {}, input, most > 1 ? names : null), inputs: [input], help, files };
}

function checkbox(component, id) {
  const input = el("input", { id, type: "checkbox" });
  input.checked = Boolean(component.default);
  return { element: input, inputs: [input], value: () => String(input.checked) };
}

function select(component, id) {
  const options = optionsOf(component);
  if ((component.max_values ?? 1) > 1) return boxes("checkbox", options, id);
  const input = el("select", { id });
  const anySelected = options.some((option) => option.selected);
  const optional = component.required === false || component.min_values === 0;
  if (!anySelected || optional) input.append(el("option", { value: "" }, component.placeholder ?? "Make a selection"));
  for (const option of options) {
    const text = option.description ? `${option.label} (${option.description})` : option.label;
    input.append(el("option", { value: option.value, selected: Boolean(option.selected) }, text));
  }
  return { element: input, inputs: [input], value: () => (input.value ? [input.value] : []) };
}

/** A group of boxes: `checkbox` lets a person check several, `radio` one. */
function boxes(type, options, id) {
  const rows = options.map((option, at) => {
    const input = el("input", { type, name: id, id: `${id}-${at}`, value: option.value });
    input.checked = Boolean(option.selected);
    const texts = el("span", {}, option.label, option.description ? el("small", {}, option.description) : null);
    return { input, row: el("label.choice", { for: `${id}-${at}` }, input, texts) };
  });
  const inputs = rows.map((row) => row.input);
  const role = type === "radio" ? "radiogroup" : "group";
  const element = el(".choices", { role, "aria-labelledby": `${id}-label` }, rows.map((row) => row.row));
  return { element, inputs, group: true, value: () => inputs.filter((input) => input.checked).map((input) => input.value) };
}
