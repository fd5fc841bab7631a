// An ARIA combobox (WAI-ARIA Authoring Practices, "Combobox"): an input whose list of suggestions stands above
// the composer. All inputs of the composer share the list; the input with the focus has it.

import { byId, el } from "../base/dom.js";

const box = byId("suggestions");
const title = byId("suggestions-title");
const list = byId("suggestion-list");
let owner = null;

export class Combobox {
  /**
   * `suggest(text)` gives `{title, items, note, first}` or a promise of it; an item is `{label, description, group}`.
   * `pick(item)` is called with the chosen one. `first` says whether the first item is active at once.
   */
  constructor(input, { suggest, pick, first = false }) {
    this.input = input;
    this.suggest = suggest;
    this.pick = pick;
    this.first = first;
    this.items = [];
    this.active = -1;
    this.asked = 0;
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", "suggestion-list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("autocomplete", "off");
    input.addEventListener("input", () => this.refresh());
    input.addEventListener("focus", () => this.refresh());
    input.addEventListener("blur", () => this.close());
  }

  get isOpen() {
    return owner === this && !box.hidden;
  }

  async refresh() {
    this.asked += 1;
    const asked = this.asked;
    let found = this.suggest(this.input.value);
    if (found instanceof Promise) {
      found = await found.catch((refused) => ({ items: [], note: refused.message }));
      if (asked !== this.asked || document.activeElement !== this.input) return;
    }
    if (found) this.open(found);
    else this.close();
  }

  open({ title: heading = "", items, note = "", first = this.first }) {
    if (!items.length && !note) {
      this.close();
      return;
    }
    owner = this;
    this.items = items;
    this.active = first && items.length ? 0 : -1;
    title.textContent = heading;
    title.hidden = !heading;
    list.replaceChildren(...items.map((item, at) => this.option(item, at)));
    if (note) list.append(el("li.note", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, note));
    box.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark();
  }

  option(item, at) {
    return el(
      "li.suggestion",
      {
        role: "option",
        id: `suggestion-${at}`,
        "aria-selected": "false",
        // The input keeps the focus.
        onpointerdown: (event) => event.preventDefault(),
        onclick: () => this.choose(at),
      },
      el("span.suggestion-label", {}, item.label),
      item.description ? el("span.suggestion-description", {}, item.description) : null,
    );
  }

  mark() {
    [...list.children].forEach((element, at) => element.setAttribute("aria-selected", String(at === this.active)));
    if (this.active < 0) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    this.input.setAttribute("aria-activedescendant", `suggestion-${this.active}`);
    list.children[this.active].scrollIntoView({ block: "nearest" });
  }

  move(step) {
    const count = this.items.length;
    if (!count) return;
    this.active = this.active < 0 ? (step > 0 ? 0 : count - 1) : (this.active + step + count) % count;
    this.mark();
  }

  choose(at) {
    const item = this.items[at];
    this.close();
    this.pick(item);
  }

  close() {
    this.asked += 1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    if (owner !== this) return;
    owner = null;
    box.hidden = true;
    list.replaceChildren();
  }

  /** Handle a key; true if the list took it. */
  takes(event) {
    if (!this.isOpen) {
      if (event.key === "ArrowDown" && !event.altKey) {
        event.preventDefault();
        this.refresh();
        return true;
      }
      return false;
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.move(event.key === "ArrowDown" ? 1 : -1);
      return true;
    }
    if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && this.active >= 0) {
      event.preventDefault();
      this.choose(this.active);
      return true;
    }
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.close();
      return true;
    }
    return false;
  }
}
