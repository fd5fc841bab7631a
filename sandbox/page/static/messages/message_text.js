// What a message says, in words.

import { nested } from "../base/component_types.js";
import { plainText } from "./markdown.js";

/** All texts of a message. */
export function wholeText(message) {
  const embeds = message.embeds.flatMap((embed) => [embed.title, embed.description]);
  const texts = [message.content, ...embeds, ...shownTexts(message.components)].filter(Boolean);
  return texts.map((text) => plain(text, message)).join(". ");
}

/** The first text of a message. */
export function leadText(message) {
  const [embed] = message.embeds;
  return plain(message.content || embed?.title || embed?.description || shownTexts(message.components)[0] || "", message);
}

/** The text that a person copies, with its marks, as in Discord. */
export function copiedText(message) {
  return message.content || message.embeds[0]?.description || shownTexts(message.components).join("\n");
}

function plain(text, message) {
  return plainText(text, { message });
}

/** The texts of components of the second version, without those that are hidden. */
function shownTexts(components) {
  const open = components.filter((component) => !component.spoiler);
  return open.flatMap((component) => [component.content, ...shownTexts(nested(component))]).filter(Boolean);
}
