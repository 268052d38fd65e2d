// What this page holds, and how each credential is put into a request.

import { coloured, element, pretty, spaced } from "./dom.js";
import { read, withClaims } from "./token.js";

export const held = { user: null, session: {}, token: null, key: null };

const OTHERS = { 1: { id: "2", name: "Bob" }, 2: { id: "1", name: "Ada" } };

export function holdToken(text) {
  const { header, payload } = read(text);
  held.token = { text, header, payload, other: OTHERS[payload.id] };
}

export function holdKey({ key, id, permissions, expires_at: expires }) {
  held.key = { text: key, id, owner: held.user.name, narrow: permissions !== null, expires, over: "" };
}

export const secondsLeft = () => held.token.payload.exp - Date.now() / 1000;

const expired = () => secondsLeft() <= 0;
const tamperedToken = () => withClaims(held.token.text, held.token.other);

// A letter in the middle of the key, changed.
const middle = () => Math.floor(held.key.text.length / 2);
const changedLetter = () => (held.key.text[middle()] === "A" ? "B" : "A");
const tamperedKey = () => held.key.text.slice(0, middle()) + changedLetter() + held.key.text.slice(middle() + 1);

// The rows of the table of calls. `shown` is the request's line of the credential, shortened.
export const credentials = [
  {
    id: "none",
    label: "No credential",
    ready: () => true,
    note: () => "a stranger",
    request: () => ({}),
    shown: () => [],
    says: () => "Nothing: nobody knows who asks.",
    refused: () => "The request brings no credential. The challenge names what would do.",
  },
  {
    id: "session",
    label: "Session",
    ready: () => held.user !== null,
    note: () => (held.user ? held.user.name : "log in first"),
    request: () => ({ cookie: true }),
    shown: () => ["Cookie: nexios_demo=", faint("(the browser adds it)")],
    says: () => coloured(spaced(held.session)),
    refused: () => "The session is over: it was ended, here or elsewhere. Log in again.",
    owner: () => held.user?.name,
  },
  {
    id: "jwt",
    label: "JWT",
    ready: () => held.token !== null,
    note: () => {
      if (!held.token) return "get one first";
      return expired() ? `${held.token.payload.name}, expired` : held.token.payload.name;
    },
    request: () => ({ headers: { Authorization: `Bearer ${held.token.text}` } }),
    shown: () => ["Authorization: Bearer ", ...shortToken(held.token.text)],
    says: () => coloured(pretty(held.token.payload)),
    refused: () => (expired() ? "The token has expired." : "The token was refused."),
    owner: () => held.token.payload.name,
  },
  {
    id: "key",
    label: "API key",
    ready: () => held.key !== null,
    note: () => {
      if (!held.key) return "make one first";
      return held.key.over ? `${held.key.owner}, ${held.key.over}` : held.key.owner;
    },
    request: () => ({ headers: { "X-API-Key": held.key.text } }),
    shown: () => [`X-API-Key: ${held.key.text.slice(0, 8)}…`],
    says: () => "Nothing: whose it is, the server finds by its hash.",
    refused: () => (held.key.over === "expired" ? "The key has expired." : "The key was revoked or replaced."),
    owner: () => held.key.owner,
    narrow: () => held.key.narrow,
  },
  {
    id: "tampered-jwt",
    label: "Tampered JWT",
    ready: () => held.token !== null,
    note: () => (held.token ? `${held.token.payload.name} → ${held.token.other.name}` : "get one first"),
    request: () => ({ headers: { Authorization: `Bearer ${tamperedToken()}` } }),
    shown: () => ["Authorization: Bearer ", ...shortToken(tamperedToken(), "changed")],
    says: () => coloured(pretty({ ...held.token.payload, ...held.token.other }), held.token.other),
    refused: () => {
      const [from, to] = [held.token.payload, held.token.other];
      return `The payload was changed from ${from.name} (id ${from.id}) to ${to.name} (id ${to.id}). ` +
        "The signature no longer fits, so that nobody gets in.";
    },
  },
  {
    id: "tampered-key",
    label: "Tampered key",
    ready: () => held.key !== null,
    note: () => (held.key ? "one letter" : "make one first"),
    request: () => ({ headers: { "X-API-Key": tamperedKey() } }),
    shown: () => [`X-API-Key: ${held.key.text.slice(0, 8)}…`, changed(changedLetter()), "…"],
    says: () => "Nothing: its last letters are a checksum of the others.",
    refused: () => "One letter in the middle was changed. The key’s checksum no longer fits: it is refused offline.",
  },
];

const faint = (text) => element("span", { className: "faint" }, text);
const changed = (text) => element("mark", {}, text);

function shortToken(token, mark = "") {
  const [header, payload, signature] = token.split(".").map((part) => `${part.slice(0, 8)}…`);
  return [
    element("span", { className: "part-header" }, header), ".",
    element(mark ? "mark" : "span", { className: "part-payload" }, payload), ".",
    element("span", { className: "part-signature" }, signature),
  ];
}
