import { Alert, Button, Card, Code, Group, NumberInput, Select, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Environment, type Rollout, type Stage, type StageChange } from "../api";
import { useDesigner, useFlow } from "../state/context";
import type { Saving } from "../state/saving";
import { useWords } from "../words";

/** What answers in test and in production, with the values that differ there. */
export function Environments({ saving, revisions }: { saving: Saving; revisions: number[] }) {
  const { environments } = saving.meta;
  const w = useWords();
  return (
    <Stack gap="xs" component="section" aria-label={w("stage.title")}>
      <Title order={2} size="h5">{w("stage.title")}</Title>
      {(["production", "test"] as const).map((stage) => (
        // What was changed elsewhere, or by publishing, begins the form anew.
        <One key={JSON.stringify([stage, environments[stage]])} stage={stage} saving={saving} revisions={revisions} given={environments[stage]}
          rollout={stage === "production" ? environments.production.rollout : null} />
      ))}
    </Stack>
  );
}

function One({ stage, saving, revisions, given, rollout }: { stage: Stage; saving: Saving; revisions: number[]; given: Environment; rollout: Rollout | null }) {
  const { sid, say } = useDesigner();
  const flow = useFlow();
  const w = useWords();
  const [revision, setRevision] = useState(given.revision);
  const [variables, setVariables] = useState(given.variables);
  const [other, setOther] = useState(rollout?.revision ?? null);
  const [percent, setPercent] = useState(rollout?.percent ?? 10);
  const name = w(`stage.${stage}`);
  const change = useMutation({
    mutationFn: () => {
      const values = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
      const wanted: StageChange = { environment: stage, variables: values };
      if (revision !== given.revision) wanted.revision = revision;
      if (stage === "production" && given.revision !== null) wanted.rollout = other === null ? null : { revision: other, percent };
      return api.stage(sid, wanted);
    },
    onSuccess: async () => {
      say(w("stage.applied", { name }));
      await saving.refresh();
    },
  });
  const choices = revisions.map((number) => ({ value: String(number), label: w("revision", { number }) }));
  const numberOf = (chosen: string | null) => (chosen === null ? null : Number(chosen));
  return (
    <Card withBorder p="xs">
      <Stack gap="xs">
        <Title order={3} size="h6">{name}</Title>
        <Select size="xs" label={w("stage.revision")} placeholder={w("stage.none")} clearable={stage === "test"} allowDeselect={false} data={choices}
          value={revision === null ? null : String(revision)} onChange={(chosen) => setRevision(numberOf(chosen))} />
        <div>
          <Text size="xs">{w("stage.address")}</Text>
          <Code style={{ overflowWrap: "anywhere" }}>{given.url}</Code>
        </div>
        {Object.entries(flow.variables ?? {}).map(([variable, { value }]) => (
          <TextInput key={variable} size="xs" label={`${w("stage.variables")}: ${variable}`} placeholder={w("stage.asDrawn", { value: value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value) })}
            value={variables[variable] ?? ""} onChange={(event) => setVariables({ ...variables, [variable]: event.currentTarget.value })} />
        ))}
        {stage === "production" && given.revision !== null && revisions.length > 1 && (
          <details open={rollout !== null}>
            <summary>{w("stage.rollout")}</summary>
            <Group gap="xs" align="flex-end" mt={4}>
              <Select size="xs" flex={1} clearable label={w("stage.rollout.revision")} placeholder={w("stage.none")} data={choices} value={other === null ? null : String(other)} onChange={(chosen) => setOther(numberOf(chosen))} />
              <NumberInput size="xs" w={110} label={w("stage.rollout.percent")} min={1} max={99} allowDecimal={false} disabled={other === null} value={percent} onChange={(next) => setPercent(Number(next))} />
            </Group>
          </details>
        )}
        {change.error && <Alert variant="outline" color="red">{w("failed", { text: change.error.message })}</Alert>}
        <Group><Button size="compact-xs" variant="default" loading={change.isPending} onClick={() => change.mutate()}>{w("stage.apply", { name })}</Button></Group>
      </Stack>
    </Card>
  );
}
