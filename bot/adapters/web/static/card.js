// One card of the bot. Every version replaces the one before; parts that did not change are left
// alone, so that an opened fold stays open and the focus stays where it is.

import { icon, make, sentence } from "./element.js";
import { FrameView, saveLink } from "./frame.js";
import { strings } from "./strings.js";

const UNFINISHED = new Set(["waiting", "drawing"]);

export class CardView {
  #actions;
  #frames = [new FrameView()]; // the first shows the previews too
  #gallery = make("div", { className: "frames" }, this.#frames[0].element);
  #sentence = make("p", { dir: "auto" });
  #seen = new Map(); // part → what it shows, as JSON
  #parts = {
    icon: make("span", { className: "card-icon" }),
    progress: make("div", { className: "progress" }),
    buttons: make("div", { className: "buttons" }),
    choice: make("div", { className: "choice", role: "group" }),
    notes: make("ul", { className: "notes" }),
    details: make("details", { className: "details" }),
    suggestions: make("ul", { className: "suggestions" }),
  };

  /** actions: press({ action, value }, button), suggest(text) and edit(draft). */
  constructor(actions) {
    this.#actions = actions;
    const { icon: _, progress, ...below } = this.#parts;
    const text = make("div", { className: "card-text" }, this.#parts.icon, this.#sentence);
    const who = make("span", { className: "unseen", textContent: `${strings.bot}: ` });
    this.element = make("article", { className: "card", tabIndex: -1 }, who, text);
    const parts = [progress, this.#gallery, ...Object.values(below)];
    this.element.append(...parts);
    // A new card is read out once; what happens inside it is not.
    for (const part of parts) {
      part.setAttribute("aria-live", "off");
    }
  }

  get isUnfinished() {
    return UNFINISHED.has(this.element.dataset.state);
  }

  update(card) {
    this.#say(card.state, card.text);
    this.#updateProgress(card.progress);
    this.#updateFrames(card);
    this.#draw("buttons", [card.pictures, card.files, card.buttons, card.draft], () => this.#buttons(card));
    this.#draw("choice", [card.buttons, card.choice_label], () => this.#choice(card));
    this.#draw("notes", [card.notes, card.credits], () => notes(card));
    this.#draw("details", [card.details_label, card.details], () => details(card));
    this.#draw("suggestions", card.suggestions, () => card.suggestions.map((text) => this.#suggestion(text)));
  }

  /** The server that told of this is gone; the next one goes on, and will tell. */
  orphan() {
    this.#say("waiting", strings.restarted);
    this.#updateProgress(null);
  }

  /** Change the sentence in place: a screen reader takes a new element for news. */
  #say(state, text) {
    this.element.dataset.state = state;
    this.#draw("icon", state, () => [icon(state)]);
    if (this.#sentence.textContent !== text) this.#sentence.replaceChildren(...sentence(text));
  }

  /** Make a part anew if its data changed, and keep the focus in the card. */
  #draw(name, data, build) {
    const json = JSON.stringify(data);
    if (this.#seen.get(name) === json) return;
    this.#seen.set(name, json);
    const part = this.#parts[name];
    const hadFocus = part.contains(document.activeElement);
    part.replaceChildren(...build());
    if (hadFocus) this.element.focus({ preventScroll: true });
  }

  #updateProgress(progress) {
    const part = this.#parts.progress;
    if (!progress) return part.replaceChildren();
    if (!part.firstChild) part.append(...progressBar());
    const [bar, label] = part.children;
    bar.setAttribute("aria-valuemax", progress.num_steps);
    bar.setAttribute("aria-valuenow", progress.step);
    bar.setAttribute("aria-valuetext", progress.label);
    bar.style.setProperty("--done", progress.step / Math.max(progress.num_steps, 1));
    label.textContent = progress.label;
  }

  #updateFrames({ pictures, preview, state }) {
    while (this.#frames.length < pictures.length) {
      this.#frames.push(new FrameView());
      this.#gallery.append(this.#frames.at(-1).element);
    }
    this.#frames.forEach((frame, index) => {
      const number = pictures.length > 1 ? index + 1 : null;
      frame.update({ picture: pictures[index], number, preview: index ? null : preview, state });
    });
  }

  /** One of several pictures is saved beside it. What the fold below tells needs no button. */
  #buttons(card) {
    const { pictures, files, buttons, draft } = card;
    const saves = pictures.length === 1 ? [saveLink(pictures[0], strings.save)] : [];
    saves.push(...files.map((file) => saveLink(file, file.label)));
    for (const link of saves) link.classList.add("primary");
    const shown = buttons.filter((button) => button.action !== "info" && !isChoice(button, card));
    return [...saves, ...shown.map((button) => this.#button(button, draft))];
  }

  /** What is done with one of several pictures; the buttons of a picture stand together. */
  #choice(card) {
    const buttons = card.buttons.filter((button) => isChoice(button, card));
    this.#parts.choice.ariaLabel = card.choice_label;
    if (!buttons.length) return [];
    buttons.sort((one, other) => one.value - other.value);
    const numActions = new Set(buttons.map(({ action }) => action)).size;
    const grid = make("div", { className: "choices" }, ...buttons.map((button) => this.#button(button)));
    grid.style.setProperty("--columns", Math.max(2, numActions));
    return [make("p", { textContent: card.choice_label, "aria-hidden": "true" }), grid];
  }

  /** What is edited is put into the text box here; everything else is the server's to do. */
  #button(button, draft = "") {
    const properties = { type: "button", className: "button", "data-action": button.action };
    const element = make("button", properties, icon(button.action), button.label);
    element.addEventListener("click", () =>
      button.action === "edit" && draft ? this.#actions.edit(draft) : this.#actions.press(button, element),
    );
    return element;
  }

  #suggestion(text) {
    const button = make("button", { type: "button", className: "suggestion", dir: "auto", textContent: text });
    button.addEventListener("click", () => this.#actions.suggest(text));
    return make("li", {}, button);
  }
}

function isChoice({ value }, card) {
  return Boolean(card.choice_label && value);
}

function progressBar() {
  const bar = make("div", { className: "bar", role: "progressbar", "aria-label": strings.progress, "aria-valuemin": 0 });
  return [bar, make("p", { className: "progress-label", "aria-hidden": "true" })];
}

function notes({ notes, credits }) {
  const credit = ({ text, url }) => make("a", { href: url, target: "_blank", rel: "noopener noreferrer", textContent: text });
  return [
    ...notes.map((note) => make("li", { dir: "auto" }, ...sentence(note))),
    ...credits.map((link) => make("li", {}, credit(link))),
  ];
}

function details(card) {
  if (!card.details.length) return [];
  const rows = card.details.map((row) =>
    make("div", { className: "row" }, make("dt", { textContent: row.label }), make("dd", { dir: "auto" }, ...value(row))),
  );
  return [make("summary", { textContent: card.details_label }), make("dl", {}, ...rows)];
}

function value({ text, words }) {
  if (!words.length) return [text];
  const heaviest = Math.max(...words.map(([, weight]) => weight)) || 1;
  const list = make("ul", { className: "words" }, ...words.map((word) => weighted(word, heaviest)));
  return text ? [make("p", { textContent: text }), list] : [list];
}

/** A word with a bar as long as its weight, beside the heaviest. */
function weighted([word, weight], heaviest) {
  const bar = make("span", { className: "weight", "aria-hidden": "true" });
  bar.style.setProperty("--share", Math.max(weight, 0) / heaviest);
  return make("li", {}, make("span", { className: "word", textContent: word }), bar,
    make("span", { className: "number", textContent: weight.toFixed(2) }));
}
