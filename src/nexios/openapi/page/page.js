// Reads the description and shows it.

import { Credentials } from "./credentials.js";
import { byId, element, prose } from "./dom.js";
import { operationCard } from "./operation.js";
import { Schemas } from "./schema.js";

try {
  const answer = await fetch(document.documentElement.dataset.document, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  show(await answer.json());
  byId("state").textContent = "";
} catch (error) {
  byId("state").textContent = `The description cannot be read: ${error.message}.`;
}

function show({ info, paths, components, servers }) {
  document.title = info.title;
  byId("version").textContent = info.version;
  byId("about").replaceChildren(...(info.description ? prose(info.description) : []));
  const shared = {
    schemas: new Schemas(components?.schemas),
    responses: components?.responses,
    credentials: new Credentials(components?.securitySchemes),
    base: servers?.[0]?.url ?? "",
  };
  const cards = operations(paths).map((each) => ({ ...each, card: operationCard({ ...each, ...shared }) }));
  const groups = [...Map.groupBy(cards, ({ tag }) => tag)];
  byId("operations").replaceChildren(...groups.flatMap(([tag, of]) => [
    ...(tag ? [element("h2", {}, tag)] : []), ...of.map(({ card }) => card),
  ]));
  byId("contents").replaceChildren(...groups.flatMap(([tag, of]) => [
    ...(tag ? [element("h2", {}, tag)] : []), ...of.map((each) => entry(each)),
  ]));
  byId("filter").addEventListener("input", (event) => filter(cards, event.target.value.trim().toLowerCase()));
  open(cards);
}

function operations(paths) {
  const all = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => (
    { id: operation.operationId, path, method, operation, tag: operation.tags?.[0] ?? "" }
  )));
  // Where there are groups, what is in none comes last, under a heading of its own.
  if (!all.some(({ tag }) => tag)) return all;
  return [...all.filter(({ tag }) => tag), ...all.filter(({ tag }) => !tag).map((each) => ({ ...each, tag: "Others" }))];
}

function entry({ id, path, method, card }) {
  const link = element("a", { href: `#${encodeURIComponent(id)}`, title: path },
    element("span", { className: `method ${method}` }, method.toUpperCase()), element("span", { className: "mono" }, path));
  link.addEventListener("click", () => { card.open = true; });
  card.entry = link;
  return link;
}

function filter(cards, wanted) {
  for (const { card, path, operation, method } of cards) {
    const text = `${method} ${path} ${operation.summary} ${operation.operationId}`.toLowerCase();
    card.hidden = card.entry.hidden = !text.includes(wanted);
  }
}

// A link to an operation opens it.
function open(cards) {
  const wanted = decodeURIComponent(location.hash.slice(1));
  const found = cards.find(({ id }) => id === wanted)?.card;
  if (found) { found.open = true; found.scrollIntoView(); }
}
