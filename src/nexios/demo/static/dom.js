// Making elements, and showing text in them. Text never becomes markup here: only textContent is set.

export const byId = (id) => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export const fill = (id, ...children) => byId(id).replaceChildren(...children);

export const show = (id, shown) => { byId(id).hidden = !shown; };

export const pretty = (value) => JSON.stringify(value, null, 2);

// On one line, where there is room.
export const spaced = (value) => JSON.stringify(value, null, 1).replace(/\n\s*/g, " ");

// JSON, with names, texts and all else told apart by class; members that are also in `marked` stand out.
export function coloured(json, marked = {}) {
  return pieces(json, /("(?:[^"\\]|\\.)*")(?=\s*:)|("(?:[^"\\]|\\.)*")|(\b(?:true|false|null)\b|-?\d+(?:\.\d+)?)/g, [
    "name", "text", "literal",
  ]).map((piece) => {
    const stands = piece.className === "text" && Object.values(marked).includes(JSON.parse(piece.textContent));
    return stands ? element("mark", {}, piece.textContent) : piece;
  });
}

// Python, with what guards a handler told apart from the rest.
export function colouredPython(code) {
  return code.trimEnd().split("\n").map((line) => {
    const guards = /^@(?!router)/.test(line);
    const route = /^@router/.test(line);
    const shown = route ? [element("span", { className: "route" }, line)] : pieces(
      line,
      /(#.*$)|(f?"(?:[^"\\]|\\.)*")|\b(async|def|return|await|if|raise|not|in|is|None|True|False)\b/g,
      ["comment", "text", "keyword"],
    );
    return element("span", { className: guards ? "line guards" : "line" }, ...shown, "\n");
  });
}

function pieces(text, pattern, classes) {
  const found = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    found.push(text.slice(end, match.index));
    const kind = match.slice(1).findIndex((group) => group !== undefined);
    found.push(element("span", { className: classes[kind] }, match[0]));
    end = match.index + match[0].length;
  }
  found.push(text.slice(end));
  return found;
}
