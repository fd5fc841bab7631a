// The panel for the curious: what bot and worker sent and got, in order, and switches for faults.

import { byId, el, setChildren } from "../base/dom.js";

const KEPT = 300;
const LONGEST_BODY = 20_000;
const FAULTS = [
  ["500", "500 Internal Server Error"],
  ["502", "502 Bad Gateway"],
  ["503", "503 Service Unavailable"],
  ["504", "504 Gateway Timeout"],
  ["429", "429 Too Many Requests"],
  ["429_page", "429 without JSON, as a proxy sends it"],
  ["400", "400 Bad Request"],
  ["401", "401 Unauthorized"],
  ["403", "403 Forbidden"],
  ["404", "404 Not Found"],
  ["slow", "A slow answer"],
  ["reset", "The connection breaks before the request is handled"],
  ["cut", "The connection breaks after the request is handled"],
  ["drop_gateway", "The gateway closes the connection"],
  ["reconnect", "The gateway asks to reconnect"],
  ["invalid_session", "The gateway ends the session"],
];
const AT_ONCE = ["drop_gateway", "reconnect", "invalid_session"];

const panel = byId("traffic");
const opener = byId("show-traffic");
let connection = null;
let entries = [];
let list = null;
let pending = null;
let takeBack = null;
let table = null;
let live = null;
let onlyLast = true;

export function setUp(given) {
  connection = given;
  opener.addEventListener("click", () => toggle(panel.hidden));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") toggle(false);
  });
}

function toggle(shows) {
  if (shows && !list) build();
  panel.hidden = !shows;
  opener.setAttribute("aria-expanded", String(shows));
  if (shows) entries = [];
  connection.keepAsking("traffic", { traffic: shows });
  (shows ? panel.querySelector("button") : opener).focus();
}

/** Take entries from the server. */
export function add({ entries: more, pending_faults: count, queues, live_model: model }) {
  if (more.length && entries.length && more[0].number <= entries.at(-1).number) entries = [];
  entries = [...entries, ...more].slice(-KEPT);
  if (!list) return;
  drawPending(count);
  drawQueues(queues);
  drawLiveModel(model);
  draw();
}

function drawPending(count, none = "") {
  const text = count ? `${count} ${count === 1 ? "fault waits" : "faults wait"} for requests.` : none;
  if (pending.textContent !== text) pending.textContent = text;
  takeBack.hidden = !count;
}

function drawLiveModel(model) {
  const name = live.querySelector("strong");
  live.hidden = !model;
  // A change is announced; the same name again would be too.
  if (model && name.textContent !== model) name.textContent = model;
}

function drawQueues(queues) {
  const rows = queues.map(({ name, waiting, working, workers }) =>
    el("tr", {}, el("th", { scope: "row" }, name), ...[waiting, working, workers].map((count) => el("td", {}, String(count)))),
  );
  const heads = ["Queue", "Waiting", "In work", "Workers"].map((name) => el("th", { scope: "col" }, name));
  table.hidden = !queues.length;
  table.replaceChildren(el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows));
}

function build() {
  table = el("table.queues", { hidden: true });
  live = el("p.live-model", { role: "status", hidden: true }, "Live model: ", el("strong"));
  list = el("ol.entries", { "aria-label": "Traffic in order" });
  pending = el("p.pending", { role: "status" });
  takeBack = el("button.button.secondary", { type: "button", hidden: true }, "Take them back");
  const scope = el("select", { id: "traffic-scope" }, el("option", { value: "last" }, "The last exchange"), el("option", { value: "all" }, "All"));
  scope.addEventListener("change", () => {
    onlyLast = scope.value === "last";
    draw();
  });
  panel.append(
    el(
      ".side-head",
      {},
      el("h2.side-title", {}, "Traffic"),
      el("button.icon", { type: "button", "aria-label": "Close the traffic", onclick: () => toggle(false) }, "×"),
    ),
    el(".traffic-scope", {}, el("label", { for: "traffic-scope" }, "Show"), scope),
    el(".side-scroll", { tabindex: "0", role: "region", "aria-label": "Entries" }, list),
    live,
    table,
    faults(),
  );
}

