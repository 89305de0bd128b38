// What the page asks the server outside the socket. Everything that does something shows a token, which
// only our own page can read; a server that was started again wants another one.

import { limits } from "./strings.js";

const JSON_TYPE = "application/json";
const BYTES_TYPE = "application/octet-stream";

let token = null;

/** The token of the server that answers now, or null where it asks for the password. Throws TypeError. */
export async function freshToken() {
  const response = await fetch("/token", { cache: "no-store" });
  if (!response.ok) throw new TypeError("no token");
  const answer = await response.json();
  token = answer.token;
  limits.photoBytes = answer.max_photo_bytes;
  return answer.is_known ? token : null;
}

/** Send a file as it is. Throws TypeError where there is no connection. */
export function postBytes(path, file) {
  return post(path, file, BYTES_TYPE);
}

/** Send fields. Throws TypeError where there is no connection. */
export function postFields(path, fields) {
  return post(path, JSON.stringify(fields), JSON_TYPE);
}

async function post(path, body, type) {
  if (token === null) await freshToken();
  const send = () => fetch(path, { method: "POST", body, headers: { "Content-Type": type, "X-CSRF-Token": token } });
  const response = await send();
  if (response.status !== 403) return response;
  await freshToken();
  return send();
}
