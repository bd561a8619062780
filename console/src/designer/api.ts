/** The flow part of the API, as docs/flows.md has it. */
import type { Flow, FlowNode, JsonObject, Ports } from "./model/document";
import { call } from "./session";

export interface Problem { node: string | null; property: string | null; severity: "error" | "warning"; text: string; cure: string }
export type Stage = "production" | "test";
export interface Environment { revision: number | null; url: string; variables: Record<string, string>; secrets: string[] }
export interface Rollout { revision: number; percent: number }
export interface Environments { test: Environment; production: Environment & { rollout: Rollout | null } }
export interface StageChange { environment: Stage; revision?: number | null; variables?: Record<string, string>; rollout?: Rollout | null }
export interface Saved { sid: string; name: string; version: number; published_revision: number | null; environments: Environments; changed: boolean; problems: Problem[]; definition: Flow }
export interface Listed { sid: string; name: string; published_revision: number | null }
export interface Revision { revision: number; note: string; date_created: string; definition?: Flow }
export interface Diff { added: string[]; removed: string[]; changed: { id: string; paths: string[] }[]; settings: string[] }
export interface Run {
  outcome: string;
  error: string | null;
  path: string[];
  heard: { node: string; kind: string; text: string }[];
  sent: { to: string; from: string; body: string }[];
  variables: JsonObject;
  /** Where it was stopped to be looked at, and how many steps were begun before. */
  stopped?: { node: string; steps: number };
}
/** Before which steps a run stops, once so many were begun. */
export interface Stops { stop_before: string[]; stop_after: number }
export interface Execution { sid: string; status: "active" | "ended"; outcome: string | null; channel: string; contact: string; date_created: string }
export interface Step { sequence: number; node: string; port: string | null; error: string | null }
export interface Traffic { left: { node: string; port: string; times: number }[]; at: { node: string; executions: number }[] }
export interface TestResult { name: string; passed: boolean; differences: string[] }
export interface Sound { name: string; url: string; content_type: string; bytes: number }
export interface MarkupDocument { nodes: string[]; rcml: string; twiml: string }
export interface LineRemark { line: number; text: string }
export type Dialect = "auto" | "rcml" | "twiml";
/** What is not known before somebody calls; seconds, and a number in E.164 form. */
export interface Assumed { talk_s: number; answer_s: number; play_s: number; record_s: number; queue_s: number; number: string }
/** A price is a decimal text; `null` where the account may not do it. */
export interface PricedUse { node: string; kind: string; party: string; assumed: boolean; item: string; class: string; quantity: number; price: string | null }
export interface WayCost { nodes: string[]; ports: string[]; end: "ends" | "goes_round"; call_s: number; price: string; uses: PricedUse[] }
export interface Costs { plan: string; price_unit: string; assumed: Assumed; ways: WayCost[]; more: boolean; not_counted: string[] }

export const api = {
  schema: () => call<{ schema: JsonObject; ports: Ports }>("GET", "FlowSchema.json"),
  list: () => call<{ flows: Listed[] }>("GET", "Flows.json?PageSize=1000"),
  fetch: (sid: string) => call<Saved>("GET", `Flows/${sid}.json`),
  create: (name: string, definition: Flow) => call<Saved>("POST", "Flows.json", { name, definition }),
  save: (sid: string, version: number, definition: Flow) => call<Saved>("PUT", `Flows/${sid}.json`, { definition }, { "If-Match": `"${version}"` }),
  validate: (definition: Flow) => call<{ problems: Problem[] }>("POST", "Flows/Validate.json", { definition }),
  publish: (sid: string, note: string, environment: Stage) => call<Revision>("POST", `Flows/${sid}/Publish.json`, { note, environment }),
  stage: (sid: string, change: StageChange) => call<Saved>("PUT", `Flows/${sid}/Environments.json`, change),
  revisions: (sid: string) => call<{ revisions: Revision[] }>("GET", `Flows/${sid}/Revisions.json`),
  restore: (sid: string, revision: number) => call<Revision>("POST", `Flows/${sid}/Revisions/${revision}/Restore.json`, {}),
  diff: (sid: string, from?: number) => call<Diff>("GET", `Flows/${sid}/Diff.json?To=draft${from === undefined ? "" : `&From=${from}`}`),
  /** A document that need not be saved, or a revision. */
  simulate: (sid: string, what: { definition: Flow } | { revision: number }, test: JsonObject, stops: Stops) => call<Run>("POST", `Flows/${sid}/Simulate.json`, { ...what, test, ...stops }),
  test: (sid: string) => call<{ passed: boolean; results: TestResult[] }>("POST", `Flows/${sid}/Test.json`, {}),
  executions: (sid: string) => call<{ executions: Execution[] }>("GET", `Flows/${sid}/Executions.json?PageSize=50`),
  export: (sid: string, format: "yaml" | "json") => call<{ content: string }>("GET", `Flows/${sid}/Export.json?Format=${format}`),
  traffic: (sid: string) => call<Traffic>("GET", `Flows/${sid}/Traffic.json`),
  sounds: () => call<{ sounds: Sound[] }>("GET", "Sounds.json"),
  sound: (name: string) => call<Sound & { content: string }>("GET", `Sounds/${encodeURIComponent(name)}.json`),
  saveSound: (name: string, content: string) => call<Sound>("POST", "Sounds.json", { name, content }),
  deleteSound: (name: string) => call<null>("DELETE", `Sounds/${encodeURIComponent(name)}.json`),
  markup: (definition: Flow, nodes: string[]) => call<{ documents: MarkupDocument[]; report: { node: string | null; text: string }[] }>("POST", "Flows/Markup.json", { definition, nodes }),
  paste: (content: string, dialect: Dialect) => call<{ nodes: FlowNode[]; report: LineRemark[] }>("POST", "Flows/Paste.json", { content, dialect }),
  costs: (definition: Flow, assumed: Partial<Assumed>) => call<Costs>("POST", "Flows/Costs.json", { definition, assumed }),
  steps: (sid: string, execution: string) => call<{ steps: Step[] }>("GET", `Flows/${sid}/Executions/${execution}/Steps.json`),
};
