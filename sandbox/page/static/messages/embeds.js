// Embeds and attachments of messages.

import { el } from "../base/dom.js";
import { icon } from "../base/icons.js";
import { store } from "../base/store.js";
import { messageTime } from "../base/times.js";
import { inlineMarkdown, link, markdown } from "./markdown.js";

/** The files of a message that no embed shows. */
export function attachmentsOf(message) {
  const shown = message.attachments.map((file) => (file.filename.startsWith("SPOILER_") ? hidden(file.id, attachment(file)) : attachment(file)));
  return shown.length ? el(".attachments", {}, shown) : null;
}

/** Something that a message hides until a person opens it; the key tells it from others of the message. */
export function hidden(key, shown) {
  return el("details.hidden-part", { dataset: { key: `spoiler-${key}` } }, el("summary", {}, "Spoiler"), shown);
}

export function attachment(file) {
  if (file.content_type?.startsWith("image/")) {
    return picture(file.url, file.description ?? file.filename, file);
  }
  const address = ownPath(file.url);
  return el(
    ".file",
    {},
    icon("file"),
    el("span.file-name", {}, address ? el("a", { href: address, download: file.filename }, file.filename) : file.filename),
    el("span.file-size", {}, size(file.size)),
  );
}

function size(bytes) {
  return bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The path of a file that the sandbox itself serves, by whatever name this page was opened; else null. */
function ownPath(address) {
  let url;
  try {
    url = new URL(address, location.href);
  } catch {
    return null;
  }
  const own = [location.origin, store.guild?.address].includes(url.origin);
  return own && url.pathname.startsWith("/sandbox/attachments/") ? url.pathname : null;
}

/** A picture with its alternative text. Nothing is loaded from outside: another picture is a link. */
export function picture(address, description, { width, height } = {}) {
  const path = ownPath(address);
  if (!path) return el("p.outside", {}, "Picture: ", link(address, [address]));
  const image = el("img", { src: path, alt: description, loading: "lazy", width, height });
  return el("a.picture", { href: path, target: "_blank", title: "Open the picture" }, image);
}

export function embeds(message) {
  return message.embeds.map(one);
}

function shown(media) {
  return picture(media.url, media.description ?? "Picture", media);
}

function one(embed) {
  const context = { message: null };
  const card = el("article.embed", { "aria-label": embed.title ? null : "Embed" });
  if (embed.color !== undefined) {
    card.style.setProperty("--bar", `#${embed.color.toString(16).padStart(6, "0")}`);
  }
  const body = el(".embed-body");
  if (embed.author) body.append(el(".embed-author", {}, embed.author.url ? link(embed.author.url, [embed.author.name]) : embed.author.name));
  if (embed.title) {
    const title = inlineMarkdown(embed.title, context);
    body.append(el(".embed-title", {}, embed.url ? link(embed.url, title) : title));
  }
  if (embed.description) body.append(el(".embed-description", {}, markdown(embed.description, context)));
  if (embed.fields?.length) {
    body.append(
      el(
        "dl.embed-fields",
        {},
        embed.fields.map((field) =>
          el(
            field.inline ? ".embed-field.inline" : ".embed-field",
            {},
            el("dt", {}, inlineMarkdown(field.name, context)),
            el("dd", {}, markdown(field.value, context)),
          ),
        ),
      ),
    );
  }
  if (embed.image) body.append(shown(embed.image));
  card.append(body);
  if (embed.thumbnail) card.append(el(".thumbnail", {}, shown(embed.thumbnail)));
  if (embed.footer || embed.timestamp) {
    const parts = [embed.footer?.text, embed.timestamp ? messageTime(embed.timestamp) : null].filter(Boolean);
    card.append(el(".embed-footer", {}, parts.flatMap((part, at) => (at ? [" • ", part] : [part]))));
  }
  return card;
}
