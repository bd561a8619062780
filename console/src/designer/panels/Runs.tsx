import { Alert, Button, Stack, Switch, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useFormats } from "../../i18n/format";
import { api } from "../api";
import { useDesigner } from "../state/context";
import { useWords } from "../words";
import { Ways } from "./Ways";

/** How often a running execution is looked at, in milliseconds. */
const LIVE_MS = 2_000;

/** Executions of calls and messages; one that is chosen lights its way on the canvas, live while it runs. */
export function Runs() {
  const { sid, store, opening } = useDesigner();
  const w = useWords();
  const [chosen, setChosen] = useState(opening);
  const runs = useQuery({ queryKey: ["flow-runs", sid], queryFn: () => api.executions(sid), refetchInterval: LIVE_MS });
  const isActive = runs.data?.executions.find((run) => run.sid === chosen)?.status === "active";
  const steps = useQuery({ queryKey: ["flow-steps", sid, chosen], queryFn: () => api.steps(sid, chosen ?? ""), enabled: chosen !== null, refetchInterval: isActive ? LIVE_MS : false });
  const path = steps.data?.steps;
  // The canvas is another part of the page: what is lit there lives in the editor's store.
  useEffect(() => {
    if (chosen && path) store.getState().light(path.map((step) => step.node));
  }, [chosen, path, store]);
  const { moment } = useFormats();
  const [counted, setCounted] = useState(false);
  const failed = runs.error ?? steps.error;
  return (
    <Stack gap="xs">
      {failed && <Alert variant="outline" color="red">{w("failed", { text: failed.message })}</Alert>}
      {runs.data?.executions.length === 0 && <Text size="sm">{w("runs.none")}</Text>}
      <Switch size="xs" label={w("ways.show")} checked={counted} onChange={(event) => setCounted(event.currentTarget.checked)} />
      {counted && <Ways />}
      {chosen && <Button size="xs" variant="default" onClick={() => { setChosen(null); store.getState().light([]); }}>{w("runs.clear")}</Button>}
      {runs.data?.executions.map((run) => {
        const name = `${moment(run.date_created)} · ${run.contact || w.term("value", run.channel)}`;
        return (
          <Button key={run.sid} size="xs" h="auto" py={6} fullWidth justify="flex-start" styles={{ label: { whiteSpace: "normal", textAlign: "start" } }} variant={run.sid === chosen ? "filled" : "default"} aria-pressed={run.sid === chosen} aria-label={w("runs.show", { name })} onClick={() => setChosen(run.sid)}>
            {`${name} · ${run.status === "active" ? w("runs.active") : w.term("value", run.outcome ?? "")}`}
          </Button>
        );
      })}
      {chosen && path && <ol className="transcript">{path.map((step) => <li key={step.sequence}>{`${step.node}${step.port ? ` → ${w.term("port", step.port)}` : ""}${step.error ? ` · ${step.error}` : ""}`}</li>)}</ol>}
    </Stack>
  );
}
