/** What was typed into the phone, as it is dialled: a number, a flow, the draft of one, a SIP address, or the name of a client. */
export interface Target { user: string; host: string }

const FLOW = /^FW[0-9a-f]{32}$/;
const DRAFT = /^draft:(FW[0-9a-f]{32})$/;
const DIGITS = /^\+?[0-9][0-9 ()./-]*$/;
const NAME = /^[\w.+-]{1,120}$/;

/** `null` where it is none of these. `here` is the host of the page. */
export function targetOf(typed: string, here: string): Target | null {
  const text = typed.trim().replace(/^(sip|client|tel):/i, "");
  if (DIGITS.test(text)) return { user: text.replaceAll(/[ ()./-]/g, ""), host: here };
  const draft = DRAFT.exec(text)?.[1];
  if (draft !== undefined) return { user: draft, host: "drafts.invalid" };
  if (FLOW.test(text)) return { user: text, host: "flows.invalid" };
  const [user, host, ...more] = text.split("@");
  if (user === undefined || more.length > 0 || !NAME.test(user)) return null;
  if (host === undefined) return { user, host: "clients.invalid" };
  return /^[\w.-]+(:\d{1,5})?$/.test(host) ? { user, host } : null;
}

/** How the draft of a flow is typed. */
export const draftOf = (flow: string): string => `draft:${flow}`;
