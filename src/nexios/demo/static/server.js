// Requests to the server. Only `send` with "same-origin" lets the browser add its cookie.

export class Refused extends Error {}

export function send(path, { method = "GET", headers = {}, body, cookie = false } = {}) {
  return fetch(path, {
    method,
    headers: body === undefined ? headers : { ...headers, "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: cookie ? "same-origin" : "omit",
    cache: "no-store",
  });
}

// What the page itself needs, asked with the session; an answer other than success is an error to show.
export async function ask(path, options = {}) {
  let answer;
  try {
    answer = await send(path, { ...options, cookie: true });
  } catch {
    throw new Refused("The server does not answer. Is nexios demo still running?");
  }
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Refused(problem.detail ?? `The server answered ${answer.status}.`);
  }
  return answer;
}

export const askJson = async (path, options) => (await ask(path, options)).json();
