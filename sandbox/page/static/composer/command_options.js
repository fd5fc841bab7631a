// What an option of a command takes (Discord documentation, "Application Command Option").

import { channels, people, roles } from "../base/guild_lists.js";
import { localized, store } from "../base/store.js";

const SUB_COMMAND = 1;
const SUB_COMMAND_GROUP = 2;
const STRING = 3;
export const INTEGER = 4;
const BOOLEAN = 5;
const USER = 6;
const CHANNEL = 7;
const ROLE = 8;
const MENTIONABLE = 9;
export const NUMBER = 10;
export const ATTACHMENT = 11;

/** Every command and subcommand that has options of its own: `{words, label, description, options}`. */
export function leaves() {
  return store.commands.filter((command) => command.type === 1).flatMap((command) => below(command, [command.name], `/${localized(command, "name")}`));
}

function below(item, words, label) {
  const inner = (item.options ?? []).filter((option) => option.type === SUB_COMMAND || option.type === SUB_COMMAND_GROUP);
  if (inner.length) {
    return inner.flatMap((option) => below(option, [...words, option.name], `${label} ${localized(option, "name")}`));
  }
  return [{ words, label, description: localized(item, "description"), options: item.options ?? [] }];
}

/** What one may put into an option, in a few words. */
export function range(option) {
  const { min_value: least, max_value: most, min_length: shortest, max_length: longest } = option;
  if (option.choices?.length) return "one of the choices";
  switch (option.type) {
    case STRING:
      if (shortest || longest) return `${shortest ?? 0} to ${longest ?? 6000} characters`;
      return "text";
    case INTEGER:
    case NUMBER: {
      const kind = option.type === INTEGER ? "a whole number" : "a number";
      if (least !== undefined && most !== undefined) return `${kind} from ${least} to ${most}`;
      if (least !== undefined) return `${kind} from ${least}`;
      return most === undefined ? kind : `${kind} up to ${most}`;
    }
    case BOOLEAN:
      return "true or false";
    case USER:
      return "a member";
    case CHANNEL:
      return "a channel";
    case ROLE:
      return "a role";
    case MENTIONABLE:
      return "a member or a role";
    case ATTACHMENT:
      return "a file";
    default:
      return "";
  }
}

/** The values that an option offers, as `{label, value, description}`; null if a person types freely. */
export function values(option) {
  if (option.choices?.length) {
    return option.choices.map((choice) => ({ label: localized(choice, "name"), value: String(choice.value) }));
  }
  switch (option.type) {
    case BOOLEAN:
      return ["True", "False"].map((label) => ({ label, value: label.toLowerCase() }));
    case USER:
      return people();
    case CHANNEL:
      return channels(option.channel_types);
    case ROLE:
      return roles();
    case MENTIONABLE:
      return [...people(), ...roles()];
    default:
      return null;
  }
}

/** Those whose label contains the text, first those that begin with it. */
export function fitting(items, text) {
  const wanted = text.trim().toLowerCase();
  const rank = (item) => item.label.toLowerCase().replace(/^[/#@]/, "").indexOf(wanted);
  return items
    .filter((item) => rank(item) >= 0)
    .sort((a, b) => (rank(a) === 0 ? 0 : 1) - (rank(b) === 0 ? 0 : 1));
}
