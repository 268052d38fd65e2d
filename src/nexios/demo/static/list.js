// Lists that are drawn anew from time to time, and words for times.

import { byId, element } from "./dom.js";

const live = new Map();

// Draws a list; what has not changed stays as it is, and so does the focus.
export function drawList(id, items, row) {
  const list = byId(id);
  const drawn = JSON.stringify(items);
  if (list.dataset.drawn === drawn) return;
  list.dataset.drawn = drawn;
  const before = new Map([...list.children].map((child) => [child.dataset.id, child]));
  const focused = list.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
  list.replaceChildren(...items.map((item) => {
    const said = JSON.stringify(item);
    const old = before.get(item.id);
    if (old?.dataset.said === said) return old;
    const made = row(item);
    made.dataset.id = item.id;
    made.dataset.said = said;
    return made;
  }));
  if (focused) [...list.querySelectorAll("button")].find((each) => each.getAttribute("aria-label") === focused)?.focus();
}

// Text that says something else as time goes by.
export function changing(words) {
  const made = element("span", {}, words());
  live.set(made, words);
  return made;
}

export function tick() {
  for (const [made, words] of live) {
    const text = words();
    if (!made.isConnected) live.delete(made);
    else if (made.textContent !== text) made.textContent = text;
  }
}

export function ago(when) {
  const seconds = (Date.now() - new Date(when)) / 1000;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return day(when);
}

export function ahead(when) {
  const seconds = (new Date(when) - Date.now()) / 1000;
  if (seconds <= 0) return "expired";
  if (seconds < 120) return `${Math.ceil(seconds)} s left`;
  if (seconds < 7200) return `${Math.ceil(seconds / 60)} min left`;
  return `until ${day(when)}`;
}

const day = (when) => new Date(when).toLocaleDateString([], { dateStyle: "medium" });
