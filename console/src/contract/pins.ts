import { type Row, rows, text } from "../api/lists";

/** What one item costs, and why. */
export interface Held {
  item: string;
  /** Decimal text, and what it is for as the plan says: `60 seconds`, `each`, `calendar month`. */
  price: string;
  per: string;
  currency: string;
  plan: string;
  /** From when on, as it came. */
  since: string;
  reason: string;
  /** What it will cost, where a change was announced. */
  next: { price: string; plan: string; from: string } | null;
}

interface Priced { price: string; per: string; currency: string }

/** Prices of a plan version by item; none where the version is not known. */
function pricesOf(plans: Row[], label: string): Map<string, Priced> {
  const plan = plans.find((each) => text(each, "plan") === label);
  return new Map(rows(plan?.["prices"]).map((price) => [text(price, "item"), { price: text(price, "price"), per: text(price, "per"), currency: text(plan, "currency") }]));
}

/** What is paid for each item now, by its pins: the last one before now holds, and one without an item is for all of them. */
export function held(pins: Row[], plans: Row[], now: Date): Held[] {
  const dated = pins.map((pin) => ({ item: text(pin, "item"), plan: text(pin, "plan"), from: text(pin, "date_from"), reason: text(pin, "reason") }));
  const begun = dated.filter(({ from }) => Date.parse(from) <= now.getTime());
  const codes = [...new Set([...begun.flatMap(({ plan, item }) => (item ? [item] : [...pricesOf(plans, plan).keys()]))])];
  return codes.flatMap((item) => {
    const own = dated.filter((pin) => pin.item === "" || pin.item === item);
    const pin = own.findLast(({ from }) => Date.parse(from) <= now.getTime());
    const priced = pin && pricesOf(plans, pin.plan).get(item);
    if (!pin || !priced) return [];
    const coming = own.find(({ from }) => Date.parse(from) > now.getTime());
    const then = coming && pricesOf(plans, coming.plan).get(item);
    const next = coming && then ? { price: then.price, plan: coming.plan, from: coming.from } : null;
    return [{ item, ...priced, plan: pin.plan, since: pin.from, reason: pin.reason, next }];
  });
}

/** What another price list changes for somebody who pays what is held now. */
export function differences(now: Held[], prices: Row[]): { item: string; old: string; next: string }[] {
  return prices.flatMap((price) => {
    const item = text(price, "item");
    const old = now.find((each) => each.item === item)?.price;
    const next = text(price, "price");
    return old !== undefined && old !== next ? [{ item, old, next }] : [];
  });
}
