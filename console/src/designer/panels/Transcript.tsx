import { Button, Group, Text, Title } from "@mantine/core";
import type { Run } from "../api";
import { type Flow, nodeOf, titleOf } from "../model/document";
import { useFlow } from "../state/context";
import { useWords } from "../words";

/** What a loop went through is told by its beginning and its end. */
const SHOWN = 60;
const pathOf = (path: readonly string[]): string =>
  (path.length > SHOWN ? [...path.slice(0, SHOWN / 2), `… (${path.length})`, ...path.slice(-SHOWN / 2)] : path).join(" → ");

export const nameOf = (flow: Flow, id: string): string => titleOf(nodeOf(flow, id) ?? { id, type: "" });
/** A value of a variable as it would be written in the document. */
const written = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** What came of a run: what was heard and sent, where it went, and the variables as they are then. One that was stopped goes on from here. */
export function Transcript({ run, isRunning, onOn, onRecord }: { run: Run; isRunning: boolean; onOn: (how: "on" | "step") => void; onRecord: (() => void) | null }) {
  const flow = useFlow();
  const w = useWords();
  const variables = Object.entries(run.variables);
  return (
    <section aria-label={w("sim.transcript")}>
      <Title order={3} size="h5">{w("sim.transcript")}</Title>
      <ol className="transcript">
        {run.heard.map((heard, at) => <li key={at}><strong>{nameOf(flow, heard.node)}</strong>{` · ${w.term("value", heard.kind)}: ${heard.text}`}</li>)}
        {run.sent.map((sent, at) => <li key={`s${at}`}>{w("sim.sent", { to: sent.to, body: sent.body })}</li>)}
      </ol>
      <Text size="sm" fw={600}>{run.stopped ? w("sim.stopped", { name: nameOf(flow, run.stopped.node) }) : w("sim.outcome", { name: w.term("value", run.outcome) })}</Text>
      {run.error && <Text size="sm">{run.error}</Text>}
      <Text size="xs" ff="monospace">{pathOf(run.path)}</Text>
      {variables.length > 0 && (
        <details open={run.stopped !== undefined}>
          <summary>{w("sim.variables")}</summary>
          <dl className="variables">{variables.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{written(value)}</dd></div>)}</dl>
        </details>
      )}
      {run.stopped ? (
        <Group mt="xs" gap="xs">
          <Button size="xs" loading={isRunning} onClick={() => onOn("on")}>{w("sim.on")}</Button>
          <Button size="xs" variant="default" loading={isRunning} onClick={() => onOn("step")}>{w("sim.step")}</Button>
        </Group>
      ) : <Button mt="xs" size="xs" variant="default" onClick={() => onRecord?.()} disabled={onRecord === null}>{w("sim.record")}</Button>}
    </section>
  );
}
