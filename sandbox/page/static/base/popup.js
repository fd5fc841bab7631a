// Menus and lists of options that open beside what was pressed.

import { el } from "./dom.js";

let current = null;

/** Close the open popup; the focus goes back to what opened it. */
function closePopup({ refocus = true } = {}) {
  if (!current) return;
  const { element, opener, onClose } = current;
  current = null;
  element.remove();
  opener?.setAttribute("aria-expanded", "false");
  onClose?.();
  if (refocus && opener?.isConnected) opener.focus();
}

function open(element, opener, at, onClose) {
  closePopup({ refocus: false });
  document.body.append(element);
  const rect = opener?.getBoundingClientRect();
  const x = at?.x ?? rect.left;
  const y = at?.y ?? rect.bottom + 4;
  const { offsetWidth: width, offsetHeight: height } = element;
  element.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
  const above = (at?.y ?? rect.top - 4) - height;
  element.style.top = `${y + height > innerHeight - 8 ? Math.max(8, above) : y}px`;
  opener?.setAttribute("aria-expanded", "true");
  current = { element, opener, onClose };
}

/** Open a menu of `{label, run}`; null draws a line. */
export function openMenu(opener, label, entries, at = null) {
  const menu = el(".popup.menu", { role: "menu", "aria-label": label });
  for (const entry of entries) {
    if (!entry) {
      menu.append(el("hr", { role: "separator" }));
      continue;
    }
    const run = () => {
      closePopup();
      entry.run();
    };
    menu.append(el("button", { type: "button", role: "menuitem", tabindex: "-1", onclick: run }, entry.label));
  }
  menu.addEventListener("keydown", (event) => moveFocus(event, menu, '[role="menuitem"]'));
  open(menu, opener, at);
  menu.querySelector('[role="menuitem"]')?.focus();
}

/**
 * Open a list of options to pick from: `{value, label, description, selected}`. With `most` above 1, several
 * are picked; the picks are handed over when the list closes.
 */
export function openOptions(opener, label, options, { least, most }, onPick) {
  const several = most > 1;
  const picked = new Set(options.filter((option) => option.selected).map((option) => option.value));
  const before = [...picked].join("\n");
  let handed = false;
  const finish = () => {
    if (handed || picked.size < least || picked.size > most) return;
    handed = true;
    onPick([...picked]);
  };
  const list = el(".popup.options", { role: "listbox", "aria-label": label, "aria-multiselectable": several ? "true" : null });
  for (const option of options) {
    const item = el(
      ".option",
      { role: "option", tabindex: "-1", "aria-selected": String(picked.has(option.value)) },
      el("span.option-label", {}, option.label),
      option.description ? el("span.option-description", {}, option.description) : null,
    );
    item.addEventListener("click", () => {
      if (!several) {
        picked.clear();
        picked.add(option.value);
        closePopup();
        finish();
        return;
      }
      if (picked.has(option.value)) picked.delete(option.value);
      else if (picked.size < most) picked.add(option.value);
      item.setAttribute("aria-selected", String(picked.has(option.value)));
    });
    list.append(item);
  }
  list.addEventListener("keydown", (event) => {
    const item = document.activeElement;
    if ((event.key === "Enter" || event.key === " ") && item?.matches('[role="option"]')) {
      event.preventDefault();
      if (several && event.key === "Enter") closePopup();
      else item.click();
      return;
    }
    moveFocus(event, list, '[role="option"]');
  });
  open(list, opener, null, () => {
    if (several && [...picked].join("\n") !== before) finish();
  });
  (list.querySelector('[aria-selected="true"]') ?? list.firstElementChild)?.focus();
}

function moveFocus(event, container, selector) {
  const items = [...container.querySelectorAll(selector)];
  const at = items.indexOf(document.activeElement);
  const targets = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
  if (event.key in targets) {
    event.preventDefault();
    items[(targets[event.key] + items.length) % items.length]?.focus();
  } else if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    event.stopPropagation();
    closePopup();
  } else if (event.key.length === 1) {
    const letter = event.key.toLowerCase();
    const after = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    after.find((item) => item.textContent.trim().toLowerCase().startsWith(letter))?.focus();
  }
}

document.addEventListener("pointerdown", (event) => {
  if (current && !current.element.contains(event.target) && !current.opener?.contains(event.target)) {
    closePopup({ refocus: false });
  }
});
addEventListener("resize", () => closePopup({ refocus: false }));
