import { Alert, Button, Group, Stack, Text, Textarea, TextInput, Title } from "@mantine/core";
import { memo, useRef, useState } from "react";
import { type FlowNode, nodeOf, portsOf, titleOf } from "../model/document";
import { connect, disconnect, rename, setLabel, setNote, setProperty } from "../model/edit";
import { telephonyOf } from "../model/checks";
import { useActions } from "../state/actions";
import { useDesigner, useFlow, useEdited } from "../state/context";
import { useShallow } from "zustand/react/shallow";
import { useWords } from "../words";
import { useFindings } from "../words/useFindings";
import { Arrange } from "./Arrange";
import { FlowSettings } from "./FlowSettings";
import { Members } from "./FormField";
import { SubflowField } from "./SubflowField";
import { TargetPicker } from "./TargetPicker";

/** What is selected: one step with everything about it, a note, several, or the flow as a whole. */
export function StepPanel({ onOpenFlow }: { onOpenFlow: (sid: string) => void }) {
  const { store, ask } = useDesigner();
  const flow = useFlow();
  const selected = useEdited((state) => state.selected);
  const actions = useActions();
  const w = useWords();
  const [only] = selected;
  const node = useSteadyNode(selected.size === 1 ? nodeOf(flow, only) : undefined);
  const note = selected.size === 1 ? flow.notes?.find((each) => each.id === only) : undefined;
  if (node) return <NodeForm key={node.id} node={node} onOpenFlow={onOpenFlow} />;
  if (note) {
    return (
      <Stack gap="sm">
        <Textarea label={w("note")} autosize minRows={3} value={note.text} onBlur={() => store.getState().endGesture()}
          onChange={(event) => { const text = event.currentTarget.value; store.getState().change((before) => setNote(before, note.id, text), `note:${note.id}`); }} />
        <Button size="xs" variant="default" onClick={actions.remove}>{w("remove")}</Button>
      </Stack>
    );
  }
  if (selected.size > 1) {
    return (
      <Stack gap="sm">
        <Text>{w("selectedMany", { count: selected.size })}</Text>
        <Arrange />
        <Button size="xs" variant="default" onClick={actions.copy}>{w("copy")}</Button>
        <Button size="xs" variant="default" onClick={actions.duplicate}>{w("duplicate")}</Button>
        <Button size="xs" variant="default" onClick={actions.group}>{w("group.add")}</Button>
        <Button size="xs" variant="default" onClick={() => ask({ kind: "markup" })}>{w("xml")}</Button>
        <Button size="xs" variant="default" onClick={actions.remove}>{w("remove")}</Button>
      </Stack>
    );
  }
  return <FlowSettings />;
}

/** The node as it was while only its place has changed: a form need not be drawn anew for each pixel of a drag. */
function useSteadyNode(node: FlowNode | undefined): FlowNode | undefined {
  const last = useRef(node);
  const [a, b] = [last.current, node];
  const isSteady = a && b && a.id === b.id && a.type === b.type && a.label === b.label && a.properties === b.properties && a.next === b.next;
  if (!isSteady) last.current = node;
  return last.current;
}

