import { Alert, Button, Fieldset, Group, Select, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, type Stops } from "../api";
import { isObject, type JsonObject } from "../model/document";
import { addTest } from "../model/edit";
import { formOf } from "../model/form";
import { inputOf, INPUTS, type InputKind, put, recorded } from "../model/scenario";
import { useDesigner, useEdited, useFlow } from "../state/context";
import type { Saving } from "../state/saving";
import { useWords } from "../words";
import { Members } from "./FormField";
import { Tests } from "./Tests";
import { nameOf, Transcript } from "./Transcript";

const CHANNELS: Record<string, string> = { on_call: "call", on_message: "message", on_web: "web", on_schedule: "schedule", on_queue: "queue", on_subflow: "subflow" };

/** Runs the draft, or a revision, without a phone, with what is set in an environment. Each input runs it from the start with all inputs so far, so a run can always be repeated; so does going on after a stop. */
export function Simulator({ saving }: { saving: Saving }) {
  const { sid, store, schema, run, setRun, say } = useDesigner();
  const flow = useFlow();
  const w = useWords();
  const channels = flow.nodes.flatMap((node) => CHANNELS[node.type] ?? []);
  const [test, setTest] = useState<JsonObject>({ channel: channels[0] ?? "call", from: "+32470123456", to: "+3225550101", inputs: [], http: [] });
  const [revision, setRevision] = useState<string | null>(null);
  const revisions = useQuery({ queryKey: ["flow-revisions", sid], queryFn: () => api.revisions(sid) });
  const environment = typeof test["environment"] === "string" ? test["environment"] : "";
  const [kind, setKind] = useState<InputKind>("digits");
  const [text, setText] = useState("");
  const stops = useEdited((state) => state.stops);
  const [after, setAfter] = useState(0);
  const members = useMemo(() => formOf(schema.root, "Test"), [schema.root]);
  const first = members.filter(({ name }) => ["from", "to", "body"].includes(name));
  const more = members.filter(({ name }) => ["now", "data", "inputs", "http", "store", "directory"].includes(name));
  const simulate = useMutation({
    mutationFn: ({ given, stops }: { given: JsonObject; stops: Stops }) => api.simulate(sid, revision ? { revision: Number(revision) } : { definition: store.getState().flow }, { ...given, name: "simulation" }, stops),
    onSuccess: (done, { stops }) => {
      setRun(done);
      setAfter(stops.stop_after);
      store.getState().light([...done.path, ...(done.stopped ? [done.stopped.node] : [])], done.stopped?.node);
      say(done.stopped ? w("sim.stopped", { name: nameOf(flow, done.stopped.node) }) : w("sim.outcome", { name: w.term("value", done.outcome) }));
    },
  });
  // A stop that was passed stays passed while further inputs are given.
  const go = (inputs: JsonObject[], stop_after = after, stop_before: Iterable<string> = stops) => {
    const next = { ...test, inputs };
    setTest(next);
    simulate.mutate({ given: next, stops: { stop_before: [...stop_before], stop_after } });
  };
  const on = (how: "on" | "step") => run?.stopped && go(inputs, run.stopped.steps + 1, how === "step" ? flow.nodes.map(({ id }) => id) : stops);
  const inputs = (Array.isArray(test["inputs"]) ? test["inputs"] : []).filter(isObject);
  const record = () => {
    if (!run) return;
    const made = recorded(test, run, w("simulator"));
    store.getState().change((before) => addTest(before, made));
    say(w("sim.recorded", { name: String(store.getState().flow.tests?.at(-1)?.["name"] ?? "") }));
  };
  const needsText = ["digits", "speech", "reply"].includes(kind);
  return (
    <Stack gap="sm">
      <Fieldset legend={w("sim.start")} p="xs">
        <Stack gap="xs">
          <Group gap="xs" grow>
            <Select size="xs" label={w("sim.what")} value={revision ?? ""} allowDeselect={false} data={[{ value: "", label: w("sim.draft") }, ...(revisions.data?.revisions ?? []).map(({ revision: number }) => ({ value: String(number), label: w("revision", { number }) }))]} onChange={(chosen) => setRevision(chosen || null)} />
            <Select size="xs" label={w("sim.where")} value={environment} allowDeselect={false} data={[{ value: "", label: w("sim.asDrawn") }, { value: "test", label: w("stage.test") }, { value: "production", label: w("stage.production") }]} onChange={(chosen) => setTest((before) => put(before, ["environment"], chosen || undefined))} />
          </Group>
          <Select size="xs" allowDeselect={false} label={w.term("prop", "channel")} value={String(test["channel"])} data={channels.map((value) => ({ value, label: w.term("value", value) }))} onChange={(channel) => channel && setTest({ ...test, channel })} />
          <Members members={first} value={test} path={[]} form={{ set: (path, value) => setTest((before) => put(before, path, value)), done: () => undefined }} />
          <details>
            <summary>{w("sim.more")}</summary>
            <Members members={more} value={test} path={[]} form={{ set: (path, value) => setTest((before) => put(before, path, value)), done: () => undefined }} />
          </details>
          <Group gap="xs">
            <Button size="xs" loading={simulate.isPending} onClick={() => go(inputs, 0)}>{w("sim.run")}</Button>
            <Button size="xs" variant="default" onClick={() => go([], 0)}>{w("sim.restart")}</Button>
          </Group>
        </Stack>
      </Fieldset>
      <form onSubmit={(event) => { event.preventDefault(); go([...inputs, inputOf(kind, text)]); setText(""); }}>
        <Group gap="xs" align="flex-end" wrap="nowrap">
          <Select size="xs" w={150} allowDeselect={false} label={w("sim.input")} value={kind} data={INPUTS.map((value) => ({ value, label: w(`sim.${value}`) }))} onChange={(chosen) => { const found = INPUTS.find((each) => each === chosen); if (found) { setKind(found); setText(found === "dial" ? "answered" : ""); } }} />
          {needsText && <TextInput size="xs" style={{ flex: 1 }} label={w("value")} value={text} onChange={(event) => setText(event.currentTarget.value)} />}
          {kind === "dial" && <Select size="xs" allowDeselect={false} label={w("value")} value={text} data={["answered", "busy", "no-answer", "failed"].map((value) => ({ value, label: w.term("value", value) }))} onChange={(chosen) => setText(chosen ?? "answered")} />}
        </Group>
        <Button mt="xs" size="xs" type="submit" variant="light">{w("sim.send")}</Button>
      </form>
      {simulate.error && <Alert variant="outline" color="red">{w("failed", { text: simulate.error.message })}</Alert>}
      {run && <Transcript run={run} onOn={(how) => on(how)} isRunning={simulate.isPending} onRecord={revision === null ? record : null} />}
      <Tests saving={saving} />
    </Stack>
  );
}
