// One operation: what it takes and answers, and a form to try it.

import { element, prose } from "./dom.js";
import { send } from "./send.js";

export const guardOf = (operation) => {
  const names = (operation.security ?? []).flatMap((each) => Object.keys(each));
  const permissions = [...new Set((operation.security ?? []).flatMap((each) => Object.values(each).flat()))];
  return names.length ? [names.join(" or "), ...permissions].join(" · ") : "";
};

export function operationCard({ id, path, method, operation, schemas, responses, credentials, base }) {
  const guard = guardOf(operation);
  const card = element("details", { id, className: operation.deprecated ? "operation deprecated" : "operation" },
    element("summary", {},
      element("span", { className: `method ${method}` }, method.toUpperCase()),
      element("span", { className: "path" }, path),
      element("span", { className: "said" }, operation.summary ?? ""),
      operation.deprecated ? element("span", { className: "chip s4" }, "deprecated") : "",
      element("span", { className: guard ? "chip guard" : "chip open" }, guard || "open to all")));
  // The inside is made when it is first looked at: a large API opens at once.
  card.addEventListener("toggle", () => {
    if (card.open && card.children.length === 1) card.append(inside());
  });

  function inside() {
    const { form, values } = tryForm(operation, schemas);
    const answer = element("div", { className: "answer", "aria-live": "polite" });
    const button = element("button", { type: "submit" }, "Send");
    form.append(element("div", { className: "buttons" }, button), answer);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      answer.replaceChildren(await send({ path: base + path, method, credentials, ...values() }));
      button.disabled = false;
    });
    return element("div", { className: "inside" },
      ...(operation.description ? prose(operation.description) : []),
      form, element("h3", {}, "Answers"), answersOf(operation, schemas, responses));
  }

  return card;
}

function tryForm(operation, schemas) {
  const form = element("form", {});
  const parameters = (operation.parameters ?? []).map((parameter) => ({ ...parameter, field: fieldOf(parameter, schemas) }));
  if (parameters.length) form.append(element("h3", {}, "Parameters"), ...parameters.map(({ field }) => field.row));
  const [media, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  let area;
  if (content) {
    const text = JSON.stringify(schemas.example(content.schema), null, 2);
    area = element("textarea", { value: text, spellcheck: false, "aria-label": "Body", rows: Math.min(text.split("\n").length + 1, 20) });
    form.append(element("h3", {}, `Body, ${media}`), area, schemas.shape(content.schema));
  }
  const values = () => ({
    media,
    body: area?.value,
    parameters: parameters.flatMap(({ name, in: where, field }) => field.values().map((value) => ({ name, where, value }))),
  });
  return { form, values };
}

function fieldOf({ name, required, in: where, schema, description }, schemas) {
  const whole = schemas.resolve(schema);
  const several = whole.type === "array";
  const input = whole.enum
    ? element("select", {}, ...(required ? [] : [""]).concat(whole.enum).map((value) => element("option", { value, selected: value === whole.default }, String(value))))
    : element("input", { type: "text", required: Boolean(required), spellcheck: false, autocomplete: "off" });
  const label = element("label", {}, element("code", {}, name), required ? element("span", { className: "needed" }, " *") : "",
    element("span", { className: "type" }, `${schemas.type(schema)}, ${where}`));
  input.id = `field-${crypto.randomUUID()}`;
  label.htmlFor = input.id;
  const hint = [description ?? whole.description, schemas.rules(whole), several ? "several by commas" : ""].filter(Boolean).join(" · ");
  const row = element("div", { className: "field" }, label, input, hint ? element("span", { className: "hint" }, hint) : "");
  const given = () => (several ? input.value.split(",").map((value) => value.trim()) : [input.value]).filter((value) => value !== "");
  return { row, values: given };
}

function answersOf(operation, schemas, responses) {
  return element("div", { className: "answers" }, ...Object.entries(operation.responses ?? {}).map(([status, named]) => {
    const answer = named.$ref ? responses?.[named.$ref.split("/").pop()] ?? {} : named;
    const [media, content] = Object.entries(answer.content ?? {})[0] ?? [];
    const shown = content?.schema && media === "application/json" ? schemas.shape(content.schema) : "";
    return element("div", {},
      element("span", {}, element("span", { className: `chip s${status[0]}` }, status)),
      element("div", {}, answer.description ?? "", media ? element("span", { className: "muted mono" }, ` ${media}`) : "", shown));
  }));
}
