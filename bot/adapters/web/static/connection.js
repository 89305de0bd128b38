// The socket of this tab: opens, opens again by itself, and sends every event until the server
// has acknowledged it; a photo goes ahead of its event each time, because servers forget photos.
// Knows nothing of what is shown.

import { PhotoRefused, upload } from "./photo.js";
import { freshToken } from "./server.js";

const FIRST_DELAY_MS = 400;
const MAX_DELAY_MS = 8_000;
const SUBPROTOCOL = "geuryeojwo";
const CROWDED = 1013; // the server's close code for too many tabs

export class Connection {
  #handlers;
  #socket = null;
  #isOpening = false;
  #timer = 0;
  #failures = 0;
  #unanswered = new Map(); // event id → { frame, file }

  /** handlers: hello, item, gone, emptied, ack, refused take a frame; state takes its name; leave() takes nothing. */
  constructor(handlers) {
    this.#handlers = handlers;
    addEventListener("online", () => this.#retryNow());
    document.addEventListener("visibilitychange", () => document.hidden || this.#retryNow());
  }

  async open() {
    if (this.#isOpening || this.#socket !== null) return;
    this.#isOpening = true;
    const token = await freshToken().catch(() => undefined);
    this.#isOpening = false;
    if (token === undefined) return this.#retryLater();
    if (token === null) return this.#handlers.leave(); // the login is over
    const address = new URL("/socket", location.href);
    address.protocol = location.protocol.replace("http", "ws");
    this.#socket = new WebSocket(address, [SUBPROTOCOL, token]); // a socket has no headers of ours
    this.#socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    this.#socket.onclose = (event) => this.#retryLater(event.code);
  }

  /** Send an event, perhaps with the file of a photo, now or as soon as there is a connection. */
  send(frame, file = null) {
    this.#unanswered.set(frame.id, { frame, file });
    if (this.#isOpen) this.#transmit(frame, file);
  }

  get #isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Where the connection is lost meanwhile, the next one transmits again. */
  async #transmit(frame, file) {
    try {
      const named = file ? { ...frame, photo: await upload(file) } : frame;
      if (this.#isOpen) this.#socket.send(JSON.stringify(named));
    } catch (error) {
      const isRefused = error instanceof PhotoRefused;
      if (!isRefused && !this.#isOpen) return;
      this.#receive({ type: "refused", id: frame.id, reason: isRefused ? error.reason : "photo_unsent" });
    }
  }

  #receive(frame) {
    if (frame.type === "hello") this.#welcome(frame);
    if (frame.type === "ack" || frame.type === "refused") this.#unanswered.delete(frame.id);
    this.#handlers[frame.type]?.(frame);
  }

  #welcome() {
    this.#failures = 0;
    this.#handlers.state("open");
    for (const { frame, file } of this.#unanswered.values()) this.#transmit(frame, file);
  }

  #retryLater(code) {
    this.#socket = null;
    this.#handlers.state(code === CROWDED ? "crowded" : "lost");
    const delay = Math.min(FIRST_DELAY_MS * 2 ** this.#failures, MAX_DELAY_MS);
    this.#failures += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.open(), delay * (0.75 + Math.random() / 2));
  }

  #retryNow() {
    if (this.#socket !== null) return;
    clearTimeout(this.#timer);
    this.open();
  }
}

/** An id that no other event has. `randomUUID` is missing on plain http beyond loopback. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
