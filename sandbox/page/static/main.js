// Brings the parts of the page together.

import { mark } from "./base/channels.js";
import { announce, byId } from "./base/dom.js";
import { Connection } from "./base/connection.js";
import { bot, channel, keep, kept, pingsMe, store, take } from "./base/store.js";
import * as composer from "./composer/composer.js";
import { openModal } from "./composer/modal.js";
import * as messages from "./messages/message_list.js";
import * as sidebars from "./side/sidebars.js";
import * as traffic from "./side/traffic.js";

const CHANNEL = "channel";
const MEMBER = "member";
const EVERYBODY_KNOWS = "student";

const connection = new Connection({ onNews: show, onTraffic: traffic.add, onState: showConnection, onUnknown: () => speakAs(EVERYBODY_KNOWS) });

function show(news) {
  const changed = take(news);
  if (changed.fresh) {
    document.body.dataset.ready = "true";
    messages.forget();
  }
  const unread = countUnread(changed);
  if (unread || ["guild", "commands", "channel"].some((part) => changed.parts.has(part))) sidebars.draw();
  drawHead();
  if (changed.fresh || changed.parts.has("channel") || localeChanged()) {
    messages.drawAll();
    if (!changed.fresh) messages.drawUnanswered(news.unanswered ?? []);
  } else {
    messages.drawChanges(changed);
    messages.drawUnanswered(news.unanswered ?? []);
  }
  composer.refresh();
}

let drawnLocale = null;

/** Times are written in the member's language. */
function localeChanged() {
  const former = drawnLocale;
  drawnLocale = store.guild.me.locale;
  return former !== null && former !== drawnLocale;
}

/** Count messages in other channels; true if there were any. */
function countUnread(changed) {
  let any = false;
  if (changed.fresh) return any;
  for (const { message } of changed.created) {
    if (message.channel_id === store.channelId || message.author.id === store.guild.me.id) continue;
    const unread = store.unread.get(message.channel_id) ?? { pings: 0 };
    if (pingsMe(message)) unread.pings += 1;
    store.unread.set(message.channel_id, unread);
    any = true;
  }
  return any;
}

function drawHead() {
  const here = channel();
  document.querySelector("h1 .hash").replaceWith(mark(here));
  byId("channel-name").textContent = here?.name ?? "";
  byId("channel-topic").textContent = here?.topic ?? "";
  const away = byId("bot-away");
  const { online, display_name: name } = bot();
  if (away.hidden === online) return;
  away.hidden = online;
  away.textContent = `${name} is away. What you ask for now gets no answer.`;
  announce(online ? `${name} is back` : away.textContent);
}

function showConnection(connected) {
  byId("disconnected").hidden = connected;
}

function goTo(channelId) {
  store.channelId = channelId;
  store.unread.delete(channelId);
  keep(CHANNEL, { id: channelId });
  sidebars.closeDrawers(false);
  sidebars.draw();
  drawHead();
  messages.drawAll();
  composer.setReply(null);
  composer.refresh();
  composer.focus();
}

function speakAs(name) {
  keep(MEMBER, { name });
  composer.reset();
  connection.speakAs(name);
  sidebars.closeDrawers(false);
}

/**
 * Send what starts an interaction; if the bot opens a modal, show it to who asked, not to a member who speaks
 * by then. `from` says where the focus was.
 */
async function use(action, from = null, onStarted = () => {}) {
  const speaker = connection.member;
  const result = await connection.act(action, onStarted);
  if (result.modal && connection.member === speaker) {
    const submit = (values, files) => submitModal({ interaction_id: result.interaction_id, values, files });
    openModal(result.modal, bot().display_name, submit, () => (from ? messages.focusIn(from) : composer.focus()));
  }
  return result;
}

/** Submit a modal. Its dialog closes once the bot has it, or stays if the bot gives no answer. */
async function submitModal(filled) {
  const result = await use({ ...filled, do: "submit" });
  if (result.state === "failed") throw new Error("Something went wrong: the application did not respond. Try again.");
}

async function useMenu(action, from) {
  try {
    await use({ ...action, do: "menu", channel_id: store.channelId }, from);
  } catch (refused) {
    announce(refused.message);
    byId("composer-error").textContent = refused.message;
    byId("composer-error").hidden = false;
  }
}

function firstMember() {
  const wanted = kept(MEMBER)?.name ?? new URLSearchParams(location.search).get("as");
  return wanted ?? EVERYBODY_KNOWS;
}

async function setLocale(locale) {
  try {
    await connection.act({ do: "locale", locale });
  } catch (refused) {
    announce(refused.message);
  }
}

messages.setUp({
  use,
  useMenu,
  goTo,
  reply: (message) => composer.setReply(message),
  compose: (text) => composer.compose(text),
});
composer.setUp({
  doAction: (action) => connection.act(action),
  useCommand: (action, label, onStarted) => use(action, null, onStarted),
});
sidebars.setUp({ goTo, speakAs, setLocale, useMenu });
traffic.setUp(connection);

// Typing goes to the composer wherever the focus is, as in Discord.
document.addEventListener("keydown", (event) => {
  const idle = document.activeElement === document.body || document.activeElement?.matches("li.message");
  if (idle && event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) composer.focus();
  if (event.key === "Escape" && document.activeElement?.closest("#messages") && !document.querySelector(".popup")) composer.focus();
});

store.channelId = kept(CHANNEL)?.id ?? null;
connection.member = firstMember();
connection.open();
