import { beforeEach, expect, test, vi } from "vitest";
import { lookAt, remember, type Session } from "../../api/client";
import { forget, forgetAll, keep, keptOf, ownerOf } from "./kept";

const flow = { name: "Desk", languages: ["en"], nodes: [] };

beforeEach(() => {
  const held = new Map<string, string>();
  // Keys are its own members, as in a browser.
  vi.stubGlobal("localStorage", new Proxy({}, {
    ownKeys: () => [...held.keys()],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
    get: (_, name) => ({ getItem: (key: string) => held.get(key) ?? null, setItem: (key: string, value: string) => held.set(key, value), removeItem: (key: string) => held.delete(key) })[String(name)],
  }));
});

const session = (sid: string, account: string): Session => ({
  person: { sid, email: null, role: "developer", invited: false, second_factor: false, signed_in_at: null },
  account_sid: account, account_name: account, top: false, home: null, csrf_token: "", sandbox: true, home_country: "BE", second_factor: { on: false, needed: false },
  ends_at: "2026-11-29T00:00:00Z", emergency: { route: true },
});
/** Whose drafts are kept once this person sits here. */
function sits(person: string, account: string): string {
  lookAt(null);
  remember(session(person, account));
  return ownerOf() ?? "";
}

test("a draft comes back as it was kept, until it is forgotten", () => {
  const ann = sits("PE1", "AC1");
  keep(ann, "FW1", { version: 3, base: flow, flow: { ...flow, name: "Here" } });
  expect(keptOf(ann, "FW1")).toEqual({ version: 3, base: flow, flow: { ...flow, name: "Here" } });
  expect(keptOf(ann, "FW2")).toBeNull();
  forget(ann, "FW1");
  expect(keptOf(ann, "FW1")).toBeNull();
});

test("what is no draft of ours is none", () => {
  const ann = sits("PE1", "AC1");
  for (const text of ["", "x", "null", "{}", JSON.stringify({ version: "1", base: flow, flow }), JSON.stringify({ version: 1, base: flow, flow: { name: 1 } })]) {
    localStorage.setItem(`${ann}FW1`, text);
    expect(keptOf(ann, "FW1"), text).toBeNull();
  }
});

test("another person, and another account, have drafts of their own; whoever signs out leaves none of theirs", () => {
  localStorage.setItem("flexio.language", "nl");
  const ann = sits("PE1", "AC1");
  keep(ann, "FW1", { version: 1, base: flow, flow });
  const below = sits("PE1", "AC2");
  expect(keptOf(below, "FW1")).toBeNull();
  keep(below, "FW1", { version: 1, base: flow, flow });
  const bob = sits("PE2", "AC1");
  expect(keptOf(bob, "FW1")).toBeNull();
  keep(bob, "FW1", { version: 2, base: flow, flow });
  forgetAll();
  expect([keptOf(bob, "FW1"), keptOf(ann, "FW1")?.version, keptOf(below, "FW1")?.version]).toEqual([null, 1, 1]);
  sits("PE1", "AC1");
  forgetAll();
  expect([keptOf(ann, "FW1"), keptOf(below, "FW1"), localStorage.getItem("flexio.language")]).toEqual([null, null, "nl"]);
});
