import { expect, test } from "vitest";
import type { Flow } from "./document";
import { learned, leaving, namesIn } from "./personal";

const flow: Flow = {
  name: "Desk",
  nodes: [
    { id: "call", type: "on_call", next: { start: "ask" } },
    { id: "ask", type: "ask", properties: { variable: "order", prompts: [{ kind: "say", text: "Which order?" }] } },
    { id: "made", type: "set_variables", properties: { assign: [{ variable: "line", value: "order {{ order }}" }, { variable: "shop", value: "Ghent" }] } },
    { id: "again", type: "transform", properties: { variable: "short", expression: "line + \"trigger.from\"" } },
    { id: "look", type: "http", properties: { url: "https://crm.test/{{ short | upper }}", take: [{ variable: "name", path: "name" }] } },
    { id: "plain", type: "http", properties: { url: "https://clock.test/{{ now }}" } },
    { id: "mail", type: "email", properties: { to: "desk@acme.test", subject: "Hello", body: "{{ nodes.ask.digits }} of {{ shop | default: 'trigger.from' }}" } },
    { id: "ring", type: "dial", properties: { to: [{ kind: "number", address: "+3222268888" }], record: true } },
    { id: "voice", type: "record", properties: {} },
    { id: "mark", type: "tag", properties: { name: "caller", value: "{{ contact.channel.address }}" } },
    { id: "count", type: "metric", properties: { name: "visits" } },
  ],
};

test("names are those of a template's braces and of an expression, without filters and quoted text", () => {
  expect(namesIn({ name: "body", text: "order {{ order | default: 'none' }} {% if call.digits %}x{% endif %}" })).toEqual(["order", "if", "call.digits", "endif"]);
  expect(namesIn({ name: "when", text: 'size(message.body) > 3 && shop == "trigger.from"' })).toEqual(["size", "message.body", "shop"]);
});

test("what is made of an answer is the person's too, over several steps and whatever comes back from a service", () => {
  expect(learned(flow).map(({ node, name }) => `${node.id}: ${name}`)).toEqual(["ask: order", "made: line", "again: short", "look: name"]);
});

test("each step that hands it on is told with what and where to, and what has the voice in any case", () => {
  expect(leaving(flow).map(({ node, to, names, detail }) => [node.id, to, names.join(" "), detail])).toEqual([
    ["look", "http", "short", "https://crm.test/{{ short | upper }}"],
    ["mail", "email", "nodes.ask.digits", "desk@acme.test"],
    ["ring", "call", "", "+3222268888"],
    ["ring", "recording", "", ""],
    ["voice", "recording", "", ""],
    ["mark", "mark", "contact.channel.address", "caller"],
  ]);
});
