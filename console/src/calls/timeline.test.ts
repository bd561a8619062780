import { expect, test } from "vitest";
import { happenings, lanes, peaks, quality } from "./timeline";

const event = (sequence: number, at: string, name: string, leg: string, detail: string) =>
  ({ sequence, at, event: name, fields: [{ name: "leg", value: leg }, { name: "detail", value: detail }] });

const timeline = {
  events: [
    event(0, "2026-11-26T19:10:42.800+00:00", "status", "0", "ringing"),
    event(1, "2026-11-26T19:10:43.000+00:00", "verb", "0", "Dial line 1"),
    event(2, "2026-11-26T19:10:44.000+00:00", "status", "1", "ringing"),
    event(3, "2026-11-26T19:10:45.000+00:00", "media", "1", "codec=PCMA lost=0 mos=4.36"),
  ],
  callbacks: [{ sid: "RQ1", event: "ringing", date_created: "2026-11-26T19:10:43.500+00:00", method: "POST", url: "https://a.test/s", state: "dropped", attempts: 3, last_error: "timeout" }],
};

test("events and callbacks are one picture in the order of time", () => {
  const all = happenings(timeline);
  expect(all.map(({ lane, after_ms }) => [lane, after_ms])).toEqual([["leg-0", 0], ["instructions", 200], ["webhooks", 700], ["leg-1", 1200]]);
  expect(all[2]).toMatchObject({ bad: true, detail: "POST https://a.test/s · dropped · × 3 · timeout" });
  expect(lanes(all)).toEqual(["leg-0", "leg-1", "instructions", "webhooks"]);
});

test("an exchange with the application stands among the webhooks, and says how it is sent again", () => {
  const fields = Object.entries({ leg: "0", url: "https://a.test/voice", method: "POST", purpose: "start", duration_ms: "41", status: "500", error: "the answer has status 500" }).map(([name, value]) => ({ name, value }));
  const asked = { sequence: 7, at: "2026-11-26T19:10:42.900+00:00", event: "fetched", fields };
  const [kept, lost] = [{ ...asked, resendable: true }, { ...asked, sequence: 8, resendable: false }];
  const all = happenings({ events: [kept, lost], callbacks: [{ ...timeline.callbacks[0], resendable: true }] });
  expect(all[0]).toMatchObject({ lane: "webhooks", bad: true, detail: "POST https://a.test/voice · 500 · 41 ms · the answer has status 500", again: { Sequence: "7" } });
  expect(all[1]?.again).toBeUndefined();
  expect(all[2]?.again).toEqual({ CallbackSid: "RQ1" });
});

test("what was measured is read from its text, and nothing breaks what is no timeline", () => {
  expect(quality(timeline)).toEqual([{ leg: "1", values: { codec: "PCMA", lost: "0", mos: "4.36" } }]);
  expect([happenings(null), happenings({ events: 7 }), quality([])]).toEqual([[], [], []]);
});

test("a waveform shows the loudest sample of each slice", () => {
  expect(peaks([0, 0.5, -0.9, 0.1], 2)).toEqual([0.5, 0.9]);
  expect(peaks([], 10)).toEqual([]);
  expect(peaks([0.2], 10)).toEqual([0.2]);
});
