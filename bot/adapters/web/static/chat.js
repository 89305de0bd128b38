// The page: wires the connection, the conversation, the photo and the text box together.

import { Connection, newId } from "./connection.js";
import { Conversation } from "./conversation.js";
import { ChosenPhoto } from "./photo.js";
import { postFields } from "./server.js";
import { refusal, strings } from "./strings.js";

const MAX_FRAME_BYTES = 64 * 1024; // the server refuses longer ones

const element = (id) => document.getElementById(id);
const text = element("text");
const hasKeyboard = matchMedia("(hover: hover)").matches; // on a phone, focus would open one
const pressed = new Map(); // event id → button

const conversation = new Conversation({
  log: element("log"),
  scroller: element("scroller"),
  actions: { press, suggest, edit, finished, changed },
});

const photo = new ChosenPhoto(element("photo"), {
  chosen: () => (notify(strings.photo.chosen, "hint"), text.focus()),
  removed: () => (notify(strings.photo.removed, "hint"), element("attach").focus()),
  refused: (reason) => notify(refusal(reason)),
});

const connection = new Connection({
  hello,
  item: (frame) => conversation.item(frame),
  gone: (frame) => conversation.gone(frame),
  emptied: () => conversation.emptied(),
  ack: ({ id }) => release(id),
  refused: refuse,
  state: showConnection,
  leave: () => location.reload(), // the server asks for the password in the place of the page
});

function hello(frame) {
  element("leave").hidden = !frame.has_login;
  conversation.hello(frame);
}

/** Send words, with a photo if there is one; gives whether they were taken. */
function say(words, chosen = null) {
  const frame = { type: "say", id: newId(), text: words };
  if (new TextEncoder().encode(JSON.stringify(frame)).length > MAX_FRAME_BYTES) {
    notify(refusal("too_long"));
    return false;
  }
  notify("");
  conversation.addSending(frame.id, words, chosen?.thumbnail);
  connection.send(frame, chosen?.file);
  return true;
}

/** Send an example; the text box takes the focus, because the example may disappear. */
function suggest(words) {
  say(words);
  if (hasKeyboard) text.focus();
}

function press({ action, value }, jobId, button) {
  if (button.ariaDisabled === "true") return;
  const frame = { type: "press", id: newId(), action, job_id: jobId, value };
  button.ariaDisabled = "true";
  pressed.set(frame.id, button);
  conversation.follow();
  connection.send(frame);
}

/** Put a request into the text box to be changed; undo brings back what stood there. */
function edit(draft) {
  text.focus();
  text.select();
  // Deprecated, but nothing else writes into a text box so that it can be undone.
  if (!document.execCommand("insertText", false, draft)) text.value = draft;
  grow();
  notify(draft.includes("시드:") ? strings.draft : strings.mend, "hint");
}

function release(id) {
  const button = pressed.get(id);
  if (button) button.ariaDisabled = null;
  pressed.delete(id);
}

function refuse(frame) {
  release(frame.id);
  conversation.refused(frame);
  notify(refusal(frame.reason));
}

function finished(card) {
  element("announcer").textContent = [card.text, ...card.notes].join(" ");
  if (document.hidden && card.pictures.length) document.title = strings.title.arrived;
}

function changed() {
  element("welcome").hidden = !conversation.isEmpty;
  element("to-end").hidden = conversation.isAtEnd;
  if (!document.hidden) showTitle();
}

/** Log out; the server closes the tabs of this login, which then ask for the password. */
async function leave() {
  const response = await postFields("/logout", {}).catch(() => null);
  if (response?.ok) location.reload();
  else notify(strings.stillIn);
}

function showTitle() {
  document.title = conversation.isDrawing ? strings.title.drawing : strings.title.idle;
}

function showConnection(state) {
  const status = element("connection");
  status.dataset.state = state;
  status.textContent = strings.connection[state];
}

/** Say something beside the text box; a mistake of the person looks like one. */
function notify(sentence, kind = "mistake") {
  element("notice").dataset.kind = kind;
  element("notice").textContent = sentence;
}

/** Whoever is quick sends before the photo has been looked at, and writes the next words meanwhile. */
async function submit() {
  const words = text.value;
  text.value = "";
  await photo.ready;
  if (words.trim() && say(words, photo.current)) photo.clear();
  else {
    text.value ||= words;
    if (!words.trim()) notify(photo.current ? strings.photo.withoutWords : strings.empty);
  }
  grow();
}

/** Make the box as tall as its text; the style sheet limits it. */
function grow() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
}

/** A file may be dropped anywhere; else the browser would open it in place of the page. */
function drag(event) {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  document.body.classList.toggle("dropping", event.type === "dragenter" || event.type === "dragover");
  if (event.type === "drop") photo.choose(event.dataTransfer.files);
}

/** Enter sends, but not the Enter that ends the composition of a Korean syllable. */
function isSendKey(event) {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}

text.addEventListener("keydown", (event) => {
  if (!isSendKey(event)) return;
  event.preventDefault();
  submit();
});
text.addEventListener("input", () => {
  grow();
  notify("");
});
element("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
element("attach").addEventListener("click", () => element("file").click());
element("file").addEventListener("change", ({ target }) => {
  if (target.files.length) photo.choose(target.files);
  target.value = ""; // the same file may be chosen again
});
document.addEventListener("paste", (event) => {
  const { files, types } = event.clipboardData;
  if (!files.length || types.includes("text/plain")) return; // some programs copy a picture of the text too
  event.preventDefault();
  photo.choose(files);
});
for (const name of ["dragenter", "dragover", "dragleave", "drop"]) document.addEventListener(name, drag);
element("leave").addEventListener("click", leave);
element("to-end").addEventListener("click", () => conversation.follow());
document.addEventListener("visibilitychange", showTitle);
for (const example of document.querySelectorAll("#welcome .suggestion")) {
  example.addEventListener("click", () => suggest(example.textContent));
}

if (hasKeyboard) text.focus();
connection.open();
