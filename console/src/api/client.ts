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
  role: "administrator" | "developer" | "provisioning-agent" | "read-only" | "lawful-officer";
  invited: boolean;
  second_factor: boolean;
  signed_in_at: string | null;
}

export interface Account {
  sid: string;
  name: string;
}

export interface Session {
  person: Person;
  /** The account that is looked at: the person's own, or one below it. */
  account_sid: string;
  account_name: string;
  /** Whether nobody is above the person's own account: it is the operator's. */
  top: boolean;
  /** The person's own account, while they look at one below it. */
  home: Account | null;
  csrf_token: string;
  /** When it ends, unless it is made longer. */
  ends_at: string;
  /** Whether a trunk is meant for emergency calls. */
  emergency: { route: boolean };
  sandbox: boolean;
  home_country: string;
  /** Whether the person signs in with one; whether they must set one up before anything else. */
  second_factor: { on: boolean; needed: boolean };
}

let seated: Session | null = null;
let below: Account | null = null;

/** The token travels in a header only this origin can set; it lives as long as the page. */
export function remember(session: Session): Session {
  const own = session.home ?? { sid: session.account_sid, name: session.account_name };
  const at = below ?? own;
  seated = { ...session, account_sid: at.sid, account_name: at.name, home: below && own };
  return seated;
}

/** From now on an account below the own one is looked at; `null` for the own one again. It lives as long as the page. */
export function lookAt(account: Account | null): void {
  below = account;
}

/** Nobody sits here any more, by their own will. */
export function leave(): void {
  seated = null;
}

/** Who sits here, for what is called outside of components. */
export const seat = (): Session | null => seated;

const SESSION_PATH = "/console/api/session";
let refused: (() => void) | null = null;

/** Who is told when somebody who sits here is refused for not being signed in: the session is over. `null` for nobody. */
export function onRefused(told: (() => void) | null): void {
  refused = told;
}

/** Every answer goes by here, also those of {@link fetch} elsewhere. */
export function heed(path: string, status: number): void {
  if (status === 401 && seated && path !== SESSION_PATH) refused?.();
}

type Form = Record<string, string>;

async function send(method: string, path: string, body?: { form?: Form | string[][]; json?: unknown }): Promise<unknown> {
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
  heed(path, response.status);
  throw refusal(response, answer);
}

function refusal(response: Response, answer: unknown): ApiError {
  const said = isRecord(answer) ? answer : {};
  const message = typeof said["message"] === "string" ? said["message"] : response.statusText;
  // Number masking has its codes as a text of another name.
  const code = said["code"] ?? Number(said["errorCode"] ?? NaN);
  return new ApiError(response.status, typeof code === "number" && !Number.isNaN(code) ? code : undefined, message);
}

/** A document as it is, byte for byte. */
export async function getText(path: string): Promise<string> {
  const response = await fetch(path, { headers: { "X-Flexio-Console": "1" } });
  if (response.ok) return response.text();
  heed(path, response.status);
  throw refusal(response, null);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const get = (path: string) => send("GET", path);
export const post = (path: string, form: Form) => send("POST", path, { form });
/** As {@link post}, where a name may stand more than once. */
export const postPairs = (path: string, pairs: [string, string][]) => send("POST", path, { form: pairs });
export const postJson = (path: string, json: unknown) => send("POST", path, { json });
export const remove = (path: string) => send("DELETE", path);

/** Twilio's shape: prices on everything and a page as one object. */
export const accountPath = (account: string) => `/2010-04-01/Accounts/${account}`;

/** The classic API, for what Twilio's has not. */
export const nativePath = (account: string) => `/restcomm/2012-04-24/Accounts/${account}`;
