import { expect, test } from "vitest";
import { draftOf, targetOf } from "./target";

const flow = `FW${"0".repeat(31)}a`;

test("numbers, flows, clients and addresses are told apart", () => {
  expect(targetOf("+32 470 12.34-56", "h")).toEqual({ user: "+32470123456", host: "h" });
  expect(targetOf("tel:0470123456", "h")).toEqual({ user: "0470123456", host: "h" });
  expect(targetOf(flow, "h")).toEqual({ user: flow, host: "flows.invalid" });
  expect(targetOf(draftOf(flow), "h")).toEqual({ user: flow, host: "drafts.invalid" });
  expect(targetOf(" client:alice ", "h")).toEqual({ user: "alice", host: "clients.invalid" });
  expect(targetOf("sip:bob@pbx.example:5070", "h")).toEqual({ user: "bob", host: "pbx.example:5070" });
});

test("what cannot be dialled is not", () => {
  for (const text of ["", "draft:FW1", "a b", "a@b@c", "a@", "<x>", "x\r\nVia: y"]) expect(targetOf(text, "h"), text).toBeNull();
});
