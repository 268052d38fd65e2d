// The page: logging in and out, getting a token; keys and sessions have files of their own.

import * as calls from "./calls.js";
import { held, holdToken, secondsLeft } from "./credentials.js";
import { byId, coloured, element, fill, pretty, show, spaced } from "./dom.js";
import { listKeys, makeKey } from "./keys.js";
import { tick } from "./list.js";
import { logIn as logInOnPhone, tickPhone } from "./phone.js";
import { Refused, ask, askJson, send } from "./server.js";
import { endOthers, listSessions } from "./sessions.js";
import { timeLeft } from "./token.js";

const JWT_ROWS = ["jwt", "tampered-jwt"];
const POLL = 4000;

// Runs `work` when the form is sent or the button pressed, and shows beside it what went wrong. The button is
// not disabled meanwhile, since it would lose the focus.
function on(id, event, errorId, work) {
  let busy = false;
  byId(id).addEventListener(event, async (occurrence) => {
    occurrence.preventDefault();
    if (busy) return;
    busy = true;
    fill(errorId);
    try {
      await work();
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      fill(errorId, problem.message);
    } finally {
      busy = false;
      await refreshSession();
    }
  });
}

// Whether it is this page that logs out.
let leaving = false;
let refreshing = Promise.resolve();

// Asks who is logged in, one at a time; `keep`: the answers of the session's row are what just told us.
function refreshSession({ keep = false } = {}) {
  refreshing = refreshing.then(() => askSession(keep)).catch((problem) => {
    // The server may be away: the next call says so.
    if (!(problem instanceof Refused)) reportError(problem);
  });
  return refreshing;
}

async function askSession(keep) {
  const before = held.user?.id;
  const { user, session } = await askJson("/session");
  held.user = user;
  held.session = session;
  fill("session-data", ...coloured(spaced(session)));
  fill("who", ...(user ? ["Logged in as ", element("strong", {}, user.name)] : ["Nobody is logged in"]));
  byId("who").dataset.user = user?.name ?? "";
  if (before && !user && !leaving) fill("login-error", "This session was ended elsewhere: log in again.");
  if (!user) leaving = false;
  show("login", !user);
  show("session", Boolean(user));
  for (const note of document.querySelectorAll("[data-needs-session]")) note.hidden = Boolean(user);
  for (const id of ["token-button", "key-button", "phone-button"]) byId(id).disabled = !user;
  if (before !== user?.id && !keep) calls.forget("session");
  else calls.refresh();
  if (user) await Promise.all([listSessions(refreshSession), listKeys()]);
  else show("keys", false);
}

function showToken() {
  const { text, header, payload } = held.token;
  const [first, second, third] = text.split(".");
  fill("token-text",
    element("span", { className: "part-header" }, first), ".",
    element("span", { className: "part-payload" }, second), ".",
    element("span", { className: "part-signature" }, third),
  );
  fill("token-header", ...coloured(pretty(header)));
  fill("token-payload", ...coloured(pretty(payload)));
  show("token", true);
  showTimeLeft();
}

function showTimeLeft() {
  if (!held.token) return;
  const { iat, exp } = held.token.payload;
  const left = secondsLeft();
  fill("expiry", left > 0 ? `Expires in ${timeLeft(left)}` : "Expired: it opens nothing any more");
  byId("expiry-bar").value = Math.max(0, left / (exp - iat));
  byId("token").dataset.expired = String(left <= 0);
  if (left <= 0 && !held.token.expired) {
    held.token.expired = true;
    calls.forget(...JWT_ROWS);
  }
}

on("login", "submit", "login-error", async () => {
  const next = new URLSearchParams(location.search).get("next");
  const target = next === null ? "/login" : `/login?${new URLSearchParams({ next })}`;
  const body = { username: byId("username").value, password: byId("password").value };
  // A success leads somewhere else; the browser has followed already.
  const answer = await send(target, { method: "POST", body, cookie: true }).catch(() => null);
  if (!answer?.redirected) {
    const problem = await answer?.json().catch(() => null);
    throw new Refused(problem?.detail ?? "The server does not answer. Is nexios demo still running?");
  }
  byId("login").reset();
  if (!["/", "/login"].includes(new URL(answer.url).pathname)) location.assign(answer.url);
  await refreshSession();
  byId("session").focus();
});

on("logout-button", "click", "login-error", async () => {
  leaving = true;
  await ask("/logout", { method: "POST" });
  await refreshSession();
  byId("username").focus();
});

on("token-form", "submit", "token-error", async () => {
  const { token } = await askJson(`/token?seconds=${byId("lifetime").value}`, { method: "POST" });
  holdToken(token);
  showToken();
  calls.forget(...JWT_ROWS);
  fill("status", `You have a token. ${byId("expiry").textContent}`);
});

on("end-others", "click", "device-error", endOthers);

on("key-form", "submit", "key-error", makeKey);

on("phone-form", "submit", "phone-error", logInOnPhone);

byId("key-copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(byId("key-text").textContent);
  fill("key-copy", "Copied");
});

for (const hint of document.querySelectorAll(".hint")) {
  hint.addEventListener("click", () => {
    byId("username").value = hint.dataset.username;
    byId("password").value = hint.dataset.password;
    byId("login-button").focus();
  });
}

calls.draw(await askJson("/code"), () => refreshSession({ keep: true }));
await refreshSession();
setInterval(() => { showTimeLeft(); tick(); tickPhone(); }, 1000);
// What happens in another window is seen here, too.
setInterval(() => { if (!document.hidden && held.user) refreshSession(); }, POLL);
addEventListener("focus", () => refreshSession());
