// The messages of the channel. An element stands for each message and is drawn anew when the message changes.

import { announce, avatar, byId, compareIds, el } from "../base/dom.js";
import { icon } from "../base/icons.js";
import { openMenu } from "../base/popup.js";
import { channel, dismiss, localized, member, pingsMe, shownIn, store } from "../base/store.js";
import { clockTime, messageTime } from "../base/times.js";
import { components } from "./components.js";
import { attachmentsOf, embeds } from "./embeds.js";
import { markdown } from "./markdown.js";
import { copiedText, leadText, wholeText } from "./message_text.js";
import { emptiness, forwarded, shownBy, threadOf } from "./threads.js";

const EPHEMERAL = 1 << 6;
const LOADING = 1 << 7;
const SUPPRESS_EMBEDS = 1 << 2;
const SECOND_VERSION = 1 << 15;
const REPLY = 19;
const COMPONENT = 3;
const MESSAGE_MENU = 3;
const GROUPED_MS = 7 * 60 * 1000;
const NEAR_THE_END_PX = 80;
const WAITING_MARK = "⏳";
const PLACE = /^https:\/\/discord\.com\/channels\/(\d+)\/(\d+)(?:\/(\d+))?$/;

const list = byId("messages");
const scroller = byId("scroller");

/** What failed on a message, by its id, and the custom ids whose answer is awaited. */
const failures = new Map();
const busy = new Map();
let actions = null;
let stays = true;
let size = "";

/** `given` does what messages ask for: `use`, `useMenu`, `reply`, `goTo`, `compose`. */
export function setUp(given) {
  actions = given;
  scroller.addEventListener("scroll", () => {
    // A list that only changed its size is still at its end, though the browser scrolls it too.
    if (sizeChanged() && stays) {
      toEnd();
      return;
    }
    stays = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_THE_END_PX;
    byId("to-newest").hidden = stays;
  });
  byId("to-newest").addEventListener("click", toEnd);
  new ResizeObserver(() => stays && toEnd()).observe(list);
  new ResizeObserver(() => stays && toEnd()).observe(scroller);
  list.addEventListener("contextmenu", (event) => {
    const item = event.target.closest("li[data-id]");
    if (!item || event.target.closest("a, img, pre") || String(getSelection())) return;
    event.preventDefault();
    const opener = item.querySelector(".more");
    const rect = opener.getBoundingClientRect();
    openMessageMenu(item.dataset.id, opener, event.clientX || event.clientY ? { x: event.clientX, y: event.clientY } : { x: rect.left, y: rect.bottom });
  });
  byId("empty").addEventListener("click", (event) => {
    const post = event.target.closest("button.mention");
    if (post) actions.goTo(post.dataset.channel);
  });
  list.addEventListener("click", (event) => {
    const mention = event.target.closest("button.mention");
    if (mention?.dataset.channel) actions.goTo(mention.dataset.channel);
    if (mention?.dataset.command) actions.compose(`/${mention.dataset.command} `);
    const quoted = event.target.closest("button.quoted");
    if (quoted) showMessage(quoted.dataset.to);
    followPlace(event);
  });
  list.addEventListener("keydown", moveBetweenMessages);
}

function sizeChanged() {
  const now = `${scroller.scrollHeight} ${scroller.clientHeight}`;
  const changed = now !== size;
  size = now;
  return changed;
}

function toEnd() {
  scroller.scrollTop = scroller.scrollHeight;
}

function showMessage(id) {
  const item = list.querySelector(`li[data-id="${CSS.escape(id)}"]`);
  if (!item) return;
  item.scrollIntoView({ block: "center" });
  item.focus();
}

/** A link to a channel or a message of this guild leads there, as in Discord's client, and not to discord.com. */
function followPlace(event) {
  const [, guildId, channelId, messageId] = PLACE.exec(event.target.closest("a")?.href) ?? [];
  if (guildId !== store.guild.id) return;
  event.preventDefault();
  if (!store.guild.channels.some((item) => item.id === channelId)) {
    announce("You have no access to this link");
    return;
  }
  if (channelId !== store.channelId) actions.goTo(channelId);
  if (messageId) showMessage(messageId);
}

