import { Button, Stack, Text, Title } from "@mantine/core";
import type { Flow, JsonObject } from "../model/document";
import { removeFrame } from "../model/edit";
import { fieldOf, membersOf } from "../model/form";
import { isObject } from "../model/document";
import { useDesigner, useFlow } from "../state/context";
import { useWords } from "../words";
import { FormField, Members } from "./FormField";
import { Sounds } from "./Sounds";
import { TargetPicker } from "./TargetPicker";

/** Name, languages, variables: what belongs to no step. */
export function FlowSettings() {
  const { store, schema } = useDesigner();
  const flow = useFlow();
  const w = useWords();
  const { change, endGesture } = store.getState();
  const members = membersOf(schema.root, schema.root).filter(({ name }) => ["name", "description", "languages", "secrets"].includes(name));
  const value: JsonObject = { name: flow.name, description: flow.description ?? "", languages: flow.languages ?? [], secrets: flow.secrets ?? [] };
  const defs = schema.root["$defs"];
  const variable = isObject(defs) && isObject(defs["Variable"]) ? membersOf(defs["Variable"], schema.root) : [];
  const set = (path: readonly (string | number)[], next: unknown) => change((before) => withMember(before, path, next), `flow:${path.join(".")}`);
  return (
    <Stack gap="sm">
      <Text size="sm">{w("selectHint")}</Text>
      <Title order={2} size="h4">{w("settings")}</Title>
      <Members members={members} value={value} path={[]} form={{ set, done: () => endGesture() }} />
      <TargetPicker label={w.term("prop", "on_error")} value={flow.on_error ?? null}
        onChange={(id) => change((before) => ({ ...before, on_error: id }))} />
      <Title order={3} size="h5">{w("variables")}</Title>
      {Object.entries(flow.variables ?? {}).map(([name, given]) => (
        <FormField key={name} label={name} description="" field={{ kind: "object", members: variable.length > 0 ? variable : [] }} value={given} path={["variables", name]} form={{ set, done: () => endGesture() }} />
      ))}
      <NewVariable onAdd={(name) => change((before) => ({ ...before, variables: { ...before.variables, [name]: { type: "string", value: "" } } }))} />
      <Sounds />
      {(flow.groups ?? []).map((group) => (
        <Button key={group.id} size="xs" variant="default" onClick={() => change((before) => removeFrame(before, group.id))}>{w("group.remove", { name: group.label })}</Button>
      ))}
    </Stack>
  );
}

function NewVariable({ onAdd }: { onAdd: (name: string) => void }) {
  const w = useWords();
  const member = fieldOf({ type: "string", default: "" }, {});
  return <form onSubmit={(event) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name") ?? "");
    if (/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) onAdd(name);
    event.currentTarget.reset();
  }}>
    <label>
      <Text size="xs">{w("addEntry", { name: w("variables") })}</Text>
      <input name="name" data-kind={member.kind} pattern="[A-Za-z][A-Za-z0-9_]*" style={{ width: "100%" }} />
    </label>
  </form>;
}

function withMember(flow: Flow, path: readonly (string | number)[], value: unknown): Flow {
  const [name, ...rest] = path;
  const members: Record<string, unknown> = { ...flow };
  if (typeof name !== "string") return flow;
  const put = (at: unknown, steps: readonly (string | number)[]): unknown => {
    const [step, ...more] = steps;
    if (step === undefined) return value;
    if (Array.isArray(at) || typeof step === "number") {
      const list: unknown[] = Array.isArray(at) ? [...at] : [];
      if (more.length === 0 && value === undefined) list.splice(Number(step), 1);
      else list[Number(step)] = put(list[Number(step)], more);
      return list;
    }
    return { ...(isObject(at) ? at : {}), [step]: put(isObject(at) ? at[step] : undefined, more) };
  };
  members[name] = put(members[name], rest) ?? (name === "name" ? "" : undefined);
  return { ...flow, ...members };
}