const NodeForm = memo(function NodeForm({ node, onOpenFlow }: { node: FlowNode; onOpenFlow: (sid: string) => void }) {
  const { store, schema, problems, ask } = useDesigner();
  const actions = useActions();
  const w = useWords();
  const { change, endGesture } = store.getState();
  // Others than this node do not bear on its hints, but for the languages and that somebody announces.
  const { languages, announced } = useEdited(useShallow(({ flow }) => ({ languages: flow.languages, announced: flow.nodes.some((each) => each.type === "say") })));
  const told = useFindings();
  const found = problems.filter((problem) => problem.node === node.id);
  const hints = telephonyOf(node, languages ?? [], announced);
  return (
    <Stack gap="sm">
      <Title order={2} size="h4">{w.term("kind", node.type)}</Title>
      {found.map((problem, at) => (
        <Alert key={at} p="xs" variant="outline" color={problem.severity === "error" ? "red" : "yellow"} title={w(problem.severity === "error" ? "problem.error" : "problem.warning")}>
          <Text size="xs">{[told(problem).text, told(problem).cure].join(" · ")}</Text>
        </Alert>
      ))}
      {hints.map((hint) => <Alert key={hint.key} p="xs" variant="outline" color="blue"><Text size="xs">{w(hint.key, hint.values)}</Text></Alert>)}
      <TextInput size="xs" label={w("label")} value={node.label ?? ""} onBlur={() => endGesture()}
        onChange={(event) => { const label = event.currentTarget.value; change((before) => setLabel(before, node.id, label), `label:${node.id}`); }} />
      <NameField key={node.id} node={node} />
      {node.type === "subflow" && <SubflowField node={node} onOpenFlow={onOpenFlow} />}
      <Members members={schema.kinds.get(node.type)?.members ?? []} value={node.properties} path={[]} form={{
        set: (path, value) => change((before) => setProperty(before, node.id, path, value), `property:${node.id}:${path.join(".")}`),
        done: () => endGesture(),
      }} />
      <Outcomes node={node} />
      <Group gap="xs">
        <Button size="xs" variant="default" onClick={actions.duplicate}>{w("duplicate")}</Button>
        <Button size="xs" variant="default" onClick={actions.copy}>{w("copy")}</Button>
        <Button size="xs" variant="default" onClick={() => ask({ kind: "markup" })}>{w("xml")}</Button>
        <Stop id={node.id} />
        <Button size="xs" variant="default" onClick={actions.remove}>{w("remove")}</Button>
      </Group>
    </Stack>
  );
});

/** Whether a run of the simulator stops before this step. */
function Stop({ id }: { id: string }) {
  const { store, say } = useDesigner();
  const stops = useEdited((state) => state.stops);
  const w = useWords();
  const isSet = stops.has(id);
  return <Button size="xs" variant={isSet ? "filled" : "default"} aria-pressed={isSet} onClick={() => { store.getState().toggleStop(id); say(w(isSet ? "stop.gone" : "stop.here")); }}>{w("stop.do")}</Button>;
}

function NameField({ node }: { node: FlowNode }) {
  const { store } = useDesigner();
  const w = useWords();
  const [name, setName] = useState(node.id);
  const apply = () => {
    if (name === node.id) return;
    const before = store.getState().flow;
    store.getState().change((flow) => rename(flow, node.id, name));
    if (store.getState().flow === before) setName(node.id);
    else store.getState().select([name]);
  };
  return <TextInput size="xs" label={w("id")} description={w("idHelp", { id: node.id })} value={name} onBlur={apply}
    onChange={(event) => setName(event.currentTarget.value)} onKeyDown={(event) => { if (event.key === "Enter") apply(); }} />;
}

/** Where each outcome leads: the way to connect without a mouse. */
function Outcomes({ node }: { node: FlowNode }) {
  const { store, schema } = useDesigner();
  const handler = useEdited(({ flow }) => nodeOf(flow, flow.on_error));
  const w = useWords();
  const ports = portsOf(node, schema.ports);
  if (ports.length === 0) return null;
  return (
    <section aria-label={w("outcomes")}>
      <Title order={3} size="h5" mb={4}>{w("outcomes")}</Title>
      <Stack gap="xs">
        {ports.map((port) => (
          <TargetPicker key={port.name} label={w("connectTo", { port: w.term("port", port.name) })} value={node.next?.[port.name] ?? null}
            placeholder={port.fault && handler ? w("byHandler", { name: titleOf(handler) }) : w("noWhere")}
            onChange={(to) => store.getState().change((before) => (to ? connect(before, node.id, port.name, to) : disconnect(before, node.id, port.name)))} />
        ))}
      </Stack>
    </section>
  );
}
