// The table of calls: a row for each credential, a column for each route; and the call that is shown.

import { credentials } from "./credentials.js";
import { byId, coloured, colouredPython, element, fill, pretty, show } from "./dom.js";
import { send } from "./server.js";

const PATHS = ["/profile", "/api/data", "/admin"];

let sources = {};
let sessionOver = () => {};
let calling = false;
const cells = new Map();

// Draws it; `whenOver` is called when the session turns out to be over.
export function draw(code, whenOver) {
  sources = code;
  sessionOver = whenOver;
  const heads = PATHS.map((path) => element("th", { scope: "col" },
    element("span", { className: "path" }, path),
    element("code", { className: "guard" }, guardOf(path)),
  ));
  byId("grid").tHead.replaceChildren(element("tr", {}, element("td", {}, ""), ...heads));
  byId("grid").tBodies[0].replaceChildren(...credentials.map(row));
  byId("call-all").addEventListener("click", callAll);
  refresh();
}

// Says anew what each row is about, and which can be called.
export function refresh() {
  for (const credential of credentials) {
    byId(`note-${credential.id}`).textContent = credential.note();
    for (const path of PATHS) {
      const button = cells.get(credential.id + path);
      button.disabled = !credential.ready();
      if (!button.dataset.status) button.textContent = button.disabled ? "–" : "Call";
    }
  }
}

// The credential of these rows is another one now, so that their answers say nothing any more.
export function forget(...ids) {
  for (const id of ids) {
    for (const path of PATHS) label(cells.get(id + path), id, path);
  }
  refresh();
}

const guardOf = (path) => (sources[path] ?? "").split("\n").find((line) => /^@(?!router)/.test(line)) ?? "";
const credentialOf = (id) => credentials.find((credential) => credential.id === id);

function row(credential) {
  const buttons = PATHS.map((path) => {
    const button = element("button", { type: "button", className: "call" });
    button.addEventListener("click", () => callOne(credential, path));
    cells.set(credential.id + path, button);
    label(button, credential.id, path);
    return element("td", {}, button);
  });
  const head = element("th", { scope: "row" },
    element("span", { className: "name" }, credential.label),
    element("span", { className: "note", id: `note-${credential.id}` }),
  );
  return element("tr", { className: credential.id.startsWith("tampered") ? "tampered" : "" }, head, ...buttons);
}

function label(button, id, path, status = null) {
  button.textContent = status ?? "Call";
  button.dataset.status = status ?? "";
  const said = status ? `answered ${status}, call again` : "call";
  button.setAttribute("aria-label", `GET ${path} with ${credentialOf(id).label}: ${said}`);
}

async function callOne(credential, path) {
  const answer = await call(credential, path);
  fill("status", `GET ${path} with ${credential.label}: ${answer}`);
}

async function callAll() {
  if (calling) return;
  calling = true;
  const answers = [];
  for (const credential of credentials.filter((each) => each.ready())) {
    for (const path of PATHS) answers.push(await call(credential, path));
  }
  calling = false;
  const letIn = answers.filter((answer) => answer.startsWith("200")).length;
  fill("status", `${answers.length} calls: ${letIn} let in, ${answers.length - letIn} refused`);
}

// Sends the request and shows it; gives the status in words.
async function call(credential, path) {
  const button = cells.get(credential.id + path);
  try {
    const answer = await send(path, credential.request());
    const body = await answer.json();
    label(button, credential.id, path, String(answer.status));
    display(credential, path, answer, body);
    if (credential.id === "session" && answer.status === 401 && path !== "/api/data") sessionOver();
    return `${answer.status} ${answer.statusText}`;
  } catch {
    label(button, credential.id, path, "none");
    byId("exchange-empty").textContent = "The server does not answer. Is nexios demo still running?";
    show("exchange-empty", true);
    show("exchange-filled", false);
    return "no answer";
  } finally {
    for (const other of cells.values()) other.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
  }
}

function display(credential, path, answer, body) {
  show("exchange-empty", false);
  show("exchange-filled", true);
  fill("verdict",
    element("span", { className: "badge", "data-status": String(answer.status) }, `${answer.status} ${answer.statusText}`),
    element("span", {}, verdict(credential, path, answer.status)),
  );
  const lines = [`GET ${path} HTTP/1.1\n`, `Host: ${location.host}\n`, ...credential.shown()];
  fill("request", element("strong", {}, lines[0]), ...lines.slice(1));
  const says = credential.says();
  fill("says", typeof says === "string" ? element("p", { className: "faint" }, says) : element("pre", { className: "code" }, ...says));
  fill("answer-head",
    element("strong", {}, `HTTP/1.1 ${answer.status} ${answer.statusText}\n`),
    `Content-Type: ${answer.headers.get("Content-Type")}`,
  );
  const challenge = answer.headers.get("WWW-Authenticate");
  fill("challenge", ...(challenge ? challengeLines(challenge) : [element("p", { className: "faint" }, "none")]));
  fill("answer-body", ...coloured(pretty(body)));
  fill("source", ...colouredPython(sources[path] ?? ""));
}

function challengeLines(header) {
  const each = header.split(/, (?=\w+ realm=)/).map((challenge, number) => [
    number ? ",\n" : "",
    ...challenge.split(/(error="[^"]*")/).map((part) => (part.startsWith("error=") ? element("mark", {}, part) : part)),
  ]);
  return [element("pre", { className: "code" }, "WWW-Authenticate:\n", ...each.flat())];
}

function verdict(credential, path, status) {
  if (status === 200) return `${credential.owner()} gets in by ${credential.label === "API key" ? "an API key" : `the ${credential.label}`}.`;
  if (status === 403 && credential.narrow?.()) return "The key was made without the permission “admin”, whatever its owner may.";
  if (status === 403) return `${credential.owner()} is known, but has no permission “admin”.`;
  if (status === 401 && path === "/api/data" && ["session", "jwt"].includes(credential.id)) {
    return `This route takes API keys alone, as its guard says. The ${credential.label} is not asked for.`;
  }
  return credential.refused();
}
