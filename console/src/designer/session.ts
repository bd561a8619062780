/** Calls of the account's API, by whoever is signed in. */
import { heed, seat } from "../api/client";
import { isObject } from "./model/document";

export class ApiError extends Error {
  constructor(readonly status: number, readonly code: number | null, message: string, readonly body: unknown) {
    super(message);
  }
}

async function read<T>(answer: Response): Promise<T> {
  const text = await answer.text();
  let body: unknown = null;
  try {
    body = text === "" ? null : JSON.parse(text);
  } catch {
    body = text;
  }
  if (!answer.ok) {
    const told = isObject(body) ? body : {};
    const message = typeof told["message"] === "string" ? told["message"] : `HTTP ${answer.status}`;
    throw new ApiError(answer.status, typeof told["code"] === "number" ? told["code"] : null, message, body);
  }
  return body as T; // The one place where the server's word is taken for its type.
}

export async function call<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  const seated = seat();
  if (!seated) throw new ApiError(401, null, "nobody has signed in", null);
  const answer = await fetch(`/restcomm/2012-04-24/Accounts/${seated.account_sid}/${path}`, {
    method,
    headers: {
      Accept: "application/json",
      "X-Flexio-Console": "1",
      "X-CSRF-Token": seated.csrf_token,
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  heed(path, answer.status);
  return read<T>(answer);
}
