// The list of messages and cards. The server's list is the truth; this one follows it by id and
// version, so nothing appears twice however often it is sent. A server that was started again has
// forgotten most of it: what an earlier one told stays until a later one says otherwise.

import { CardView } from "./card.js";
import { MessageView } from "./message.js";
import { ScrollEnd } from "./scroll.js";

export class Conversation {
  #log;
  #scroller;
  #end;
  #actions;
  #views = new Map(); // id → view
  #expected = new Set(); // ids that the server is about to send
  #epoch = null; // the run of the server that talks to us

  /** actions: press({ action, value }, jobId, button), suggest(text), edit(draft), finished(card), changed(). */
  constructor({ log, scroller, actions }) {
    this.#log = log;
    this.#scroller = scroller;
    this.#end = new ScrollEnd(scroller, log, () => actions.changed());
    this.#actions = actions;
  }

  get isEmpty() {
    return this.#views.size === 0 && this.#expected.size === 0;
  }

  get isDrawing() {
    return [...this.#views.values()].some((view) => view.isUnfinished);
  }

  get isAtEnd() {
    return this.#end.isReached;
  }

  /** Go to the end, and stay there while the conversation grows. */
  follow() {
    this.#end.follow();
  }

  /** Compare with what the server remembers; it forgot on purpose only what it told itself. */
  hello({ epoch, ids }) {
    for (const [id, view] of this.#views) {
      if (ids.includes(id) || view.isLocal) continue;
      if (view.epoch === epoch) this.gone({ id });
      else if (view.isUnfinished) view.orphan();
    }
    this.#epoch = epoch;
    this.#expect(new Set(ids));
    this.#actions.changed();
  }

  item(item) {
    this.#expected.delete(item.id);
    this.#expect(this.#expected);
    const view = this.#views.get(item.id) ?? this.#add(item);
    if (view.epoch === this.#epoch && view.version === item.version) return;
    const wasUnfinished = view.isUnfinished;
    view.epoch = this.#epoch;
    view.version = item.version;
    view.jobId = item.job_id ?? "";
    view.update(item);
    if (wasUnfinished && !view.isUnfinished) this.#actions.finished(item);
    this.#actions.changed();
  }

  gone({ id }) {
    const element = this.#views.get(id)?.element;
    const hadFocus = element?.contains(document.activeElement);
    element?.remove();
    this.#views.delete(id);
    if (hadFocus) this.#scroller.focus({ preventScroll: true });
    this.#actions.changed();
  }

  /** Let go of everything but what is being sent. */
  emptied() {
    this.#expect(new Set());
    for (const [id, view] of this.#views) if (!view.isLocal) this.gone({ id });
  }

  /** Show a message at once, before the server has it; `thumbnail` is that of its photo. */
  addSending(id, text, thumbnail) {
    const view = new MessageView(text, { isSending: true, hasPhoto: Boolean(thumbnail), thumbnail });
    this.#place(id, view, null);
    this.#actions.changed();
    this.follow();
  }

  refused({ id, reason }) {
    this.#views.get(id)?.refuse?.(reason);
  }

  /** While the history arrives, a screen reader need not read it out. */
  #expect(ids) {
    this.#expected = ids;
    this.#log.ariaBusy = String(ids.size > 0);
  }

  #add(item) {
    const isMessage = item.kind === "message";
    const view = isMessage ? new MessageView(item.text, { hasPhoto: item.has_photo }) : this.#newCard();
    this.#place(item.id, view, item.after);
    return view;
  }

  #newCard() {
    const view = new CardView({
      press: (pressed, button) => this.#actions.press(pressed, view.jobId, button),
      suggest: this.#actions.suggest,
      edit: this.#actions.edit,
    });
    return view;
  }

  #place(id, view, after) {
    this.#views.set(id, view);
    this.#log.insertBefore(view.element, this.#views.get(after)?.element.nextSibling ?? null);
  }
}
