export interface Place {
  path: string;
  name: string;
}

/** Pages that are shown at once. */
const SHOWN_MAX = 8;
const CALL = /^CA[0-9a-f]{32}$/i;
const NUMBER = /^\+\d{4,15}$/;

/** Without accents and case: what people type. */
const plain = (text: string) => text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();

/** Where a few letters lead: pages whose name has them, those that begin with them first; calls by their sid or by a number. */
export function places(wanted: string, pages: Place[], named: { call: (sid: string) => string; to: (number: string) => string; from: (number: string) => string }): Place[] {
  const text = wanted.trim();
  if (CALL.test(text)) return [{ path: `/calls/${text}`, name: named.call(text) }];
  const number = text.replaceAll(/[\s./-]/g, "");
  if (NUMBER.test(number)) {
    return (["To", "From"] as const).map((side) => ({ path: `/calls?${new URLSearchParams({ [side]: number })}`, name: side === "To" ? named.to(number) : named.from(number) }));
  }
  const at = (place: Place) => plain(place.name).indexOf(plain(text));
  return pages.filter((place) => at(place) >= 0).toSorted((a, b) => Math.sign(at(a)) - Math.sign(at(b))).slice(0, SHOWN_MAX);
}
