// The place where a picture appears: an empty frame, previews that sharpen, the finished picture
// with what is told of it. A picture that not everybody wants to see stays hidden until it is asked for.

import { icon, make } from "./element.js";
import { strings } from "./strings.js";

const COARSE_BELOW_PX = 96; // smaller previews are shown as clean squares, not as a blur

export class FrameView {
  #frame = make("div", { className: "frame" });
  #caption = make("figcaption", { className: "caption" });
  element = make("figure", { className: "picture", hidden: true }, this.#frame, this.#caption);
  #src = null;
  #told = "";

  /**
   * Show the best there is: the picture, else the preview, else an empty frame or nothing.
   * number: of the picture where there are several; each is saved by itself then.
   */
  update({ picture, number, preview, state }) {
    const image = picture ?? preview;
    this.element.hidden = !(image || state === "drawing");
    this.#tell(picture, number);
    if (!image || image.src === this.#src) return;
    this.#src = image.src;
    this.#frame.style.setProperty("--ratio", `${image.width_px} / ${image.height_px}`);
    this.#fadeIn(image, { isPicture: Boolean(picture), isHidden: Boolean(picture?.is_hidden), number });
  }

  /** Lay the new image over the old one, and let go of the old one when it is covered. */
  async #fadeIn(image, { isPicture, isHidden, number }) {
    const img = make("img", { src: image.src, alt: image.alt, className: "layer" });
    img.classList.toggle("coarse", !isPicture && image.width_px < COARSE_BELOW_PX);
    const shown = isPicture ? linkTo(image.src, img) : img;
    const layer = isHidden ? cover(shown, number) : shown;
    try {
      await img.decode();
    } catch {
      return isPicture && this.#fail();
    }
    if (this.#src !== image.src) return;
    const covered = [...this.#frame.children];
    for (const old of covered) old.setAttribute("aria-hidden", "true");
    this.#frame.dataset.shows = isPicture ? "picture" : "preview";
    this.#frame.append(layer);
    await Promise.allSettled(img.getAnimations().map((animation) => animation.finished));
    for (const old of covered) old.remove();
  }

  #tell(picture, number) {
    const told = JSON.stringify([picture, number]);
    if (told === this.#told) return; // what has the focus stays
    this.#told = told;
    this.#caption.replaceChildren();
    if (picture?.caption) this.#caption.append(make("p", { dir: "auto", textContent: picture.caption }));
    if (picture && number) this.#caption.append(saveLink(picture, `${strings.save} ${number}`));
  }

  #fail() {
    this.#frame.replaceChildren(make("p", { textContent: strings.pictureGone }));
    this.#frame.dataset.shows = "nothing";
  }
}

/** Saves a picture or a file under its name. */
export function saveLink({ src, file_name }, label) {
  return make("a", { className: "button", href: src, download: file_name }, icon("save"), label);
}

function linkTo(href, img) {
  return make("a", { href, target: "_blank", rel: "noopener", title: strings.enlarge }, img);
}

/**
 * A picture that cannot be made out, nor read out, until its button is pressed. Then it takes the focus
 * that the button had.
 */
function cover(link, number) {
  const name = number ? `${strings.hidden.picture} ${number}: ` : "";
  const button = make("button", { type: "button", className: "button" }, icon("eye"),
    make("span", { className: "unseen", textContent: name }), strings.hidden.show);
  const sentence = make("p", { textContent: strings.hidden.why });
  const covered = make("div", { className: "covered", inert: true, "aria-hidden": "true" }, link);
  const layer = make("div", { className: "cover" }, covered, make("div", { className: "cover-front" }, sentence, button));
  button.addEventListener("click", () => {
    layer.replaceWith(link);
    link.focus({ preventScroll: true });
  });
  return layer;
}
