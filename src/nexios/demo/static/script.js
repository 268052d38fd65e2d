// The page: logging in and out, getting a token, making a key.

import * as calls from "./calls.js";
import { held, holdKey, holdToken, secondsLeft } from "./credentials.js";
import { byId, coloured, element, fill, pretty, show, spaced } from "./dom.js";
import { Refused, ask, askJson, send } from "./server.js";
import { timeLeft } from "./token.js";

const JWT_ROWS = ["jwt", "tampered-jwt"];
const KEY_ROWS = ["key", "tampered-key"];

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

async function refreshSession() {
  const before = held.user?.id;
  try {
    const { user, session } = await askJson("/session");
    held.user = user;
    held.session = session;
    fill("session-data", ...coloured(spaced(session)));
  } catch {
    return; // The server is away: the next call says so.
  }
  const { user } = held;
  fill("who", ...(user ? ["Logged in as ", element("strong", {}, user.name)] : ["Nobody is logged in"]));
  byId("who").dataset.user = user?.name ?? "";
  show("login", !user);
  show("session", Boolean(user));
  for (const note of document.querySelectorAll("[data-needs-session]")) note.hidden = Boolean(user);
  byId("token-button").disabled = byId("key-button").disabled = !user;
  if (before === user?.id) return;
  calls.forget("session");
  if (user) await listKeys();
  else show("keys", false);
}

async function listKeys() {
  const keys = await askJson("/api/keys");
  if (held.key) {
    const gone = !keys.some((key) => key.id === held.key.id) && held.key.owner === held.user.name;
    if (gone && !held.key.deleted) {
      held.key.deleted = true;
      calls.forget(...KEY_ROWS);
    }
  }
  show("keys", keys.length > 0);
  fill("keys-caption", `${held.user.name}’s keys`);
  fill("key-list", ...keys.map((key) => {
    const made = new Date(key.created_at * 1000);
    const button = element("button", { type: "button", "aria-label": `Delete ${key.hint}` }, "Delete");
    button.addEventListener("click", async () => {
      await ask(`/api/keys/${key.id}`, { method: "DELETE" }).catch((problem) => fill("key-error", problem.message));
      await listKeys();
      byId("key-button").focus();
    });
    return element("li", {},
      element("code", {}, `${key.hint}…`),
      element("time", { dateTime: made.toISOString() }, made.toLocaleString([], { dateStyle: "medium", timeStyle: "short" })),
      button,
    );
  }));
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

on("key-form", "submit", "key-error", async () => {
  const made = await askJson("/api/keys", { method: "POST" });
  holdKey(made.api_key, made.id);
  fill("key-text", made.api_key);
  fill("key-hash", made.stored_hash);
  fill("key-copy", "Copy");
  show("key", true);
  calls.forget(...KEY_ROWS);
  await listKeys();
  fill("status", "You have a key. It is shown this once.");
});

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

calls.draw(await askJson("/code"));
await refreshSession();
setInterval(showTimeLeft, 1000);
addEventListener("focus", refreshSession);
