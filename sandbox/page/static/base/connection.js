// The WebSocket to the sandbox. It comes back by itself after a failure.

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 4000;

/** What the sandbox refused, in one sentence; `field` names the option or field that is wrong. */
export class Refused extends Error {
  constructor(sentence, field = null) {
    super(sentence);
    this.field = field;
  }
}

export class Connection {
  /**
   * `onNews(news)` gets what changes, `onState(connected)` whether there is a connection, and `onUnknown()` is
   * called if there is no such member.
   */
  constructor({ onNews, onTraffic, onState, onUnknown }) {
    this.onNews = onNews;
    this.onTraffic = onTraffic;
    this.onState = onState;
    this.onUnknown = onUnknown;
    this.member = null;
    this.waiting = new Map();
    this.last = 0;
    this.retry = FIRST_RETRY_MS;
    this.greetings = new Map();
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/socket`);
    this.socket.addEventListener("open", () => {
      this.retry = FIRST_RETRY_MS;
      this.onState(true);
      this.socket.send(JSON.stringify({ as: this.member }));
      for (const body of this.greetings.values()) this.socket.send(JSON.stringify(body));
    });
    this.socket.addEventListener("message", (event) => this.receive(JSON.parse(event.data)));
    this.socket.addEventListener("close", () => {
      this.onState(false);
      for (const { reject } of this.waiting.values()) reject(new Refused("The connection was lost."));
      this.waiting.clear();
      setTimeout(() => this.open(), this.retry);
      this.retry = Math.min(this.retry * 2, LONGEST_RETRY_MS);
    });
  }

  /** Speak as another member from now on. */
  speakAs(name) {
    this.member = name;
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ as: name }));
  }

  /** Send this now and after each reconnection, until it is replaced. */
  keepAsking(key, body) {
    this.greetings.set(key, body);
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(body));
  }

  /**
   * Do something; the promise gives its result, and is rejected with Refused. `onStarted` is called once
   * the bot gets the interaction.
   */
  act(action, onStarted = () => {}) {
    return new Promise((resolve, reject) => {
      if (this.socket?.readyState !== WebSocket.OPEN) {
        reject(new Refused("There is no connection to the sandbox at the moment."));
        return;
      }
      this.last += 1;
      this.waiting.set(this.last, { resolve, reject, onStarted });
      this.socket.send(JSON.stringify({ ...action, number: this.last }));
    });
  }

  receive(message) {
    if (message.news) this.onNews(message.news);
    if (message.traffic) this.onTraffic(message.traffic);
    if (message.error && message.number === null) this.onUnknown(); // only the member is sent without a number
    const waiting = this.waiting.get(message.number);
    if (!waiting) return;
    if (message.started) {
      waiting.onStarted(message.started);
      return;
    }
    this.waiting.delete(message.number);
    if (message.error) waiting.reject(new Refused(message.error, message.field ?? null));
    else waiting.resolve(message.result);
  }
}
