// Elements from plain values. Text becomes text nodes: nothing is ever read as HTML.

/**
 * Make an element: `el("button.more", { type: "button", onclick }, "More")`.
 * `spec` is a tag with classes. Properties that begin with "on" are listeners, `dataset` is an object,
 * true sets an empty attribute, and false, null and undefined set none.
 */
export function el(spec, properties = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function byId(id) {
  return document.getElementById(id);
}

/** Give `parent` these children. Those that it has stay in the document, so no click and no focus is lost. */
export function setChildren(parent, children) {
  const kept = new Set(children);
  for (const child of [...parent.children]) if (!kept.has(child)) child.remove();
  children.forEach((child, place) => {
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
  });
}

/** Compare two Discord ids: later ones are greater. */
export function compareIds(a, b) {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** Say something to people who use a screen reader, when it is quiet. */
export function announce(text) {
  const region = byId("announcements");
  region.append(el("p", {}, text));
  while (region.childElementCount > 5) region.firstElementChild.remove();
}

/** A circle with a member's first letter; a name may have none. */
export function avatar(member) {
  const hue = [...member.id].reduce((sum, digit) => sum + Number(digit), 0) % 6;
  const letter = ([...member.display_name.trim()][0] ?? "").toUpperCase();
  return el(`span.avatar.hue-${hue}`, { "aria-hidden": "true" }, letter);
}
