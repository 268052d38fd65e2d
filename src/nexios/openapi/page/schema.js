// JSON Schemas: what they are in words, and a value that would fit.

import { element } from "./dom.js";

export class Schemas {
  constructor(components) {
    this.components = components ?? {};
  }

  // What a $ref stands for; other schemas as they are.
  resolve(schema) {
    const name = schema?.$ref?.split("/").pop();
    return name === undefined ? schema ?? {} : this.components[name] ?? {};
  }

  // In a word or two.
  type(schema) {
    if (schema?.$ref) return schema.$ref.split("/").pop();
    if (schema?.enum) return "enum";
    if (schema?.anyOf) return schema.anyOf.map((each) => this.type(each)).join(" | ");
    if (schema?.type === "array") return `list of ${this.type(schema.items)}`;
    if (schema?.format) return schema.format;
    return Array.isArray(schema?.type) ? schema.type.join(" | ") : schema?.type ?? "any";
  }

  // What else a value must keep to.
  rules(schema) {
    const { minLength, maxLength, minimum, maximum, exclusiveMinimum, exclusiveMaximum, pattern } = schema ?? {};
    const rules = [];
    if (schema?.enum) rules.push(schema.enum.map((value) => JSON.stringify(value)).join(", "));
    if (minLength !== undefined || maxLength !== undefined) rules.push(`length ${minLength ?? 0} to ${maxLength ?? "any"}`);
    if (minimum !== undefined) rules.push(`≥ ${minimum}`);
    if (exclusiveMinimum !== undefined) rules.push(`> ${exclusiveMinimum}`);
    if (maximum !== undefined) rules.push(`≤ ${maximum}`);
    if (exclusiveMaximum !== undefined) rules.push(`< ${exclusiveMaximum}`);
    if (pattern !== undefined) rules.push(`matches ${pattern}`);
    if (schema?.default !== undefined && schema.default !== null) rules.push(`default ${JSON.stringify(schema.default)}`);
    return rules.join(" · ");
  }

  example(schema, depth = 0) {
    const whole = this.resolve(schema);
    if (whole.examples?.length) return whole.examples[0];
    if (whole.default !== undefined && whole.default !== null) return whole.default;
    if (whole.enum) return whole.enum[0];
    if (whole.anyOf ?? whole.oneOf) return this.example((whole.anyOf ?? whole.oneOf)[0], depth);
    switch (Array.isArray(whole.type) ? whole.type[0] : whole.type) {
      case "object": {
        // What may be left out is, where there is no default: it could be anything.
        const named = depth > 4 ? [] : Object.entries(whole.properties ?? {}).filter(
          ([name, field]) => whole.required?.includes(name) || (field.default ?? null) !== null,
        );
        return Object.fromEntries(named.map(([name, field]) => [name, this.example(field, depth + 1)]));
      }
      case "array": return depth > 4 ? [] : [this.example(whole.items, depth + 1)];
      case "integer": case "number": return whole.minimum ?? 0;
      case "boolean": return false;
      case "string": return this.text(whole);
      default: return null;
    }
  }

  text({ format, minLength = 0 }) {
    const now = new Date().toISOString();
    if (format === "date-time") return now;
    if (format === "date") return now.slice(0, 10);
    if (format === "uuid") return "00000000-0000-4000-8000-000000000000";
    return "text".padEnd(minLength, "x");
  }

  // The fields of a schema, as a list of lists.
  shape(schema) {
    return element("div", { className: "shape" }, ...this.lines(schema, new Set()));
  }

  lines(schema, above) {
    const name = schema?.$ref?.split("/").pop();
    const whole = this.resolve(schema);
    const inner = whole.type === "array" ? whole.items : whole;
    const head = [element("span", { className: "type" }, this.type(schema ?? {})), " ",
      element("span", { className: "rule" }, [this.rules(whole), whole.description].filter(Boolean).join(" — "))];
    if (name !== undefined && above.has(name)) return head;
    const seen = name === undefined ? above : new Set([...above, name]);
    if (whole.type === "array" && (inner?.$ref || inner?.properties)) return [...head, ...this.lines(inner, seen).slice(3)];
    const fields = Object.entries(whole.properties ?? {});
    if (!fields.length) return head;
    return [...head, element("ul", {}, ...fields.map(([field, of]) => element("li", {},
      element("code", {}, field), whole.required?.includes(field) ? "" : "?", " ", ...this.lines(of, seen))))];
  }
}
