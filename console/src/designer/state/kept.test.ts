import { beforeEach, expect, test, vi } from "vitest";
import { forget, forgetAll, keep, keptOf } from "./kept";

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

test("a draft comes back as it was kept, until it is forgotten", () => {
  keep("FW1", { version: 3, base: flow, flow: { ...flow, name: "Here" } });
  expect(keptOf("FW1")).toEqual({ version: 3, base: flow, flow: { ...flow, name: "Here" } });
  expect(keptOf("FW2")).toBeNull();
  forget("FW1");
  expect(keptOf("FW1")).toBeNull();
});

test("what is no draft of ours is none, and whoever signs out leaves none", () => {
  localStorage.setItem("flexio.language", "nl");
  for (const text of ["", "x", "null", "{}", JSON.stringify({ version: "1", base: flow, flow }), JSON.stringify({ version: 1, base: flow, flow: { name: 1 } })]) {
    localStorage.setItem("flexio.draft.FW1", text);
    expect(keptOf("FW1"), text).toBeNull();
  }
  forgetAll();
  expect([localStorage.getItem("flexio.draft.FW1"), localStorage.getItem("flexio.language")]).toEqual([null, "nl"]);
});
