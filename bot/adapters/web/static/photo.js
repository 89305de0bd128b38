// The photo that goes with the next message: chosen, dropped or pasted, shown until it is sent.
// Looks at what the file is before anything is uploaded; the server and the pipeline look again.

import { make } from "./element.js";
import { postBytes } from "./server.js";
import { limits, strings } from "./strings.js";

const THUMBNAIL_PX = 224; // of the longer side
const HEAD_BYTES = 12;
const KINDS = [/^\x89PNG\r\n\x1a\n/, /^\xff\xd8\xff/, /^RIFF[^]{4}WEBP/]; // PNG, JPEG, WebP

export class PhotoRefused extends Error {
  /** reason: a key of strings.refused. */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

export class ChosenPhoto {
  ready = Promise.resolve(); // when the last choice has been looked at
  #box;
  #handlers;
  #photo = null;
  #turn = 0; // a later choice wins, also where an earlier file takes longer to look at

  /** box: where the photo is shown. handlers: chosen(), removed(), refused(reason). */
  constructor(box, handlers) {
    this.#box = box;
    this.#handlers = handlers;
  }

  /** { file, thumbnail }, or null. */
  get current() {
    return this.#photo;
  }

  /** Take the one file there is, in place of the photo before. */
  choose(files) {
    this.ready = this.#choose([...files], (this.#turn += 1));
  }

  async #choose(files, turn) {
    try {
      const photo = await this.#look(files);
      if (turn === this.#turn) this.#show(photo);
    } catch (error) {
      const reason = error instanceof PhotoRefused ? error.reason : "photo_unreadable";
      if (turn === this.#turn) this.#handlers.refused(reason);
    }
  }

  /** Let go of the photo: it was sent, or is not wanted. */
  clear() {
    this.#turn += 1;
    this.#photo = null;
    this.#box.hidden = true;
    this.#box.replaceChildren();
  }

  async #look(files) {
    if (files.length !== 1) throw new PhotoRefused("photo_many");
    const [file] = files;
    await checkFile(file);
    return { file, thumbnail: await thumbnailOf(file) };
  }

  #show(photo) {
    this.#photo = photo;
    const remove = make("button", { type: "button", className: "button", textContent: strings.photo.remove });
    remove.addEventListener("click", () => {
      this.clear();
      this.#handlers.removed();
    });
    const name = make("span", { className: "photo-name", textContent: photo.file.name });
    this.#box.replaceChildren(make("img", { src: photo.thumbnail, alt: "" }), name, remove);
    this.#box.hidden = false;
    this.#handlers.chosen();
  }
}

/** Look at what a file is, by its size and its first bytes. Throws PhotoRefused. */
export async function checkFile(file) {
  if (file.size > limits.photoBytes) throw new PhotoRefused("photo_too_large");
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  if (!KINDS.some((kind) => kind.test(String.fromCharCode(...head)))) throw new PhotoRefused("photo_kind");
}

/**
 * Send a photo ahead of the message that names it; gives its id.
 * Throws PhotoRefused, or TypeError where there is no connection.
 */
export async function upload(file) {
  const response = await postBytes("/photo", file);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new PhotoRefused(answer.reason ?? "photo_unsent");
  return answer.id;
}

/** A small copy, upright and over white, as the photo will be drawn over. */
export async function thumbnailOf(file) {
  const image = await createImageBitmap(file);
  const scale = Math.min(1, THUMBNAIL_PX / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  return canvas.toDataURL("image/jpeg", 0.85);
}
