// Discord's markdown as DOM nodes. Every text goes into text nodes, and links lead only to http and https.

import { el } from "../base/dom.js";
import { member, store } from "../base/store.js";
import { timestamp } from "../base/times.js";

const DEEPEST = 12;

// Each rule: a sticky expression, and what a match becomes. `inner` parses what it holds.
const RULES = [
  [/\\([^0-9A-Za-z\s])/y, (match) => match[1]],
  [/```(?:([a-z0-9_+\-.#]+)\n)?\n*([^\n][\s\S]*?|[^\n])\n*```\n?/iy, (match) => codeBlock(match[2], match[1])],
  [/(`+)([\s\S]*?[^`])\1(?!`)/y, (match) => el("code", {}, match[2])],
  [/<t:(-?\d{1,17})(?::([tTdDfFR]))?>/y, (match) => timestamp(Number(match[1]), match[2])],
  [/<@!?(\d{15,22})>/y, (match, context) => userMention(match[1], context)],
  [/<@&(\d{15,22})>/y, (match, context) => roleMention(match[1], context)],
  [/<#(\d{15,22})>/y, (match) => channelMention(match[1])],
  [/<\/([^:<>\n]{1,100}):(\d{15,22})>/y, (match) => commandMention(match[1], match[2])],
  [/<a?:(\w{2,32}):\d{15,22}>/y, (match) => el("span.emoji", { title: `:${match[1]}:` }, `:${match[1]}:`)],
  [/@(everyone|here)\b/y, (match, context) => pill(`@${match[1]}`, Boolean(context.message?.mention_everyone), context)],
  [
    /\[((?:\\[\s\S]|[^\]\\\n])+?)\]\(\s*<?(https?:\/\/(?:[^\s<>()]|\([^\s<>()]*\))+)>?(?:\s+["'][^\n"']*["'])?\s*\)/y,
    (match, context, inner) => link(match[2], inner(match[1])),
  ],
  [/<(https?:\/\/[^\s<>]+)>/y, (match) => link(match[1], [match[1]])],
  // Parentheses belong to an address in pairs.
  [/https?:\/\/(?:[^\s<()]|\([^\s<()]*\))*(?:[^<.,:;"'\]\s()]|\([^\s<()]*\))/y, (match) => link(match[0], [match[0]])],
  [/\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/y, (match, context, inner) => el("strong", {}, inner(match[1]))],
  [/__((?:\\[\s\S]|[^\\])+?)__(?!_)/y, (match, context, inner) => el("u", {}, inner(match[1]))],
  [/~~((?:\\[\s\S]|[^\\])+?)~~/y, (match, context, inner) => el("s", {}, inner(match[1]))],
  [/\|\|([\s\S]+?)\|\|/y, (match, context, inner) => spoiler(inner(match[1]))],
  [
    /\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)/y,
    (match, context, inner) => el("em", {}, inner(match[1])),
  ],
  [/_((?:__|\\[\s\S]|[^\\_])+?)_(?![0-9A-Za-z])/y, (match, context, inner) => el("em", {}, inner(match[1]))],
];

const MAY_BEGIN = /[\\`<@[h*_~|]/;

/** The nodes of a whole text, with its headings, quotes, lists and code blocks. */
export function markdown(text, context = {}) {
  return blocks(text, context, 0);
}

/** The nodes of one line, such as the title of an embed. */
export function inlineMarkdown(text, context = {}) {
  return inline(text, context, 0);
}

/** A text as one reads it aloud, without marks, and without what it hides. */
export function plainText(text, context = {}) {
  const read = el("div", {}, markdown(text, context));
  for (const hidden of read.querySelectorAll(".spoiler")) hidden.replaceWith("spoiler");
  return read.textContent;
}

function inline(text, context, depth) {
  if (depth > DEEPEST) return [text];
  const nodes = [];
  let from = 0;
  let at = 0;
  while (at < text.length) {
    const found = MAY_BEGIN.test(text[at]) ? matchAt(text, at) : null;
    if (!found) {
      at += 1;
      continue;
    }
    if (at > from) nodes.push(text.slice(from, at));
    const [match, make] = found;
    nodes.push(make(match, context, (inner) => inline(inner, context, depth + 1)));
    at += match[0].length;
    from = at;
  }
  if (from < text.length) nodes.push(text.slice(from));
  return nodes;
}

function matchAt(text, at) {
  // An underscore inside a word, as in a_b_c, is a letter.
  if (text[at] === "_" && text[at + 1] !== "_" && /[0-9A-Za-z]/.test(text[at - 1] ?? "")) return null;
  for (const [expression, make] of RULES) {
    expression.lastIndex = at;
    const match = expression.exec(text);
    if (match) return [match, make];
  }
  return null;
}

function blocks(text, context, depth) {
  if (depth > DEEPEST) return [text];
  const nodes = [];
  let plain = [];
  const lines = withCodeBlocksWhole(text);
  const flush = () => {
    if (plain.length) nodes.push(el("span.lines", {}, inline(plain.join("\n"), context, depth)));
    plain = [];
  };
  const block = (node) => {
    flush();
    nodes.push(node);
  };
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    let match;
    if (line.startsWith("```")) {
      plain.push(line);
    } else if ((match = /^(#{1,3})\s+(\S.*)$/.exec(line))) {
      const attributes = { role: "heading", "aria-level": "2" };
      block(el(`div.heading-${match[1].length}`, attributes, inline(match[2], context, depth)));
    } else if ((match = /^-#\s+(\S.*)$/.exec(line))) {
      block(el("small.subtext", {}, inline(match[1], context, depth)));
    } else if (line.startsWith(">>> ")) {
      const rest = [line.slice(4), ...lines.slice(at + 1)].join("\n");
      block(el("blockquote", {}, blocks(rest, context, depth + 1)));
      at = lines.length;
    } else if (line.startsWith("> ")) {
      const quoted = [];
      while (at < lines.length && lines[at].startsWith("> ")) quoted.push(lines[at++].slice(2));
      at -= 1;
      block(el("blockquote", {}, blocks(quoted.join("\n"), context, depth + 1)));
    } else if (LIST_ITEM.test(line)) {
      const items = [];
      while (at < lines.length && (LIST_ITEM.test(lines[at]) || (items.length && /^\s{2,}\S/.test(lines[at])))) {
        items.push(lines[at++]);
      }
      at -= 1;
      block(list(items, context, depth));
    } else {
      plain.push(line);
    }
  }
  flush();
  return nodes;
}

const LIST_ITEM = /^(\s*)([-*]|\d{1,9}\.)\s+(\S.*)$/;

/** The lines of a text; a code block is part of one line, with all that it holds, unless a quote holds it. */
function withCodeBlocksWhole(text) {
  const lines = [];
  for (let from = 0; from <= text.length; ) {
    let end = endOfLine(text, from);
    for (let open = text.indexOf("```", from); !text.startsWith("> ", from) && open >= 0 && open < end; ) {
      const close = text.indexOf("```", open + 4);
      if (close < 0) break;
      end = endOfLine(text, close + 3);
      open = text.indexOf("```", close + 3);
    }
    lines.push(text.slice(from, end));
    from = end + 1;
  }
  return lines;
}

function endOfLine(text, from) {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

/** A list, in which deeper items are lists inside the item before them. */
function list(lines, context, depth) {
  const match = LIST_ITEM.exec(lines[0]);
  const indent = match[1].length;
  const ordered = /\d/.test(match[2]);
  const root = el(ordered ? "ol" : "ul", ordered ? { start: parseInt(match[2], 10) } : {});
  for (let at = 0; at < lines.length; at += 1) {
    const item = LIST_ITEM.exec(lines[at]);
    const below = [];
    while (at + 1 < lines.length) {
      const next = LIST_ITEM.exec(lines[at + 1]);
      if (next && next[1].length <= indent) break;
      below.push(lines[++at]);
    }
    // What lies deeper than the deepest list is text of its item.
    const nested = depth < DEEPEST ? below.findIndex((line) => LIST_ITEM.test(line)) : -1;
    const more = (nested < 0 ? below : below.slice(0, nested)).map((line) => `\n${line.trim()}`).join("");
    const text = (item ? item[3] : lines[at].trim()) + more;
    const inner = nested < 0 ? [] : [list(below.slice(nested), context, depth + 1)];
    root.append(el("li", {}, el("span.lines", {}, inline(text, context, depth)), inner));
  }
  return root;
}

function codeBlock(code, language) {
  return el("pre", { tabindex: "0", "aria-label": language ? `Code (${language})` : "Code", role: "region" }, el("code", {}, code));
}

export function link(address, children) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return el("span", {}, children);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return el("span", {}, children);
  return el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow", title: url.href }, children);
}

function spoiler(children) {
  const element = el("span.spoiler", { role: "button", tabindex: "0", "aria-label": "Spoiler: press to show it" });
  const content = el("span.spoiler-text", { "aria-hidden": "true" }, children);
  const reveal = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    element.replaceWith(el("span.spoiler.shown", {}, ...content.childNodes));
  };
  element.addEventListener("click", reveal);
  element.addEventListener("keydown", reveal);
  element.append(content);
  return element;
}

/** A mention; `pings` says whether the message told the person of it. */
function pill(text, pings, context) {
  const told = pings || !context.message;
  return el(told ? "span.mention" : "span.mention.silent", { title: told ? null : "Named without a ping" }, text);
}

function userMention(id, context) {
  const user = member(id);
  const pings = Boolean(context.message?.mentions.some((item) => item.id === id));
  return pill(`@${user?.display_name ?? "unknown-user"}`, pings, context);
}

function roleMention(id, context) {
  const pings = Boolean(context.message?.mention_roles.includes(id));
  return pill(`@${store.guild.roles[id] ?? "unknown-role"}`, pings, context);
}

function channelMention(id) {
  const found = store.guild.channels.find((item) => item.id === id);
  if (!found) return el("span.mention", {}, "#unknown");
  return el("button.mention", { type: "button", dataset: { channel: id } }, `#${found.name}`);
}

function commandMention(name, id) {
  const known = store.commands.some((command) => command.id === id);
  if (!known) return el("span.mention", {}, `/${name}`);
  return el("button.mention", { type: "button", dataset: { command: name } }, `/${name}`);
}
