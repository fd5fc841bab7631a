// The kinds of channels: their marks and names.

import { el } from "./dom.js";
import { icon } from "./icons.js";

const FORUM = 15;

const KINDS = {
  2: ["speaker", "voice channel"],
  5: ["megaphone", "announcements"],
  10: ["thread", "thread"],
  11: ["thread", "thread"],
  12: ["lock", "private thread"],
  15: ["forum", "forum"],
};

export const isForum = (channel) => channel.kind === FORUM;

/** The mark before a channel's name: # for texts, and a picture for the others. */
export function mark(channel) {
  const [picture] = KINDS[channel?.kind] ?? [];
  return el("span.hash", { "aria-hidden": "true" }, picture ? icon(picture) : "#");
}

/** Whether a thread is locked or archived, in words. */
export function condition(channel) {
  return [channel.locked && "locked", channel.archived && "archived"].filter(Boolean).join(", ");
}

/** What a channel is, beside a place for texts, in words. */
export function nature(channel) {
  const [, name] = KINDS[channel.kind] ?? [];
  return [name, condition(channel)].filter(Boolean).join(", ");
}

/** A button that opens a channel; `actions` of the message list listen for it. */
export function toChannel(channel) {
  return el("button.mention.to-channel", { type: "button", dataset: { channel: channel.id } }, mark(channel), channel.name);
}
