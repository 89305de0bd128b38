// A person's own message. Long ones are folded.

import { icon, make } from "./element.js";
import { refusal, strings } from "./strings.js";

const FOLD_FROM_CHARS = 400;

export class MessageView {
  isUnfinished = false;
  isLocal = false; // the server does not have it, or did not take it
  #status = make("p", { className: "message-status" });

  /** thumbnail: of the photo that goes with it; only the tab that sends it has one. */
  constructor(text, { isSending = false, hasPhoto = false, thumbnail = null } = {}) {
    const bubble = make("p", { className: "bubble", dir: "auto", textContent: text });
    const who = make("span", { className: "unseen", textContent: `${strings.me}: ` });
    this.element = make("article", { className: "message" }, who);
    if (hasPhoto) this.element.append(photo(thumbnail));
    this.element.append(bubble);
    if (text.length > FOLD_FROM_CHARS) this.element.append(foldButton(bubble));
    this.element.append(this.#status);
    if (!isSending) return;
    this.isLocal = true;
    this.#say(strings.sending, "sending");
  }

  /** The server has it. */
  update() {
    this.isLocal = false;
    this.#say("", "");
  }

  refuse(reason) {
    this.#say(refusal(reason), "refused");
  }

  #say(text, state) {
    this.#status.textContent = text;
    this.element.dataset.state = state;
  }
}

function photo(thumbnail) {
  if (thumbnail) return make("img", { className: "message-photo", src: thumbnail, alt: strings.photo.sent });
  return make("p", { className: "photo-mark" }, icon("photo"), strings.photo.sent);
}

function foldButton(bubble) {
  const button = make("button", { type: "button", className: "fold", textContent: strings.unfold });
  button.setAttribute("aria-expanded", "false");
  bubble.classList.add("folded");
  button.addEventListener("click", () => {
    const isFolded = bubble.classList.toggle("folded");
    button.textContent = isFolded ? strings.unfold : strings.fold;
    button.setAttribute("aria-expanded", String(!isFolded));
  });
  return button;
}
