// A phone that stays logged in, and a thief who has copied its refresh token.

import { byId, element, fill, show } from "./dom.js";
import { askJson } from "./server.js";
import { timeLeft } from "./token.js";

const WHO = { phone: "The phone", thief: "The thief" };

// What each of them holds: an access token with its end, and a refresh token.
const held = { phone: null, thief: null };

export async function logIn() {
  held.phone = keep(await askJson("/phones", { method: "POST" }));
  held.thief = null;
  byId("phone-story").replaceChildren();
  show("phone", true);
  tell("phone", "POST /phones", 201, "is logged in: it has a token for 20 seconds, and one to get the next.");
  draw();
}

export function tickPhone() {
  for (const who of ["phone", "thief"]) {
    const left = held[who]?.access ? held[who].until - Date.now() / 1000 : null;
    fill(`${who}-left`, left === null ? "" : left > 0 ? `${timeLeft(left)} left` : "expired");
  }
}

function keep(pair) {
  return { access: pair.access_token, until: Date.now() / 1000 + pair.expires_in, refresh: pair.refresh_token };
}

function copy() {
  held.thief = { access: null, until: 0, refresh: held.phone.refresh };
  tell("thief", "", null, "has copied the refresh token, from a backup or by a script in the page.");
  draw();
}

async function refresh(who) {
  const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: held[who].refresh });
  const answer = await request("/oauth/token", { method: "POST", body });
  const found = answer ? await answer.json() : {};
  if (answer?.ok) held[who] = keep(found);
  tell(who, "POST /oauth/token", answer?.status, answer?.ok
    ? "gets the next two. The refresh token that it came with is used up."
    : `gets ${found.error ?? "no answer"}: the refresh token was used before or is over, and with it the whole login.`);
  draw();
}

async function call(who) {
  const headers = { Authorization: `Bearer ${held[who].access}` };
  const answer = await request("/profile", { headers });
  tell(who, "GET /profile", answer?.status, answer?.ok ? "gets in." : "does not get in.");
}

// No cookie goes along: a phone has none.
const request = (path, options) => fetch(path, { ...options, credentials: "omit", cache: "no-store" }).catch(() => null);

function draw() {
  for (const who of ["phone", "thief"]) {
    fill(`${who}-access`, shown(held[who]?.access));
    fill(`${who}-refresh`, shown(held[who]?.refresh));
    byId(`${who}-call`).disabled = !held[who]?.access;
    byId(`${who}-next`).disabled = !held[who]?.refresh;
  }
  tickPhone();
}

const shown = (token) => (token ? `…${token.slice(-12)}` : "none");

function tell(who, what, status, text) {
  const badge = status ? [element("span", { className: "badge", "data-status": status < 300 ? "200" : "401" }, String(status)), " "] : [];
  const asked = what ? [element("code", {}, what), " "] : [];
  byId("phone-story").append(element("li", {}, ...badge, ...asked, element("span", {}, `${WHO[who]} ${text}`)));
}

byId("thief-copy").addEventListener("click", copy);
for (const who of ["phone", "thief"]) {
  byId(`${who}-call`).addEventListener("click", () => call(who));
  byId(`${who}-next`).addEventListener("click", () => refresh(who));
}
