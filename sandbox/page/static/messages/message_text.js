// What a message says, in words without marks.

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

/** The text that a person copies. */
export function copiedText(message) {
  return plain(message.content || message.embeds[0]?.description || shownTexts(message.components).join("\n"), message);
}

function plain(text, message) {
  return plainText(text, { message });
}

/** The texts of components of the second version. */
function shownTexts(components) {
  return components.flatMap((component) => [component.content, ...shownTexts(nested(component))]).filter(Boolean);
}
