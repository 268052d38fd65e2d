// Where the visitor is logged in: the sessions on the server, which can be ended from here.

import { byId, element, fill, show } from "./dom.js";
import { ago, changing, drawList } from "./list.js";
import { ask, askJson } from "./server.js";

// Draws the list; `changed` is called when a session was ended.
export async function listSessions(changed) {
  const { sessions } = await askJson("/sessions");
  sessions.sort((one, other) => Number(other.current) - Number(one.current));
  drawList("device-list", sessions, (session) => row(session, changed));
  show("end-others", sessions.length > 1);
  show("device-hint", sessions.length < 2);
}

export async function endOthers() {
  const { ended } = await askJson("/sessions", { method: "DELETE" });
  byId("logout-button").focus();
  fill("status", `${ended} ended: their next requests are answered 401.`);
}

function row({ id, address, user_agent: agent, last_seen_at: seen, current }, changed) {
  const name = device(agent ?? "");
  const facts = [address ?? "unknown address", " · ", changing(() => `seen ${ago(seen)}`)];
  const what = element("span", { className: "what" },
    element("strong", {}, name), ...(current ? [" ", element("span", { className: "tag" }, "this one")] : []),
    element("span", { className: "faint" }, ...facts),
  );
  if (current) return element("li", {}, what);
  const button = element("button", { type: "button", "aria-label": `End ${name}, ${address ?? "unknown address"}` }, "End");
  button.addEventListener("click", () => end(id, name, changed));
  return element("li", {}, what, button);
}

async function end(id, name, changed) {
  fill("device-error");
  try {
    await ask(`/sessions/${id}`, { method: "DELETE" });
    fill("status", `${name} is logged out: its next request is answered 401.`);
  } catch (problem) {
    fill("device-error", problem.message);
  }
  await changed();
  byId("logout-button").focus();
}

const BROWSERS = [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]];
const SYSTEMS = [
  ["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS X", "macOS"],
  ["CrOS", "ChromeOS"], ["Linux", "Linux"],
];

// What a browser says of itself, as far as a person wants to know it.
function device(agent) {
  const [browser, system] = [BROWSERS, SYSTEMS].map((known) => known.find(([mark]) => agent.includes(mark))?.[1]);
  if (browser) return system ? `${browser} on ${system}` : browser;
  return agent.split(/[\s/]/, 1)[0].slice(0, 40) || "Unknown program";
}
