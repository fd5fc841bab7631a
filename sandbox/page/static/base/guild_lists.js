// The members, roles and channels that Discord lists to pick from, as `{label, value, description}`.

import { store } from "./store.js";

export function people() {
  return store.guild.members.map((item) => ({ label: item.display_name, value: item.id, description: `@${item.name}` }));
}

export function roles() {
  return Object.entries(store.guild.roles).map(([value, name]) => ({ label: name.startsWith("@") ? name : `@${name}`, value }));
}

/** The channels of the given types; all if none are given. */
export function channels(types) {
  return store.guild.channels
    .filter((item) => !types?.length || types.includes(item.kind))
    .map((item) => ({ label: `#${item.name}`, value: item.id }));
}
