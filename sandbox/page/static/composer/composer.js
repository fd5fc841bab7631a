// The composer: a line of text, the name of a command, or a command that is being filled in.

import { announce, byId, el } from "../base/dom.js";
import { isForum } from "../base/channels.js";
import { bot, channel, locale, store } from "../base/store.js";
import { leadText } from "../messages/message_text.js";
import { Combobox } from "./combobox.js";
import { CommandFields } from "./command_fields.js";
import { fitting, leaves } from "./command_options.js";

const form = byId("composer");
const line = byId("line");
const command = byId("command-name");
const filled = byId("command-fields");
const hint = byId("hint");
const error = byId("composer-error");
const replyBar = byId("reply-bar");
const LONGEST = 2000;

let act = null;
let fields = null;
let replyTo = null;
let naming = null;
let onItsWay = null;

/** `doAction(action, onStarted)` sends an action. `useCommand` does the same and shows what the bot opens. */
export function setUp({ doAction, useCommand }) {
  act = { doAction, useCommand };
  naming = new Combobox(command, { first: true, suggest: suggestCommands, pick: (item) => fillIn(item) });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  line.addEventListener("input", () => {
    grow();
    showError(null);
    if (line.value.startsWith("/")) takeCommandLine(line.value);
  });
  line.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape") {
      setReply(null);
    } else if (event.key === "ArrowUp" && !line.value) {
      const last = byId("messages").lastElementChild;
      if (last) {
        event.preventDefault();
        last.focus();
      }
    }
  });
  filled.addEventListener("input", () => showError(null));
  command.addEventListener("input", () => {
    showError(null);
    if (!command.value.startsWith("/")) showText(command.value);
    else takeCommandLine(command.value);
  });
  command.addEventListener("keydown", (event) => {
    if (naming.takes(event)) return;
    if (event.key === "Enter") {
      event.preventDefault();
      send();
    } else if (event.key === "Escape") {
      showText("");
    }
  });
}

function suggestCommands(text) {
  const items = fitting(leaves(), text.replace(/^\//, ""));
  return { title: `Commands of ${bot().display_name}`, items, note: items.length ? "" : "No command matches" };
}

/** Take text that begins with a slash: a name that is being typed, or a whole line that was pasted. */
function takeCommandLine(text) {
  const leaf = leaves()
    .filter((item) => [item.label, `/${item.words.join(" ")}`].some((name) => text.startsWith(`${name} `)))
    .sort((a, b) => b.words.length - a.words.length)[0];
  if (leaf) {
    const name = [leaf.label, `/${leaf.words.join(" ")}`].find((item) => text.startsWith(`${item} `));
    fillIn(leaf, text.slice(name.length).trimStart());
    return;
  }
  showOnly(command);
  if (command.value !== text) command.value = text;
  if (document.activeElement !== command) command.focus();
}

function fillIn(leaf, rest = "") {
  naming.close();
  showOnly(filled);
  fields = new CommandFields(filled, leaf, {
    act: act.doAction,
    channelId: () => store.channelId,
    send,
    hint: showHint,
    cancel: (label) => {
      showOnly(command);
      command.value = label;
      command.focus();
    },
    leave: () => showText(""),
  });
  fields.focus();
  if (rest) {
    fields.adder.value = rest;
    fields.takeTyped(rest);
    if (fields.adder.value) fields.adding.refresh();
  }
}

function showOnly(part) {
  line.hidden = part !== line;
  command.hidden = part !== command;
  filled.hidden = part !== filled;
  if (part !== filled) {
    fields = null;
    filled.replaceChildren();
    showHint(null);
  }
  showError(null);
}

function showText(text) {
  setText(text);
  line.focus();
}

function setText(text) {
  naming.close();
  showOnly(line);
  line.value = text;
  grow();
}

/** Begin anew, as another member does; the focus stays where it is. */
export function reset() {
  setReply(null);
  setText("");
}

function grow() {
  line.style.height = "auto";
  line.style.height = `${Math.min(line.scrollHeight, innerHeight * 0.3)}px`;
}

function showHint(nodes) {
  hint.hidden = !nodes;
  hint.replaceChildren(...(nodes ?? []));
  hint.lang = locale();
}

function showError(sentence) {
  error.textContent = sentence ?? "";
  error.hidden = !sentence;
}

/** Reply to a message from now on, or to none. */
export function setReply(message) {
  replyTo = message;
  replyBar.hidden = !message;
  if (!message) return;
  const name = message.author.global_name ?? message.author.username;
  const cancel = el("button.as-link", { type: "button", onclick: () => (setReply(null), line.focus()) }, "Cancel");
  const said = leadText(message);
  replyBar.replaceChildren(el("span", {}, "Replying to ", el("strong", {}, name), " ", el("span.said", {}, said.slice(0, 80))), cancel);
  showText(line.value);
}

/** Put a text into the composer, as after a press on the mention of a command. */
export function compose(text) {
  if (text.startsWith("/")) takeCommandLine(text);
  else showText(text);
}

export function focus() {
  if (fields) fields.focus();
  else if (!command.hidden) command.focus();
  else line.focus();
}

function whyNot(here, name) {
  if (here && isForum(here)) return `${name} is a forum: choose one of its posts`;
  return here?.locked ? `The thread ${here.name} is locked` : `You may not write in ${name}`;
}

/** Adapt to the channel and to the commands that are there now. */
export function refresh() {
  const here = channel();
  const name = here ? `#${here.name}` : "";
  const may = Boolean(here?.may_write);
  line.placeholder = may ? `Message ${name} (/ for commands)` : whyNot(here, name);
  byId("suggestions").lang = locale();
  line.setAttribute("aria-label", may ? `Message ${name}` : `Commands in ${name}`);
  if (naming?.isOpen) naming.refresh();
}

async function send() {
  if (!store.guild) return;
  if (fields) await once(fields, sendCommand);
  else if (!command.hidden) showError(`There is no command ${command.value.split(" ")[0]} for you here. Press ↑ or ↓ to see those that there are.`);
  else await once(line.value, sendText);
}

/** Send what is not on its way: Enter may be pressed again before a text or a command has left the composer. */
async function once(what, sendIt) {
  if (onItsWay === what) return;
  onItsWay = what;
  try {
    await sendIt();
  } finally {
    if (onItsWay === what) onItsWay = null;
  }
}

async function sendText() {
  const text = line.value;
  if (!text.trim()) return;
  if ([...text].length > LONGEST) {
    showError(`A message has at most ${LONGEST} characters; this one has ${[...text].length}.`);
    return;
  }
  try {
    await act.doAction({ do: "write", channel_id: store.channelId, text, replies_to: replyTo?.id ?? null });
  } catch (refused) {
    showError(refused.message);
    return;
  }
  setReply(null);
  if (line.value === text) showText("");
}

async function sendCommand() {
  const sent = fields;
  const rest = sent.adder.value.trim();
  if (rest) {
    showError(`“${rest}” belongs to no option. Choose an option, or delete this text.`);
    return;
  }
  const files = await sent.files();
  if (!files) return;
  const action = { do: "use", channel_id: store.channelId, words: sent.command.words, values: sent.given(), files };
  form.setAttribute("aria-busy", "true");
  try {
    await act.useCommand(action, sent.command.label, () => {
      announce(`Sent ${sent.command.label}`);
      if (fields === sent) showText("");
    });
  } catch (refused) {
    if (fields !== sent) {
      announce(refused.message);
      return;
    }
    if (!refused.field || !sent.showError(refused.field, refused.message)) showError(refused.message);
  } finally {
    form.removeAttribute("aria-busy");
  }
}
