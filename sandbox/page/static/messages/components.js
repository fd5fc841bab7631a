// Buttons, selects and layouts on messages (Discord documentation, "Component Reference").

import { el } from "../base/dom.js";
import { openOptions } from "../base/popup.js";
import { store } from "../base/store.js";
import { attachment, picture } from "./embeds.js";
import { markdown } from "./markdown.js";

const ROW = 1;
const BUTTON = 2;
const SELECTS = [3, 5, 6, 7, 8];
const SECTION = 9;
const TEXT = 10;
const THUMBNAIL = 11;
const GALLERY = 12;
const FILE = 13;
const SEPARATOR = 14;
const CONTAINER = 17;
const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "premium" };

/** The components of a message. `use(component, action)` does what a component asks for. */
export function components(message, use, isBusy) {
  return message.components.map((component) => draw(component, { message, use, isBusy }));
}

function draw(component, page) {
  const inner = (items) => items.map((item) => draw(item, page));
  switch (component.type) {
    case ROW:
      return el(".component-row", {}, inner(component.components));
    case BUTTON:
      return button(component, page);
    case SECTION:
      return el(".section", {}, el(".section-texts", {}, inner(component.components)), draw(component.accessory, page));
    case TEXT:
      return el(".text-display", {}, markdown(component.content, { message: page.message }));
    case THUMBNAIL:
      return el(".thumbnail", {}, media(component.media, component.description, page));
    case GALLERY:
      return el(".gallery", {}, component.items.map((item) => media(item.media, item.description, page)));
    case FILE:
      return file(component.file, page);
    case SEPARATOR:
      return component.divider === false ? el(".gap") : el("hr");
    case CONTAINER:
      return container(component, inner(component.components));
    default:
      if (SELECTS.includes(component.type)) return select(component, page);
      return el("p.outside", {}, `The page cannot show components of type ${component.type}.`);
  }
}

function container(component, children) {
  const box = el(".container", {}, children);
  if (component.accent_color !== undefined && component.accent_color !== null) {
    box.style.setProperty("--bar", `#${component.accent_color.toString(16).padStart(6, "0")}`);
  }
  return component.spoiler ? el("details.container-spoiler", {}, el("summary", {}, "Spoiler"), box) : box;
}

function media(item, description, page) {
  return picture(resolved(item.url, page), description ?? "Picture", item);
}

function file(item, page) {
  const found = fileNamed(item.url, page);
  return found ? attachment({ ...found, content_type: null }) : el("p.outside", {}, item.url);
}

function fileNamed(address, { message }) {
  const name = address.startsWith("attachment://") ? address.slice(13) : null;
  return message.attachments.find((item) => item.url === address || item.filename === name);
}

function resolved(address, page) {
  return fileNamed(address, page)?.url ?? address;
}

export function emoji(component) {
  return component.emoji?.name ? el("span.emoji", { "aria-hidden": component.label ? "true" : null }, component.emoji.name) : null;
}

function button(component, { use, isBusy }) {
  const style = STYLES[component.style] ?? "secondary";
  const content = [emoji(component), component.label ? el("span", {}, component.label) : null];
  if (style === "link") {
    const attributes = { href: safeUrl(component.url), target: "_blank", rel: "noopener noreferrer" };
    return el("a.button.link", component.disabled ? { "aria-disabled": "true" } : attributes, content, el("span", { "aria-hidden": "true" }, " ↗"));
  }
  const busy = isBusy(component.custom_id);
  return el(
    `button.button.${style}`,
    {
      type: "button",
      disabled: Boolean(component.disabled) || style === "premium",
      "aria-busy": busy ? "true" : null,
      dataset: { key: component.custom_id ?? "" },
      onclick: () => use(component, { do: "press", custom_id: component.custom_id }),
    },
    content,
  );
}

function safeUrl(address) {
  try {
    const url = new URL(address);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** The options of a select, also of those that Discord fills from the guild. */
export function optionsOf(component) {
  const { members, channels, roles } = store.guild;
  const users = members.map((item) => ({ value: item.id, label: item.display_name, description: `@${item.name}` }));
  const named = Object.entries(roles).map(([value, name]) => ({ value, label: name.startsWith("@") ? name : `@${name}` }));
  const chosen = new Set((component.default_values ?? []).map((item) => item.id));
  const marked = (items) => items.map((item) => ({ ...item, selected: chosen.has(item.value) }));
  switch (component.type) {
    case 5:
      return marked(users);
    case 6:
      return marked(named);
    case 7:
      return marked([...users, ...named]);
    case 8:
      return marked(channels.map((item) => ({ value: item.id, label: `#${item.name}` })));
    default:
      return component.options.map((option) => ({
        value: option.value,
        label: `${option.emoji?.name ?? ""} ${option.label}`.trim(),
        description: option.description,
        selected: Boolean(option.default),
      }));
  }
}

function select(component, { use, isBusy }) {
  const options = optionsOf(component);
  const chosen = options.filter((option) => option.selected).map((option) => option.label);
  const label = component.placeholder ?? "Make a selection";
  const least = component.min_values ?? 1;
  const most = component.max_values ?? 1;
  const opener = el(
    "button.select",
    {
      type: "button",
      disabled: Boolean(component.disabled),
      "aria-haspopup": "listbox",
      "aria-expanded": "false",
      "aria-label": chosen.length ? `${label}: ${chosen.join(", ")}` : label,
      "aria-busy": isBusy(component.custom_id) ? "true" : null,
      dataset: { key: component.custom_id },
    },
    el(chosen.length ? "span" : "span.placeholder", {}, chosen.join(", ") || label),
    el("span.arrow", { "aria-hidden": "true" }, "▾"),
  );
  opener.addEventListener("click", () =>
    openOptions(opener, label, options, { least, most }, (values) =>
      use(component, { do: "select", custom_id: component.custom_id, values }),
    ),
  );
  return opener;
}
