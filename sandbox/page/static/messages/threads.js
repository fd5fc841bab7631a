// What messages have to do with threads, and the messages that they forward.

import { condition, isForum, mark, toChannel } from "../base/channels.js";
import { el } from "../base/dom.js";
import { icon } from "../base/icons.js";
import { store } from "../base/store.js";
import { attachmentsOf, embeds } from "./embeds.js";
import { markdown } from "./markdown.js";

const THREAD_CREATED = 18;
const THREAD_STARTER_MESSAGE = 21;

const find = (id) => store.guild.channels.find((item) => item.id === id);

/** The message whose author and text a message shows: the first one of a thread shows where it started. */
export function shownBy(message) {
  if (message.type === THREAD_STARTER_MESSAGE) return message.referenced_message ?? message;
  return message.type === THREAD_CREATED ? { ...message, content: "" } : message;
}

/** The thread that started from a message, as a button. */
export function threadOf(message) {
  const id = message.type === THREAD_CREATED ? message.message_reference?.channel_id : message.thread?.id;
  const thread = id && find(id);
  if (!thread) return null;
  return el("p.thread-of", {}, message.type === THREAD_CREATED ? "Started a thread: " : "Thread: ", toChannel(thread));
}

/** What a message forwards. */
export function forwarded(message) {
  return (message.message_snapshots ?? []).map(({ message: snapshot }) =>
    el(
      "blockquote.forwarded",
      {},
      el("p.forwarded-head", {}, icon("forward"), " Forwarded"),
      markdown(snapshot.content, { message: snapshot }),
      embeds(snapshot),
      attachmentsOf(snapshot),
    ),
  );
}

/** What an empty channel shows: its name and topic, and the posts of a forum. */
export function emptiness(channel) {
  const posts = store.guild.channels.filter((item) => item.parent === channel.id);
  const list = el("ul.posts", {}, posts.map((post) => el("li", {}, toChannel(post), condition(post) ? ` ${condition(post)}` : "")));
  return [
    el("p.empty-name", {}, mark(channel), channel.name),
    el("p", {}, channel.topic),
    isForum(channel) ? (posts.length ? list : el("p", {}, "This forum has no posts yet.")) : "",
  ];
}
