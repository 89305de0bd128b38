// The page that tells of a picture's file which marks it carries. The file goes to our own server, which
// keeps nothing of it; the last one that was chosen holds.

import { CardView } from "./card.js";
import { checkFile, PhotoRefused, thumbnailOf } from "./photo.js";
import { freshToken, postBytes } from "./server.js";
import { refusal, strings } from "./strings.js";

const element = (id) => document.getElementById(id);
let turn = 0;

async function look(files) {
  const own = (turn += 1);
  show("");
  element("result").replaceChildren();
  try {
    if (files.length !== 1) throw new PhotoRefused("photo_many");
    const [file] = files;
    if ((await freshToken()) === null) throw new PhotoRefused("left");
    await checkFile(file);
    await showChosen(file);
    show(strings.verify.looking, "hint");
    const card = await cardOf(file);
    if (own !== turn) return;
    show("");
    present(card);
  } catch (error) {
    if (own === turn) show(sentenceOf(error));
  }
}

async function cardOf(file) {
  const response = await postBytes("/inspect", file);
  if (response.status === 401) throw new PhotoRefused("left");
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new PhotoRefused(answer.reason ?? "photo_unsent");
  return answer;
}

function sentenceOf(error) {
  if (!(error instanceof PhotoRefused)) return strings.verify.unsent;
  const own = { left: strings.verify.left, photo_busy: strings.verify.busy, photo_unsent: strings.verify.unsent };
  return own[error.reason] ?? refusal(error.reason);
}

/** A browser that cannot show a file may still have its marks read. */
async function showChosen(file) {
  const thumbnail = await thumbnailOf(file).catch(() => "");
  element("thumbnail").hidden = !thumbnail;
  if (thumbnail) element("thumbnail").src = thumbnail;
  element("name").hidden = false;
  element("name").textContent = file.name;
}

function present(card) {
  const view = new CardView({});
  view.update(card);
  for (const details of view.element.querySelectorAll("details")) details.open = true;
  element("result").replaceChildren(view.element);
}

function show(sentence, kind = "mistake") {
  element("notice").dataset.kind = kind;
  element("notice").textContent = sentence;
}

/** A file may be dropped anywhere; else the browser would open it in place of the page. */
function drag(event) {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  document.body.classList.toggle("dropping", event.type === "dragenter" || event.type === "dragover");
  if (event.type === "drop") look([...event.dataTransfer.files]);
}

element("choose").addEventListener("click", () => element("file").click());
element("file").addEventListener("change", ({ target }) => {
  if (target.files.length) look([...target.files]);
  target.value = ""; // the same file may be chosen again
});
document.addEventListener("paste", ({ clipboardData }) => {
  if (clipboardData.files.length) look([...clipboardData.files]);
});
for (const name of ["dragenter", "dragover", "dragleave", "drop"]) document.addEventListener(name, drag);
