// Making elements, and showing text in them. Text never becomes markup here: only textContent is set.

export const byId = (id) => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// Paragraphs, and `code` in them.
export function prose(text, properties = {}) {
  return text.split(/\n\s*\n/).map((paragraph) => element("p", properties, ...paragraph.split("`").map(
    (piece, index) => (index % 2 ? element("code", {}, piece) : piece),
  )));
}

// JSON, with names, texts and all else told apart.
export function coloured(json) {
  const pattern = /("(?:[^"\\]|\\.)*")(?=\s*:)|("(?:[^"\\]|\\.)*")|(\b(?:true|false|null)\b|-?\d[\d.eE+-]*)/g;
  const pieces = [];
  let end = 0;
  for (const match of json.matchAll(pattern)) {
    const kind = ["name", "text", "literal"][match.slice(1).findIndex((group) => group !== undefined)];
    pieces.push(json.slice(end, match.index), element("span", { className: kind }, match[0]));
    end = match.index + match[0].length;
  }
  return [...pieces, json.slice(end)];
}
