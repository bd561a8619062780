import { expect, test } from "vitest";
import { ladder, nameOf } from "./ladder";

const said = (at: string, direction: string, start_line: string, remote = "192.0.2.9:5060") => ({ kind: "sip", at, direction, transport: "UDP", remote, start_line, text: `${start_line}\r\n` });

test("messages stand in order, by whom they were exchanged with", () => {
  const { peers, rungs } = ladder({ items: [
    said("2026-11-26T19:20:01.000Z", "received", "INVITE sip:+3225550123@192.0.2.1 SIP/2.0"),
    { kind: "verb", at: "2026-11-26T19:20:01.001Z" },
    said("2026-11-26T19:20:01.250Z", "sent", "SIP/2.0 180 Ringing"),
    { kind: "sip_gap", at: "2026-11-26T19:20:02.000Z", dropped: 3 },
    said("2026-11-26T19:20:03.000Z", "sent", "SIP/2.0 486 Busy Here", "192.0.2.7:5060"),
  ] });
  expect(peers).toEqual(["192.0.2.9:5060 UDP", "192.0.2.7:5060 UDP"]);
  expect(rungs.map(({ name, sent, after_ms, bad, dropped }) => [name, sent, after_ms, bad, dropped])).toEqual([
    ["INVITE", false, 0, false, 0], ["180 Ringing", true, 250, false, 0], ["", false, 1000, true, 3], ["486 Busy Here", true, 2000, true, 0],
  ]);
});

test("a challenge is no refusal, and what is no timeline breaks nothing", () => {
  expect(ladder({ items: [said("2026-11-26T19:20:01.000Z", "sent", "SIP/2.0 401 Unauthorized")] }).rungs[0]?.bad).toBe(false);
  expect([ladder(null), ladder({ items: 7 })]).toEqual([{ peers: [], rungs: [] }, { peers: [], rungs: [] }]);
  expect(nameOf("")).toBe("");
});
