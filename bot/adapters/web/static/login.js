// The page in the place of others while nobody is logged in: asks for the password, and then shows them.

import { postFields } from "./server.js";
import { strings } from "./strings.js";

const password = document.getElementById("password");
const notice = document.getElementById("notice");

async function enter(event) {
  event.preventDefault();
  if (!password.value) return refuse("empty");
  say("trying", "hint");
  const response = await postFields("/login", { password: password.value }).catch(() => null);
  if (response?.ok || response?.status === 404) return location.reload(); // 404: there is no password any more
  const { reason } = (await response?.json().catch(() => null)) ?? {};
  return refuse(reason in strings.login ? reason : "unsent");
}

function refuse(reason) {
  say(reason, "mistake");
  password.ariaInvalid = "true";
  password.select();
}

function say(reason, kind) {
  notice.dataset.kind = kind;
  notice.textContent = strings.login[reason];
}

document.getElementById("login").addEventListener("submit", enter);
password.addEventListener("input", () => (password.ariaInvalid = null));