function moveBetweenMessages(event) {
  const item = event.target;
  if (!item.matches("li[data-id]") || !["ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
  const items = [...list.querySelectorAll("li[data-id]")];
  const at = items.indexOf(item);
  const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: items.length - 1 }[event.key];
  if (items[to]) {
    event.preventDefault();
    items[to].focus();
  }
}

/** Forget what a member did, as another one speaks now. */
export function forget() {
  failures.clear();
  busy.clear();
}

/** Draw all messages of the channel. */
export function drawAll() {
  list.replaceChildren(...shownIn(store.channelId).map(draw));
  group();
  drawEmptiness();
  stays = true;
  toEnd();
}

/** Draw what changed. */
export function drawChanges(changed) {
  const here = ({ message }) => message.channel_id === store.channelId;
  for (const id of changed.gone) find(id)?.remove();
  for (const { message } of changed.edited.filter(here)) redraw(message.id);
  for (const { message } of changed.created.filter(here)) insert(message);
  group();
  drawEmptiness();
  if (stays) toEnd();
  if (!changed.fresh) tell(changed);
}

/** Show the uses of commands that the bot did not answer, and the components that failed. */
export function drawUnanswered(items) {
  for (const item of items) {
    if (item.source) fail(item.source, "This interaction failed.");
    else if (item.channel_id === store.channelId) insert(item);
  }
  group();
}

function find(id) {
  return list.querySelector(`li[data-id="${CSS.escape(id)}"]`);
}

function insert(item) {
  if (store.dismissed.has(item.id) || find(item.id)) return;
  let after = null;
  for (let other = list.lastElementChild; other && compareIds(other.dataset.id, item.id) > 0; ) {
    after = other;
    other = other.previousElementSibling;
  }
  list.insertBefore(draw(item), after);
  if (item.author?.id === store.guild.me.id) stays = true;
}

/** Draw a message anew, and leave the focus where it was in it. */
function redraw(id) {
  const former = find(id);
  const message = store.messages.get(id);
  if (!former || !message) return;
  const focused = former.contains(document.activeElement) ? document.activeElement : null;
  const key = focused?.dataset.key;
  const shown = [...former.querySelectorAll(".spoiler")].map((each) => each.matches(".shown"));
  const open = [...former.querySelectorAll("details[open]")].map((each) => each.dataset.key);
  const element = draw(message);
  former.replaceWith(element);
  [...element.querySelectorAll(".spoiler")].forEach((each, place) => shown[place] && each.click());
  for (const each of element.querySelectorAll("details")) each.open = open.includes(each.dataset.key);
  if (!focused) return;
  const same = key ? element.querySelector(`[data-key="${CSS.escape(key)}"]:not(:disabled)`) : null;
  (same ?? element).focus();
}

/** Mark messages that follow one of the same author closely. */
function group() {
  let former = null;
  for (const element of list.children) {
    const message = store.messages.get(element.dataset.id);
    const follows =
      former &&
      message &&
      !message.used &&
      !message.message_reference &&
      message.author.id === shownBy(former).author.id &&
      Boolean(message.flags & EPHEMERAL) === Boolean(former.flags & EPHEMERAL) &&
      new Date(message.timestamp) - new Date(former.timestamp) < GROUPED_MS;
    element.classList.toggle("follows", Boolean(follows));
    former = message ?? null;
  }
}

function drawEmptiness() {
  const empty = byId("empty");
  empty.hidden = list.childElementCount > 0;
  const here = channel();
  if (!empty.hidden && here) empty.replaceChildren(...emptiness(here));
}

function draw(item) {
  return item.author ? drawMessage(item) : drawFailure(item);
}

function drawFailure(item) {
  return el(
    "li.message.failure",
    { dataset: { id: item.id }, tabindex: "-1" },
    el(
      ".message-body",
      {},
      el("p", {}, el("strong", {}, item.shown), ": The application did not respond."),
      dismissal(item.id),
    ),
  );
}

function drawMessage(message) {
  const shown = shownBy(message);
  const author = member(shown.author.id) ?? { id: shown.author.id, display_name: shown.author.username, bot: shown.author.bot };
  const ephemeral = Boolean(message.flags & EPHEMERAL);
  const loading = Boolean(message.flags & LOADING);
  const classes = ["message", ephemeral && "ephemeral", pingsMe(message) && "pings-me", loading && "loading"];
  const head = el(
    ".message-head",
    {},
    el("span.author", {}, author.display_name),
    author.bot ? el("span.badge", {}, "App") : null,
    messageTime(message.timestamp),
  );
  const edited = message.edited_timestamp ? el("span.edited", { title: `Edited ${new Date(message.edited_timestamp).toLocaleString()}` }, " (edited)") : null;
  const text = shown.content ? markdown(shown.content, { message: shown }) : [];
  if (edited && text.at(-1)?.matches?.(".lines")) text.at(-1).append(edited);
  else if (edited) head.append(edited);
  const more = el(
    "button.more",
    {
      type: "button",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "aria-label": `More for the message by ${author.display_name}`,
      title: "More",
      dataset: { key: "more" },
      onclick: () => openMessageMenu(message.id, more),
    },
    el("span", { "aria-hidden": "true" }, "⋯"),
  );
  return el(
    `li.${classes.filter(Boolean).join(".")}`,
    { dataset: { id: message.id, edits: message.edits }, tabindex: "-1" },
    origin(message),
    avatar(author),
    el("span.gutter-time", { "aria-hidden": "true" }, clockTime(message.timestamp)),
    el(
      ".message-body",
      {},
      head,
      loading ? el("p.thinking", {}, `${author.display_name} is thinking`, el("span.dots", { "aria-hidden": "true" })) : null,
      el(".content", {}, text),
      shown.flags & SUPPRESS_EMBEDS ? null : embeds(shown),
      // In the second version, components show the files.
      shown.flags & SECOND_VERSION ? null : attachmentsOf(shown),
      forwarded(message),
      threadOf(message),
      el(".components", {}, components(message, (component, action) => use(message, component, action), (id) => isBusy(message.id, id))),
      failures.has(message.id) ? el("p.component-failure", { role: "status" }, failures.get(message.id)) : null,
      ephemeral ? el("p.only-you", {}, icon("eye"), " Only you can see this · ", dismissal(message.id)) : null,
    ),
    more,
  );
}

function dismissal(id) {
  const remove = () => {
    dismiss(id);
    const element = find(id);
    const next = element?.nextElementSibling ?? element?.previousElementSibling;
    element?.remove();
    group();
    drawEmptiness();
    if (next) next.focus();
    else byId("line").focus();
  };
  return el("button.as-link", { type: "button", dataset: { key: "dismiss" }, onclick: remove }, "Dismiss message");
}

/** What a message answers: a command that somebody used, or another message. */
function origin(message) {
  if (message.message_reference && message.type === REPLY) {
    const former = store.messages.get(message.message_reference.message_id);
    const pressed = message.used?.kind === COMPONENT ? `${nameOf(message.used.by)} used ${message.used.shown} · ` : "";
    if (!former) return el("p.origin", {}, pressed, el("em", {}, "Original message was deleted"));
    const said = el("button.quoted", { type: "button", dataset: { to: former.id, key: "quoted" } }, summary(former));
    return el("p.origin", {}, pressed, el("strong", {}, nameOf(former.author.id)), " ", said);
  }
  if (!message.used) return null;
  return el("p.origin", {}, el("strong", {}, nameOf(message.used.by)), " used ", el("span.used", {}, message.used.shown));
}

function nameOf(id) {
  return member(id)?.display_name ?? "Somebody";
}

/** A message in a few words. */
function summary(message) {
  return leadText(message).replace(/\s+/g, " ").slice(0, 120) || (message.attachments.length ? "Press to see the attachment" : "Press to see the message");
}

/** All that a screen reader should say of a message. */
function spoken(message) {
  const text = wholeText(message).replace(/\s+/g, " ").trim();
  const files = message.attachments.length ? ` ${message.attachments.length} attached` : "";
  const only = message.flags & EPHEMERAL ? ", only you can see this" : "";
  return `${nameOf(message.author.id)}${only}: ${text.slice(0, 600)}${files}`;
}

function isWaiting(message) {
  return Boolean(message.flags & LOADING) || message.content.startsWith(WAITING_MARK);
}

function tell(changed) {
  for (const { message } of changed.created) {
    if (message.author.id === store.guild.me.id) continue;
    if (message.channel_id === store.channelId) announce(isWaiting(message) ? `${nameOf(message.author.id)} is working` : spoken(message));
  }
  for (const { message, former } of changed.edited) {
    const mine = busyOrFocused(message.id);
    if (message.channel_id === store.channelId && !isWaiting(message) && (isWaiting(former) || mine)) announce(spoken(message));
  }
}

function busyOrFocused(id) {
  return busy.has(id) || Boolean(find(id)?.contains(document.activeElement));
}

function isBusy(messageId, customId) {
  return busy.get(messageId)?.has(customId) ?? false;
}

function fail(messageId, sentence) {
  failures.set(messageId, sentence);
  redraw(messageId);
}

async function use(message, component, action) {
  if (isBusy(message.id, component.custom_id)) return;
  failures.delete(message.id);
  if (!busy.has(message.id)) busy.set(message.id, new Set());
  busy.get(message.id).add(component.custom_id);
  redraw(message.id);
  let sentence = null;
  try {
    const result = await actions.use({ ...action, message_id: message.id }, { messageId: message.id, key: component.custom_id });
    if (result.state === "failed") sentence = "This interaction failed.";
  } catch (refused) {
    sentence = refused.message;
  }
  busy.get(message.id)?.delete(component.custom_id);
  if (!busy.get(message.id)?.size) busy.delete(message.id);
  if (sentence) failures.set(message.id, sentence);
  redraw(message.id);
}

/** The element that had the focus in a message, or what stands in its place. */
export function focusIn({ messageId, key }) {
  const element = find(messageId);
  const same = element?.querySelector(`[data-key="${CSS.escape(key)}"]:not(:disabled)`);
  (same ?? element ?? byId("line")).focus();
}

function openMessageMenu(id, opener, at = null) {
  const message = store.messages.get(id);
  if (!message) return;
  const apps = store.commands.filter((command) => command.type === MESSAGE_MENU);
  const entries = [
    ...apps.map((command) => ({
      label: localized(command, "name"),
      run: () => actions.useMenu({ name: command.name, message_id: id }, { messageId: id, key: "more" }),
    })),
    apps.length ? null : undefined,
    channel()?.may_write && !(message.flags & EPHEMERAL) ? { label: "Reply", run: () => actions.reply(message) } : undefined,
    { label: "Copy text", run: () => copy(copiedText(message)) },
    { label: "Copy message ID", run: () => copy(id) },
  ].filter((entry) => entry !== undefined);
  openMenu(opener, "Message", entries, at);
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    announce("Copied");
  } catch {
    announce("This browser does not let the page copy");
  }
}

