import { isRecord, postJson, type Session } from "../api/client";
import { text } from "../api/lists";

/** Nothing was chosen: the person closed the window of the browser, or has no passkey of this site. */
export class NoPasskey extends Error {}

/** Whether this browser can, and the site has a name: passkeys are not for addresses. */
export function possible(): boolean {
  return typeof PublicKeyCredential === "function" && !isAddress(location.hostname);
}

export const isAddress = (host: string): boolean => /^\d+(\.\d+){3}$/.test(host) || host.includes(":");

/** Without padding, as the standard writes it. */
export function base64url(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

const API = "/console/api/passkeys";

/** Has the browser make a passkey, and the platform keep it under this name. */
export async function add(password: string, name: string): Promise<unknown> {
  const begun = await postJson(`${API}/begin`, { password });
  const asked = isRecord(begun) ? begun : {};
  const list = (value: unknown) => (Array.isArray(value) ? value : []);
  const made = await asking(() => navigator.credentials.create({
    publicKey: {
      challenge: bytes(text(asked, "challenge")),
      rp: { id: text(asked, "site"), name: text(asked, "site") },
      user: { id: bytes(text(asked, "user")), name: text(asked, "name"), displayName: text(asked, "name") },
      pubKeyCredParams: list(asked["algorithms"]).map((algorithm) => ({ type: "public-key", alg: Number(algorithm) })),
      excludeCredentials: list(asked["known"]).map((id) => ({ type: "public-key", id: bytes(String(id)) })),
      authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
      attestation: "none",
    },
  }));
  if (!(made.response instanceof AuthenticatorAttestationResponse)) throw new NoPasskey();
  return postJson(API, { name, client_data: base64url(made.response.clientDataJSON), authenticator_data: base64url(made.response.getAuthenticatorData()) });
}

/** Has the browser use whichever passkey of this site the person chooses. */
export async function signIn(): Promise<Session> {
  const wanted = await postJson("/console/api/sign-in/challenge", {});
  const asked = isRecord(wanted) ? wanted : {};
  const used = await asking(() => navigator.credentials.get({ publicKey: { challenge: bytes(text(asked, "challenge")), rpId: text(asked, "site"), userVerification: "required" } }));
  const { response } = used;
  if (!(response instanceof AuthenticatorAssertionResponse) || !response.userHandle) throw new NoPasskey();
  return (await postJson("/console/api/sign-in/passkey", {
    id: used.id,
    user: base64url(response.userHandle),
    client_data: base64url(response.clientDataJSON),
    authenticator_data: base64url(response.authenticatorData),
    signature: base64url(response.signature),
  })) as Session;
}

/** The browser tells by one name that nobody answered, that it was refused, and that there is none. */
async function asking(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const given = await ask();
    if (given instanceof PublicKeyCredential) return given;
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== "NotAllowedError") throw error;
  }
  throw new NoPasskey();
}
