// The channels, the members, and who speaks in which language.

import { mark, nature } from "../base/channels.js";
import { avatar, byId, el } from "../base/dom.js";
import { openMenu } from "../base/popup.js";
import { localized, store } from "../base/store.js";
import { copy } from "../messages/message_list.js";

const USER_MENU = 2;

let actions = null;

/** `given` has `goTo(channelId)`, `speakAs(name)`, `setLocale(locale)` and `useMenu(action, from)`. */
export function setUp(given) {
  actions = given;
  byId("speak-as").addEventListener("change", (event) => actions.speakAs(event.target.value));
  byId("language").addEventListener("change", (event) => actions.setLocale(event.target.value));
  byId("theme").addEventListener("change", (event) => setTheme(event.target.value));
  try {
    byId("theme").value = localStorage.getItem("theme") ?? "auto";
  } catch {
    byId("theme").value = "auto";
  }
  for (const name of ["channels", "members"]) {
    byId(`show-${name}`).addEventListener("click", () => toggleDrawer(name));
    byId(`hide-${name}`).addEventListener("click", () => closeDrawers(true));
  }
  byId("scrim").addEventListener("click", () => closeDrawers(true));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.body.dataset.drawer) closeDrawers(true);
  });
}

function setTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // The choice then lasts until a reload.
  }
}

function toggleDrawer(name) {
  const opens = document.body.dataset.drawer !== name;
  closeDrawers(false);
  if (!opens) return;
  document.body.dataset.drawer = name;
  byId(`show-${name}`).setAttribute("aria-expanded", "true");
  byId("scrim").hidden = false;
  byId(`hide-${name}`).focus();
}

/** Close the list that is open on a narrow screen. */
export function closeDrawers(refocus) {
  const name = document.body.dataset.drawer;
  delete document.body.dataset.drawer;
  byId("scrim").hidden = true;
  for (const each of ["channels", "members"]) byId(`show-${each}`).setAttribute("aria-expanded", "false");
  if (refocus && name) byId(`show-${name}`).focus();
}

export function draw() {
  const { guild } = store;
  document.title = `#${guild.channels.find((item) => item.id === store.channelId)?.name ?? ""} · ${guild.name}`;
  byId("guild-name").textContent = guild.name;
  drawChannels(guild);
  drawMembers(guild);
  drawChoices(guild);
}

function drawChannels(guild) {
  const items = guild.channels.map((channel) => {
    const here = channel.id === store.channelId;
    const unread = store.unread.get(channel.id);
    return el(
      "li",
      {},
      el(
        `button.channel${unread ? ".unread" : ""}${channel.parent ? ".thread" : ""}${channel.archived ? ".archived" : ""}`,
        { type: "button", "aria-current": here ? "page" : null, dataset: { channel: channel.id }, onclick: () => actions.goTo(channel.id) },
        mark(channel),
        el("span.channel-name", {}, channel.name),
        nature(channel) ? el("span.visually-hidden", {}, ` (${nature(channel)})`) : null,
        unread?.pings ? el("span.ping-count", {}, String(unread.pings), el("span.visually-hidden", {}, unread.pings === 1 ? " mention" : " mentions")) : null,
        unread && !unread.pings ? el("span.visually-hidden", {}, " (unread)") : null,
      ),
    );
  });
  replaceKeepingFocus(byId("channel-list"), items, "channel");
}

function drawMembers(guild) {
  const groups = [
    ["Apps", guild.members.filter((item) => item.bot)],
    ["Teacher", guild.members.filter((item) => !item.bot && item.roles.includes("Teacher"))],
    ["Members", guild.members.filter((item) => !item.bot && !item.roles.includes("Teacher")).slice(0, 100)],
  ];
  const nodes = groups
    .filter(([, members]) => members.length)
    .map(([name, members]) =>
      el("section", {}, el("h3", {}, `${name} — ${members.length}`), el("ul", {}, members.map((item) => el("li", {}, memberButton(item))))),
    );
  replaceKeepingFocus(byId("member-list"), nodes, "member");
}

function memberButton(item) {
  const state = item.online ? "online" : "away";
  const button = el(
    `button.member.${state}`,
    { type: "button", "aria-haspopup": "menu", "aria-expanded": "false", dataset: { member: item.name } },
    el("span.avatar-with-state", {}, avatar(item), el(`span.state.${state}`, { "aria-hidden": "true" })),
    el("span.member-name", {}, item.display_name),
    item.bot ? el(item.online ? "span.visually-hidden" : "span.state-text", {}, item.online ? "(online)" : "Away") : null,
    item.id === store.guild.me.id ? el("span.you", {}, "you") : null,
  );
  const open = (at) => openMemberMenu(item, button, at);
  button.addEventListener("click", () => open(null));
  button.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    open(event.clientX || event.clientY ? { x: event.clientX, y: event.clientY } : null);
  });
  return button;
}

function openMemberMenu(item, opener, at) {
  const apps = store.commands.filter((command) => command.type === USER_MENU);
  const entries = [
    ...apps.map((command) => ({
      label: localized(command, "name"),
      run: () => actions.useMenu({ name: command.name, member: item.name }, null),
    })),
    apps.length ? null : undefined,
    item.bot || item.id === store.guild.me.id ? undefined : { label: `Speak as ${item.display_name}`, run: () => actions.speakAs(item.name) },
    { label: "Copy user ID", run: () => copy(item.id) },
  ].filter((entry) => entry !== undefined);
  openMenu(opener, item.display_name, entries, at);
}

function replaceKeepingFocus(container, nodes, key) {
  const focused = container.contains(document.activeElement) ? document.activeElement.dataset[key] : null;
  container.replaceChildren(...nodes);
  if (focused) container.querySelector(`[data-${key}="${CSS.escape(focused)}"]`)?.focus();
}

function drawChoices(guild) {
  const people = guild.members.filter((item) => !item.bot);
  fillSelect(byId("speak-as"), people.map((item) => [item.name, item.display_name]), guild.me.name);
  const offered = new Set(store.commands.flatMap((command) => Object.keys(command.description_localizations ?? {})));
  offered.add("en-US");
  const names = new Intl.DisplayNames(["en"], { type: "language", languageDisplay: "standard", style: "short" });
  const languages = guild.languages.map((code) => [code, names.of(code) + (offered.has(code) ? " ✓" : "")]);
  fillSelect(byId("language"), languages, guild.me.locale);
}

function fillSelect(select, options, value) {
  const text = JSON.stringify(options);
  if (select.dataset.shown !== text) {
    select.dataset.shown = text;
    select.replaceChildren(...options.map(([key, label]) => el("option", { value: key }, label)));
  }
  select.value = value;
}