function draw() {
  const begins = entries.findLastIndex((entry) => entry.name === "INTERACTION_CREATE" && entry.sent?.type !== 4);
  const shown = onlyLast && begins >= 0 ? entries.slice(begins) : entries;
  const first = shown[0]?.at ?? 0;
  const open = new Set([...list.querySelectorAll("details[open]")].map((element) => element.dataset.number));
  const known = new Map([...list.children].map((element) => [element.dataset.key, element]));
  const items = shown.map((entry) => known.get(`${entry.number}/${first}`) ?? drawEntry(entry, first, open));
  setChildren(list, items.length ? items : [el("li.note", {}, "Nothing yet. Use a command.")]);
}

function drawEntry(entry, first, open) {
  const failed = entry.status >= 400;
  const details = el(
    "details",
    { dataset: { number: entry.number }, open: open.has(String(entry.number)) },
    el(
      "summary",
      {},
      el("span.direction", { title: entry.to_bot ? "to the bot" : "from the bot or a worker" }, entry.to_bot ? "→" : "←"),
      el("span.visually-hidden", {}, entry.to_bot ? "to the bot: " : "from the bot or a worker: "),
      el("span.entry-name", {}, entry.name),
      entry.status ? el(`span.status${failed ? ".failed" : ""}`, {}, String(entry.status)) : null,
      entry.ms !== undefined ? el("span.ms", {}, `${entry.ms} ms`) : null,
      el("span.ms", {}, `+${Math.round((entry.at - first) * 1000)} ms`),
    ),
  );
  // Bodies are written when somebody looks.
  const fill = () => {
    if (!details.open || details.childElementCount > 1) return;
    details.append(...[["Sent", entry.sent], ["Files", entry.files?.length ? entry.files : null], ["Answer", entry.got]].flatMap(([name, body]) => bodyOf(name, body)));
    if (details.childElementCount === 1) details.append(el("p.note", {}, "No body."));
  };
  details.addEventListener("toggle", fill);
  fill();
  return el("li", { dataset: { key: `${entry.number}/${first}` } }, details);
}

function bodyOf(name, body) {
  if (body === null || body === undefined) return [];
  const text = JSON.stringify(body, null, 2);
  const shown = text.length > LONGEST_BODY ? `${text.slice(0, LONGEST_BODY)}\n… (${text.length} characters)` : text;
  return [el("p.body-name", {}, name), el("pre", { tabindex: "0", role: "region", "aria-label": name }, shown)];
}

function faults() {
  const kind = el("select", { id: "fault-kind" }, FAULTS.map(([value, label]) => el("option", { value }, label)));
  const field = (id, label, input) => [el("label", { for: id }, label), input];
  const route = el("input", { id: "fault-route", type: "text", placeholder: "any, or PATCH /webhooks", spellcheck: "false" });
  const times = el("input", { id: "fault-times", type: "number", min: "1", value: "1" });
  const seconds = el("input", { id: "fault-seconds", type: "number", min: "0", max: "600", step: "0.5", value: "1" });
  const rest = [field("fault-route", "Requests with", route), field("fault-times", "Times", times), field("fault-seconds", "Seconds", seconds)].flat();
  const problem = el("p.composer-error", { role: "alert" });
  const show = () => rest.forEach((element) => (element.hidden = AT_ONCE.includes(kind.value)));
  kind.addEventListener("change", show);
  const form = el(
    "form",
    { novalidate: true },
    el(".fault-fields", {}, ...field("fault-kind", "Fault", kind), ...rest),
    problem,
    el("button.button.secondary", { type: "submit" }, "Cause it"),
    pending,
    takeBack,
  );
  const send = async (fault) => {
    problem.textContent = "";
    try {
      const { pending_faults: count } = await connection.act({ fault });
      drawPending(count, "Done.");
    } catch (refused) {
      problem.textContent = refused.message;
    }
  };
  takeBack.addEventListener("click", () => send(null));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const body = AT_ONCE.includes(kind.value)
      ? { kind: kind.value }
      : { kind: kind.value, route: route.value, times: Number(times.value), seconds: Number(seconds.value) };
    send(body);
  });
  show();
  return el("details.faults", {}, el("summary", {}, "Cause a fault"), form);
}
