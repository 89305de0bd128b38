// Keeps the end of the conversation in sight while it grows, unless the person looked elsewhere.

const MARGIN_PX = 80;

export class ScrollEnd {
  #scroller;
  #isFollowing = true;
  #lastTop = 0;

  constructor(scroller, content, changed) {
    this.#scroller = scroller;
    scroller.addEventListener("scroll", () => (this.#scrolled(), changed()), { passive: true });
    // Whoever opens a fold wants to read it: what opens must not move away.
    content.addEventListener("click", () => (this.#isFollowing = false), { capture: true });
    const observer = new ResizeObserver(() => {
      if (this.#isFollowing) this.follow();
      changed();
    });
    observer.observe(scroller);
    observer.observe(content);
  }

  get isReached() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < MARGIN_PX;
  }

  follow() {
    this.#isFollowing = true;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  /** Only moving up lets go: our own scrolling may arrive when the content has grown again. */
  #scrolled() {
    const top = this.#scroller.scrollTop;
    if (top < this.#lastTop || this.isReached) this.#isFollowing = this.isReached;
    this.#lastTop = top;
  }
}
