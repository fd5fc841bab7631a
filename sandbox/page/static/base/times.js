// Times as Discord shows them; relative ones tick.

import { el } from "./dom.js";
import { locale, now } from "./store.js";

const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
};

// A formatter takes longer to make than a message to draw.
const formatters = new Map();

function formatter(kind, options) {
  const key = `${locale()} ${JSON.stringify(options)}`;
  if (!formatters.has(key)) formatters.set(key, new kind(locale(), options));
  return formatters.get(key);
}

function relative(milliseconds) {
  const seconds = Math.round((milliseconds - now()) / 1000);
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return formatter(Intl.RelativeTimeFormat, { numeric: "always" }).format(Math.trunc(seconds / length), unit);
}

function formatted(date, style) {
  return formatter(Intl.DateTimeFormat, style).format(date);
}

/** A `<t:…>` of markdown. */
export function timestamp(seconds, style) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return el("time", {}, "Invalid Date");
  const full = formatted(date, STYLES.F);
  const text = style === "R" ? relative(date.getTime()) : formatted(date, STYLES[style] ?? STYLES.f);
  const dataset = style === "R" ? { relative: date.getTime() } : {};
  return el("time.timestamp", { datetime: date.toISOString(), title: full, dataset }, text);
}

/** The time of a message: today's without its date. */
export function messageTime(iso) {
  const date = new Date(iso);
  const today = new Date(now()).toDateString() === date.toDateString();
  const style = today ? STYLES.t : { dateStyle: "short", timeStyle: "short" };
  return el("time", { datetime: iso, title: formatted(date, STYLES.F) }, formatted(date, style));
}

/** The time of day alone. */
export function clockTime(iso) {
  return el("time", { datetime: iso }, formatted(new Date(iso), STYLES.t));
}

setInterval(() => {
  for (const element of document.querySelectorAll("time[data-relative]")) {
    const text = relative(Number(element.dataset.relative));
    if (element.textContent !== text) element.textContent = text;
  }
}, 1000);
