// A command that is being filled in: a field for each of its options that has a value.

import { el } from "../base/dom.js";
import { encoded, problemOf } from "../base/files.js";
import { localized, locale } from "../base/store.js";
import { Combobox } from "./combobox.js";
import { ATTACHMENT, INTEGER, NUMBER, fitting, range, values } from "./command_options.js";

const ASK_AFTER_MS = 120;
const NAME_AT_THE_END = /(?:^|\s)([^\s:"]{1,32}):$/;
const NAMES = /(?:^|\s)([^\s:"]{1,32}):(?=\s|$)/g;
const INPUT_MODES = { [INTEGER]: "numeric", [NUMBER]: "decimal" };

export class CommandFields {
  /**
   * `page` has `act(action)`, `channelId()`, `send()`, `hint(text)`, `cancel(text)` (back to the name), and
   * `leave()` (back to text).
   */
  constructor(container, command, page) {
    this.container = container;
    this.command = command;
    this.page = page;
    this.fields = new Map();
    this.name = el("span.command-name", {}, command.label);
    this.adder = el("input.adder", { type: "text", "aria-label": "Option", placeholder: "", enterkeyhint: "send" });
    this.adding = new Combobox(this.adder, {
      suggest: (text) => this.suggestOptions(text),
      pick: (item) => {
        // What was typed only searched for the option.
        this.adder.value = "";
        this.add(item.option).input.focus();
      },
    });
    this.adder.addEventListener("keydown", (event) => this.keyInAdder(event));
    this.adder.addEventListener("input", () => this.takeTyped(this.adder.value));
    this.adder.addEventListener("focus", () => this.page.hint([el("strong", {}, command.label), " ", command.description]));
    container.replaceChildren(this.name, this.adder);
    container.lang = locale();
    for (const option of command.options.filter((item) => item.required)) this.add(option);
    this.showAdder();
  }

  get left() {
    return this.command.options.filter((option) => !this.fields.has(option.name));
  }

  focus() {
    const first = [...this.fields.values()].find((field) => !field.input.value);
    if (first) first.input.focus();
    else if (this.left.length) this.adder.focus();
    else (this.fields.size ? [...this.fields.values()].at(-1).input : this.adder).focus();
  }

  showAdder() {
    // Without options left, the adder still takes Enter in a command that has none.
    this.adder.hidden = !this.left.length && this.fields.size > 0;
    const count = this.left.length;
    this.adder.placeholder = count ? `+ ${count} ${count === 1 ? "option" : "options"}` : "";
  }

  suggestOptions(text) {
    const items = this.left.map((option) => ({ option, label: localized(option, "name"), description: localized(option, "description") }));
    // Enter in an empty adder sends the command; after a text it takes the option that was searched for.
    return { title: items.length ? "Options" : "", items: fitting(items, text.replace(/:$/, "")), first: Boolean(text) };
  }

  add(option) {
    const id = `option-${option.name}`;
    const offered = values(option);
    const isFile = option.type === ATTACHMENT;
    const input = el("input", {
      id,
      type: isFile ? "file" : "text",
      required: Boolean(option.required),
      "aria-describedby": `${id}-error`,
      inputmode: INPUT_MODES[option.type],
      autocapitalize: "off",
      enterkeyhint: "send",
      dataset: { option: option.name },
    });
    const field = { option, input, picked: null, box: null, error: el("span.field-error", { id: `${id}-error` }), combobox: null };
    const remove = option.required
      ? null
      : el("button.remove", { type: "button", tabindex: "-1", "aria-label": `Remove ${localized(option, "name")}`, title: "Remove", onclick: () => this.remove(option.name) }, "×");
    field.box = el("span.field", {}, el("label", { for: id }, localized(option, "name")), input, remove, field.error);
    if (offered) {
      field.combobox = new Combobox(input, {
        first: true,
        suggest: (text) => ({ title: localized(option, "name"), items: field.picked ? offered : fitting(offered, text) }),
        pick: (item) => this.pick(field, item),
      });
    } else if (option.autocomplete) {
      field.combobox = new Combobox(input, { suggest: () => this.complete(field), pick: (item) => this.pick(field, item) });
    }
    input.addEventListener("focus", () => this.describe(field));
    input.addEventListener("input", () => this.changed(field));
    input.addEventListener("change", () => this.check(field));
    input.addEventListener("keydown", (event) => this.keyInField(event, field));
    this.fields.set(option.name, field);
    this.container.insertBefore(field.box, this.adder);
    fit(input);
    this.showAdder();
    return field;
  }

  remove(name) {
    const names = [...this.fields.keys()];
    const before = this.fields.get(names[names.indexOf(name) - 1]);
    this.fields.get(name).combobox?.close();
    this.fields.get(name).box.remove();
    this.fields.delete(name);
    this.showAdder();
    (before?.input ?? this.adder).focus();
  }

  pick(field, item) {
    field.input.value = item.label;
    field.picked = item;
    fit(field.input);
    this.setError(field, null);
    if (this.left.length) this.adder.focus();
    else field.input.focus();
    if (!this.left.length) field.combobox.close();
  }

  describe(field) {
    const { option } = field;
    const kind = `${range(option)}${option.required ? "" : ", optional"}`;
    this.page.hint([el("strong", {}, localized(option, "name")), ` ${localized(option, "description")} `, el("span.range", {}, kind)]);
  }

  changed(field) {
    if (field.picked && field.input.value !== field.picked.label) field.picked = null;
    this.setError(field, null);
    if (field.input.type === "file") return;
    if (/^\s/.test(field.input.value)) field.input.value = field.input.value.trimStart();
    fit(field.input);
    this.takeNextOption(field);
  }

  /** The option of that name whose value may be typed now: one that is left, or whose field is empty. */
  openOption(name, own = null) {
    const open = this.command.options.filter((option) => option === own || !this.fields.get(option.name)?.input.value);
    return open.find((option) => option.name === name) ?? open.find((option) => localized(option, "name") === name);
  }

  /** `… temperature:` at the end of a value begins that option, as in Discord; `seed:` at the start is its own name. */
  takeNextOption(field) {
    const match = NAME_AT_THE_END.exec(field.input.value);
    const option = match && this.openOption(match[1], match.index === 0 ? field.option : null);
    if (!option) return;
    field.input.value = field.input.value.slice(0, match.index).trim();
    fit(field.input);
    if (option === field.option) return;
    this.check(field);
    (this.fields.get(option.name) ?? this.add(option)).input.focus();
  }

  /** `name:` in the adder begins that option; a whole line that was pasted fills in all of them. */
  takeTyped(text) {
    const found = [...text.matchAll(NAMES)].filter((match) => this.openOption(match[1]));
    if (!found.length) return;
    this.adder.value = text.slice(0, found[0].index).trim();
    found.forEach((match, at) => {
      const option = this.openOption(match[1]);
      if (!option) return;
      const value = text.slice(match.index + match[0].length, found[at + 1]?.index ?? text.length).trim();
      const field = this.fields.get(option.name) ?? this.add(option);
      if (field.input.type !== "file") field.input.value = value;
      fit(field.input);
      field.input.focus();
    });
  }

  async complete(field) {
    await new Promise((resolve) => setTimeout(resolve, ASK_AFTER_MS));
    if (document.activeElement !== field.input) return null;
    const given = this.given();
    given[field.option.name] = field.picked ? String(field.picked.value) : field.input.value;
    for (const [name, value] of Object.entries(given)) if (!value && name !== field.option.name) delete given[name];
    const action = { do: "complete", channel_id: this.page.channelId(), words: this.command.words, values: given, focused: field.option.name };
    const { choices } = await this.page.act(action);
    const items = choices.map((choice) => ({ label: localized(choice, "name"), value: String(choice.value) }));
    return { title: localized(field.option, "name"), items, note: items.length ? "" : "No options match your search" };
  }

  /** The values as they are sent, without those of files. */
  given() {
    const given = {};
    for (const [name, { option, input, picked }] of this.fields) {
      if (option.type === ATTACHMENT) continue;
      const chosen = picked ?? values(option)?.find((item) => item.label.toLowerCase() === input.value.trim().toLowerCase());
      const text = input.value.trim();
      if (text) given[name] = chosen ? String(chosen.value) : text;
    }
    return given;
  }

  async files() {
    const files = {};
    for (const [name, { option, input }] of this.fields) {
      const file = option.type === ATTACHMENT ? input.files[0] : null;
      if (!file) continue;
      const problem = problemOf(file);
      if (problem) {
        this.showError(name, problem);
        return null;
      }
      files[name] = await encoded(file);
    }
    return files;
  }

  async check(field) {
    const value = this.given()[field.option.name];
    if (value === undefined) return;
    const action = { do: "check", channel_id: this.page.channelId(), words: this.command.words, values: { [field.option.name]: value } };
    const checked = field.input.value;
    try {
      const { mistakes } = await this.page.act(action);
      if (field.input.value === checked) this.setError(field, mistakes[field.option.name] ?? null);
    } catch {
      // What is wrong with the whole command is said when it is sent.
    }
  }

  setError(field, sentence) {
    field.error.textContent = sentence ?? "";
    if (sentence) field.input.setAttribute("aria-invalid", "true");
    else field.input.removeAttribute("aria-invalid");
    field.box.classList.toggle("wrong", Boolean(sentence));
  }

  /** Show a sentence by the field of an option, and put the focus there. */
  showError(name, sentence) {
    const option = this.command.options.find((item) => item.name === name);
    if (!option) return false;
    const field = this.fields.get(name) ?? this.add(option);
    field.input.focus();
    field.combobox?.close();
    this.setError(field, sentence);
    return true;
  }

  keyInAdder(event) {
    if (this.adding.takes(event)) return;
    if (event.key === "Enter") {
      event.preventDefault();
      this.page.send();
    } else if (event.key === "Backspace" && !this.adder.value) {
      event.preventDefault();
      if (this.fields.size) [...this.fields.values()].at(-1).input.focus();
      else this.page.cancel(this.command.label);
    } else if (event.key === "Escape") {
      this.page.leave();
    }
  }

  keyInField(event, field) {
    if (field.combobox?.takes(event)) return;
    if (event.key === "Enter" && !event.isComposing && field.input.type !== "file") {
      event.preventDefault();
      this.page.send();
    } else if (event.key === "Backspace" && !field.input.value && field.input.type !== "file") {
      event.preventDefault();
      if (!field.option.required) this.remove(field.option.name);
      else this.page.cancel(this.command.label);
    } else if (event.key === "Escape") {
      this.page.leave();
    }
  }
}

/** Make an input as wide as its text. */
function fit(input) {
  if (input.type !== "file") input.size = Math.max(3, Math.min([...input.value].length + 1, 60));
}
