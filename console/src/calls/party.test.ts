import { expect, test } from "vitest";
import { partyOf } from "./party";

const FLOW = "FW0123456789abcdef0123456789abcdef";
const names = new Map([[FLOW, "Front desk"]]);

test("a flow is called by its name, and everything else stays what it is", () => {
  expect(partyOf(`sip:${FLOW}@flows.invalid`, names)).toBe("Front desk");
  expect(partyOf(`sip:${FLOW}@flows.invalid`, new Map())).toBe(`sip:${FLOW}@flows.invalid`);
  expect(partyOf(`sip:${FLOW}@flows.invalid.example`, names)).toBe(`sip:${FLOW}@flows.invalid.example`);
  expect(partyOf("+3225880100", names)).toBe("+3225880100");
  expect(partyOf("client:ann", names)).toBe("client:ann");
});
