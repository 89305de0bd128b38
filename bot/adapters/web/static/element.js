// Small helpers to make elements. Text always goes in as text.

const SVG = "http://www.w3.org/2000/svg";

/** An element with properties (attributes where the name has a dash or is `role`) and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "role" || name.includes("-")) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

/** A sentence as nodes; a command in it, like /그려줘, is not broken behind its slash. */
export function sentence(text) {
  return text
    .split(/(\/[가-힣]+)/)
    .filter(Boolean)
    .map((part) => (part.startsWith("/") ? make("span", { className: "command", textContent: part }) : part));
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}
