// API keys: made, listed, rotated and revoked.

import * as calls from "./calls.js";
import { held, holdKey } from "./credentials.js";
import { byId, element, fill, show } from "./dom.js";
import { ago, ahead, changing, drawList } from "./list.js";
import { ask, askJson } from "./server.js";

const ROWS = ["key", "tampered-key"];
const OVERLAP = 30;

export async function makeKey() {
  const life = byId("key-life").value;
  await showNew(await askJson("/api/keys", {
    method: "POST",
    body: {
      name: byId("key-name").value,
      permissions: byId("key-permissions").value === "all" ? null : [],
      expires_in: life ? Number(life) : null,
    },
  }), "Shown this once");
  fill("status", "You have a key. It is shown this once.");
}

// Draws the list, and notices when the key that this page holds is good no more.
export async function listKeys() {
  const { keys } = await askJson("/api/keys");
  const mine = held.key?.owner === held.user.name;
  if (mine && !held.key.over && !keys.some((key) => key.id === held.key.id)) {
    held.key.over = new Date(held.key.expires ?? Infinity) <= Date.now() ? "expired" : "revoked";
    calls.forget(...ROWS);
  }
  show("keys", keys.length > 0);
  fill("keys-caption", `${held.user.name}’s keys`);
  drawList("key-list", keys, row);
}

async function showNew(made, caption) {
  holdKey(made);
  fill("key-caption", caption);
  fill("key-text", made.key);
  fill("key-hash", await sha256(made.key));
  fill("key-copy", "Copy");
  show("key", true);
  calls.forget(...ROWS);
  await listKeys();
}

function row(key) {
  const shown = `${key.prefix}_…${key.hint}`;
  const revoke = element("button", { type: "button", "aria-label": `Revoke ${key.name}, ${shown}` }, "Revoke");
  revoke.addEventListener("click", () => work(() => ask(`/api/keys/${key.id}`, { method: "DELETE" })));
  const rotate = element("button", { type: "button", "aria-label": `Rotate ${key.name}, ${shown}` }, "Rotate");
  rotate.addEventListener("click", () => work(async () => {
    const path = `/api/keys/${key.id}/rotate`;
    const made = await askJson(path, { method: "POST", body: { overlap: OVERLAP } });
    await showNew(made, `Shown this once. The old one is good for ${OVERLAP} seconds more`);
    fill("status", `You have a new key. The old one is good for ${OVERLAP} seconds more.`);
  }));
  return element("li", {},
    element("span", { className: "what" },
      element("strong", {}, key.name), " ", element("code", {}, shown),
      element("span", { className: "faint" }, changing(() => facts(key))),
    ),
    ...(key.replaced_by ? [] : [rotate]),
    revoke,
  );
}

function facts(key) {
  const may = key.permissions === null ? "all that you may" : key.permissions.join(", ") || "no /admin";
  const used = key.last_used_at ? `used ${ago(key.last_used_at)}` : "never used";
  const life = key.expires_at ? ahead(key.expires_at) : "does not expire";
  return [may, key.replaced_by ? `replaced, ${life}` : life, used].join(" · ");
}

async function work(task) {
  fill("key-error");
  try {
    await task();
    await listKeys();
  } catch (problem) {
    fill("key-error", problem.message);
  }
  byId("key-button").focus();
}

async function sha256(text) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
