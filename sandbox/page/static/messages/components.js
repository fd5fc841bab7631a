// Buttons, selects and layouts on messages (Discord documentation, "Component Reference").

import {
  BUTTON,
  CHANNEL_SELECT,
  CONTAINER,
  FILE,
  GALLERY,
  MENTIONABLE_SELECT,
  ROLE_SELECT,
  ROW,
  SECTION,
  SELECTS,
  SEPARATOR,
  TEXT,
  THUMBNAIL,
  USER_SELECT,
} from "../base/component_types.js";
import { el } from "../base/dom.js";
import { channels, people, roles } from "../base/guild_lists.js";
import { openOptions } from "../base/popup.js";
import { attachment, hidden, picture } from "./embeds.js";
import { markdown } from "./markdown.js";

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
      return perhapsHidden(component, component.id, el(".thumbnail", {}, media(component.media, component.description, page)));
    case GALLERY:
      return el(".gallery", {}, component.items.map((item, at) => perhapsHidden(item, `${component.id}-${at}`, media(item.media, item.description, page))));
    case FILE:
      return perhapsHidden(component, component.id, file(component.file, page));
    case SEPARATOR:
      return separator(component);
    case CONTAINER:
      return perhapsHidden(component, component.id, container(component, inner(component.components)));
    default:
      if (SELECTS.includes(component.type)) return select(component, page);
      return unknown(component);
  }
}

/** What stands in place of a component that the page does not know. */
export function unknown(component) {
  return el("p.outside", {}, `The page cannot show components of type ${component.type}.`);
}

function separator({ divider, spacing }) {
  return el(`hr${divider ? "" : ".bare"}${spacing === 2 ? ".wide" : ""}`, { "aria-hidden": divider ? null : "true" });
}

function container(component, children) {
  const box = el(".container", {}, children);
  if (component.accent_color !== undefined && component.accent_color !== null) {
    box.style.setProperty("--bar", `#${component.accent_color.toString(16).padStart(6, "0")}`);
  }
  return box;
}

function perhapsHidden({ spoiler }, key, shown) {
  return spoiler ? hidden(key, shown) : shown;
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

/** The options of a select or of a group of boxes, also of a select that Discord fills from the guild. */
export function optionsOf(component) {
  const chosen = new Set((component.default_values ?? []).map((item) => item.id));
  const marked = (items) => items.map((item) => ({ ...item, selected: chosen.has(item.value) }));
  switch (component.type) {
    case USER_SELECT:
      return marked(people());
    case ROLE_SELECT:
      return marked(roles());
    case MENTIONABLE_SELECT:
      return marked([...people(), ...roles()]);
    case CHANNEL_SELECT:
      return marked(channels(component.channel_types));
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
