import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Flow, JsonObject } from "./document";
import { kindsOf } from "./form";
import { missingIn, textsOf } from "./texts";

const root = JSON.parse(readFileSync(new URL("../../../../crates/flows/schema/flow.schema.json", import.meta.url), "utf8")) as JsonObject;
const kinds = kindsOf(root);

test("every text of a flow is found where it stands, and what a language has not is named", () => {
  const flow: Flow = {
    name: "x", languages: ["nl-BE", "fr-BE"],
    nodes: [
      { id: "menu", type: "menu", properties: { prompts: [{ kind: "say", text: { "nl-BE": "Kies.", "fr-BE": "" } }, { kind: "play", url: "https://a.test/x.wav" }, { kind: "say", text: "Welkom." }] } },
      { id: "wait", type: "wait", properties: { seconds: 3 } },
      { id: "sms", type: "send_message", properties: { body: "" } },
    ],
  };
  const found = textsOf(flow, kinds);
  // A recording is played by its address, which may be another in each language.
  const said = found.filter(({ path }) => path.at(-1) !== "url");
  expect(said.map(({ node, path }) => [node, path.join(".")])).toEqual([["menu", "prompts.0.text"], ["menu", "prompts.2.text"], ["sms", "body"]]);
  expect(said.map((text) => missingIn(text, flow.languages ?? []))).toEqual([["fr-BE"], [], ["nl-BE", "fr-BE"]]);
});
