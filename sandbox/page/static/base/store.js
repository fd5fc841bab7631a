// What the page knows: the guild, commands and messages as the server tells them, and what this page chose.

import { compareIds } from "./dom.js";

const DISMISSED = "dismissed";

export const store = {
  guild: null,
  commands: [],
  messages: new Map(),
  unanswered: new Map(),
  channelId: null,
  aheadMs: 0,
  unread: new Map(),
  dismissed: new Set(stored(DISMISSED)),
};

function stored(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key)) ?? [];
  } catch {
    return [];
  }
}

/** Keep a value of this page over a reload. */
export function keep(key, value) {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Without storage, a reload starts anew.
  }
}

export function kept(key) {
  const value = stored(key);
  return Array.isArray(value) ? null : value;
}

/** Take what the server tells. Returns what changed: the ids of messages, and the names of the parts. */
export function take(news) {
  const changed = { fresh: Boolean(news.fresh), parts: new Set(Object.keys(news)), created: [], edited: [], gone: [] };
  if (news.fresh) {
    store.messages.clear();
    store.unanswered.clear();
    store.unread.clear();
  }
  if (news.now !== undefined) store.aheadMs = news.now * 1000 - Date.now();
  if (news.guild) {
    store.guild = news.guild;
    const known = news.guild.channels.some((channel) => channel.id === store.channelId);
    if (!known) {
      store.channelId = news.guild.channels[0]?.id ?? null;
      changed.parts.add("channel");
    }
  }
  if (news.commands) store.commands = news.commands;
  for (const message of news.messages ?? []) {
    const former = store.messages.get(message.id);
    (former ? changed.edited : changed.created).push({ message, former });
    store.messages.set(message.id, message);
  }
  for (const id of news.gone ?? []) {
    store.messages.delete(id);
    changed.gone.push(id);
  }
  for (const item of news.unanswered ?? []) store.unanswered.set(item.id, item);
  return changed;
}

/** The messages and failures of a channel in the order of time, without those that were dismissed. */
export function shownIn(channelId) {
  const items = [...store.messages.values(), ...store.unanswered.values()];
  return items
    .filter((item) => item.channel_id === channelId && !store.dismissed.has(item.id) && !item.source)
    .sort((a, b) => compareIds(a.id, b.id));
}

export function dismiss(id) {
  store.dismissed.add(id);
  keep(DISMISSED, [...store.dismissed].slice(-500));
}

export function channel() {
  return store.guild?.channels.find((item) => item.id === store.channelId) ?? null;
}

export function member(id) {
  return store.guild.members.find((item) => item.id === id) ?? null;
}

/** The bot as a member of the guild. */
export function bot() {
  return store.guild.members.find((item) => item.bot);
}

export function locale() {
  return store.guild?.me.locale ?? "en-US";
}

/** The time now in the sandbox's world, in milliseconds. */
export function now() {
  return Date.now() + store.aheadMs;
}

/** Whether a message pings the member who speaks. */
export function pingsMe(message) {
  const me = store.guild.members.find((item) => item.id === store.guild.me.id);
  const roles = Object.entries(store.guild.roles);
  const mine = roles.filter(([, name]) => me?.roles.includes(name)).map(([id]) => id);
  return (
    message.author.id !== store.guild.me.id &&
    (message.mention_everyone ||
      message.mentions.some((user) => user.id === store.guild.me.id) ||
      message.mention_roles.some((id) => mine.includes(id)))
  );
}

/** A name or description in the member's language, as Discord's client chooses it. */
export function localized(item, key) {
  return item[`${key}_localizations`]?.[locale()] ?? item[key];
}
