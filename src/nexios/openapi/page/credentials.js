// What is presented: kept in this tab's memory only.

import { byId, element } from "./dom.js";

const BASIC = (name, password) => btoa(String.fromCharCode(...new TextEncoder().encode(`${name}:${password}`)));

export class Credentials {
  constructor(schemes) {
    this.schemes = schemes ?? {};
    this.values = {};
    byId("authorize").hidden = !Object.keys(this.schemes).length;
    byId("authorize").addEventListener("click", () => byId("credentials").showModal());
    byId("forget").addEventListener("click", () => { this.values = {}; this.show(); });
    byId("credentials").addEventListener("close", () => this.mark());
    this.show();
  }

  show() {
    byId("schemes").replaceChildren(...Object.entries(this.schemes).map(([name, scheme]) => this.field(name, scheme)));
    this.mark();
  }

  // What a scheme is, and where its credential is entered.
  field(name, scheme) {
    const said = scheme.type === "http" ? `Authorization: ${scheme.scheme}` : `${scheme.in}: ${scheme.name}`;
    const head = [element("h3", {}, name), element("p", { className: "muted mono" }, said)];
    if (scheme.description) head.push(element("p", { className: "muted" }, scheme.description));
    if (scheme.in === "cookie") {
      const ticked = element("input", { type: "checkbox", checked: this.values[name] !== false });
      ticked.addEventListener("change", () => { this.values[name] = ticked.checked; });
      return element("div", { className: "scheme" }, ...head,
        element("label", {}, ticked, " Send the cookies that this browser has: log in on this site first"));
    }
    const entered = (label, part) => {
      const input = element("input", { type: "password", autocomplete: "off", spellcheck: false, "aria-label": label,
        placeholder: label, value: this.values[name]?.[part] ?? "" });
      input.addEventListener("input", () => { this.values[name] = { ...this.values[name], [part]: input.value.trim() }; });
      return input;
    };
    const inputs = scheme.scheme === "basic"
      ? [entered(`Name for ${name}`, "name"), entered(`Password for ${name}`, "value")]
      : [entered(scheme.scheme === "bearer" ? `Token for ${name}` : `Credential for ${name}`, "value")];
    return element("div", { className: "scheme" }, ...head, ...inputs);
  }

  mark() {
    const held = Object.values(this.values).some((value) => value?.value);
    byId("authorize").textContent = held ? "Authorized" : "Authorize";
  }

  // Whether cookies go along. Where no scheme is a cookie the page sends none.
  get cookies() {
    const names = Object.entries(this.schemes).filter(([, scheme]) => scheme.in === "cookie").map(([name]) => name);
    return names.some((name) => this.values[name] !== false) ? "same-origin" : "omit";
  }

  headers() {
    const found = {};
    for (const [name, { type, scheme, in: where, name: header }] of Object.entries(this.schemes)) {
      const { name: user = "", value } = this.values[name] || {};
      if (!value) continue;
      if (where === "header") found[header] = value;
      else if (type === "http" && scheme === "basic") found.Authorization = `Basic ${BASIC(user, value)}`;
      else if (type === "http") found.Authorization = `${scheme[0].toUpperCase()}${scheme.slice(1)} ${value}`;
    }
    return found;
  }
}
