/** Everything the console asks goes through here: the session's cookie, the token against forgery, errors with their codes. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: number | undefined,
    message: string,
  ) {
    super(message);
  }
}

export interface Person {
  sid: string;
  email: string | null;
  role: "administrator" | "developer" | "provisioning-agent" | "read-only";
  invited: boolean;
  second_factor: boolean;
  signed_in_at: string | null;
}

export interface Session {
  person: Person;
  account_sid: string;
  account_name: string;
  csrf_token: string;
  sandbox: boolean;
  home_country: string;
  /** Whether the person signs in with one; whether they must set one up before anything else. */
  second_factor: { on: boolean; needed: boolean };
}

let seated: Session | null = null;

/** The token travels in a header only this origin can set; it lives as long as the page. */
export function remember(session: Session): Session {
  seated = session;
  return session;
}

/** Who sits here, for what is called outside of components. */
export const seat = (): Session | null => seated;

type Form = Record<string, string>;

async function send(method: string, path: string, body?: { form?: Form; json?: unknown }): Promise<unknown> {
  const headers: Record<string, string> = { Accept: "application/json", "X-Flexio-Console": "1" };
  if (seated) headers["X-CSRF-Token"] = seated.csrf_token;
  const init: RequestInit = { method, headers };
  if (body?.form) init.body = new URLSearchParams(body.form);
  if (body && "json" in body) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body.json);
  }
  const response = await fetch(path, init);
  const text = await response.text();
  const answer: unknown = text && response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : null;
  if (response.ok) return answer;
  const said = isRecord(answer) ? answer : {};
  const message = typeof said["message"] === "string" ? said["message"] : response.statusText;
  throw new ApiError(response.status, typeof said["code"] === "number" ? said["code"] : undefined, message);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const get = (path: string) => send("GET", path);
export const post = (path: string, form: Form) => send("POST", path, { form });
export const postJson = (path: string, json: unknown) => send("POST", path, { json });
export const remove = (path: string) => send("DELETE", path);

/** Twilio's shape: prices on everything and a page as one object. */
export const accountPath = (account: string) => `/2010-04-01/Accounts/${account}`;
