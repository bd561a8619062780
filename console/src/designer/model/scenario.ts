/** Tests of a flow: what the other side does, and what must come of it. */
import type { Run } from "../api";
import type { Json, JsonObject } from "./document";
import { setProperty } from "./edit";

export const INPUTS = ["digits", "speech", "reply", "dial", "silence", "hangup"] as const;
export type InputKind = (typeof INPUTS)[number];

export const inputOf = (kind: InputKind, text: string): JsonObject =>
  kind === "silence" ? { silence: true } : kind === "hangup" ? { hangup: true } : { [kind]: text };

/** A value within a test. */
export function put(test: JsonObject, path: readonly (string | number)[], value: Json | undefined): JsonObject {
  const [node] = setProperty({ name: "", nodes: [{ id: "test", type: "", properties: test }] }, "test", path, value).nodes;
  return node?.properties ?? test;
}

/** The run as a test that must go the same way again. */
export const recorded = (test: JsonObject, run: Run, name: string): JsonObject => ({
  ...test,
  name: `${name} ${run.path.at(-1) ?? ""}`.trim(),
  expect: {
    outcome: run.outcome,
    path: run.path,
    heard: run.heard.filter((heard) => heard.kind === "say").map((heard) => heard.text),
    sent: run.sent.map((sent) => sent.body),
  },
});
