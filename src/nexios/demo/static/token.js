// JSON Web Tokens, as a page may read them: base64url and JSON (RFC 7515 3.1), with nothing verified.

const decode = (part) => new TextDecoder().decode(
  Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0)),
);

const encode = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

export function read(token) {
  const [header, payload, signature] = token.split(".");
  return { header: JSON.parse(decode(header)), payload: JSON.parse(decode(payload)), signature };
}

// The same token with other claims, under the signature that it had.
export function withClaims(token, claims) {
  const [header, payload, signature] = token.split(".");
  const changed = { ...JSON.parse(decode(payload)), ...claims };
  return [header, encode(JSON.stringify(changed)), signature].join(".");
}

export function timeLeft(seconds) {
  if (seconds <= 0) return "expired";
  const rest = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(rest / 3600), Math.floor((rest % 3600) / 60)];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest % 60)}` : `${minutes}:${two(rest % 60)}`;
}
