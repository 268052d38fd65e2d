// Sending a request, and showing what came.

import { coloured, element } from "./dom.js";

const LONGEST = 200_000;

export async function send({ path, method, parameters, body, media, credentials }) {
  let url = path;
  const query = new URLSearchParams();
  for (const { name, where, value } of parameters) {
    if (where === "path") url = url.replace(`{${name}}`, encodeURIComponent(value));
    else query.append(name, value);
  }
  if (query.size) url += `?${query}`;
  const headers = { Accept: "*/*", ...credentials.headers() };
  if (body !== undefined) headers["Content-Type"] = media;
  const began = performance.now();
  try {
    const answer = await fetch(url, { method: method.toUpperCase(), headers, body, credentials: credentials.cookies, redirect: "manual" });
    const text = answer.type === "opaqueredirect" ? "" : await answer.text();
    return shown(answer, text, url, performance.now() - began);
  } catch (error) {
    return element("div", {}, element("span", { className: "chip s5" }, "no answer"), ` ${error.message}`);
  }
}

function shown(answer, text, url, milliseconds) {
  const redirected = answer.type === "opaqueredirect";
  const status = redirected ? "redirect" : `${answer.status} ${answer.statusText}`.trim();
  const line = element("div", { className: "line" },
    element("span", { className: `chip s${redirected ? 3 : String(answer.status)[0]}` }, status),
    element("span", { className: "mono muted" }, url),
    element("span", { className: "muted" }, `${milliseconds.toFixed(0)} ms`));
  const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  return element("div", {}, line,
    text ? element("pre", {}, ...(/json/.test(answer.headers.get("Content-Type")) ? indented(text) : [text.slice(0, LONGEST)])) : "",
    headers ? element("details", {}, element("summary", {}, "Headers"), element("pre", {}, headers)) : "");
}

function indented(text) {
  try {
    return coloured(JSON.stringify(JSON.parse(text), null, 2).slice(0, LONGEST));
  } catch {
    return [text.slice(0, LONGEST)];
  }
}
