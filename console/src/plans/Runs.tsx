import { Alert, Button, Group, Modal, NativeSelect, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { type Row, text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { Status } from "../shell/show";
import { runStates, usePlanWords } from "./words";

/** How often a run that works is asked for, in milliseconds. */
const WORKING_MS = 2_000;

/** Changes of prices for all customers of a plan: counted first, told when the operator says so. */
export function PriceRuns({ base, plans, develop }: { base: string; plans: string[]; develop: boolean }) {
  const { t } = useI18n();
  const w = usePlanWords();
  const f = useFormats();
  const [plan, setPlan] = useState("");
  const [from, setFrom] = useState("");
  const [telling, setTelling] = useState<Row | undefined>();
  const path = `${base}/PriceRuns`;
  const runs = useRows(`${path}.json`, "price_runs", WORKING_MS);
  const count = useChange(() => setFrom(""));
  const decide = useChange(() => setTelling(undefined));
  const chosen = plan || plans.at(-1) || "";
  return (
    <Stack>
      <Title order={2} size="h3">{w("runs")}</Title>
      <Text maw={760}>{w("runs.about")}</Text>
      {develop && plans.length > 0 && (
        <form onSubmit={(event) => { event.preventDefault(); count.mutate({ path: `${path}.json`, form: { Plan: chosen, From: from } }); }}>
          <Group align="end">
            <NativeSelect label={w("count.plan")} value={chosen} data={plans} onChange={(event) => setPlan(event.currentTarget.value)} />
            <TextInput type="date" label={w("count.from")} required value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
            <Button type="submit" variant="default" loading={count.isPending}>{w("count")}</Button>
          </Group>
        </form>
      )}
      <Fault error={count.error ?? (telling ? null : decide.error)} />
      <Rows query={runs} title={w("runs")} empty={w("runs.none")} columns={[
        { label: w("version"), show: (row) => <>{text(row, "plan")}<Text size="xs" c="dimmed">{f.day(text(row, "from"))}</Text></> },
        { label: w("state"), show: (row) => <Status row={row} name="state" words={runStates} /> },
        { label: w("seen"), end: true, show: (row) => `${f.number(text(row, "contracts_seen"))} / ${f.number(text(row, "contracts"))}` },
        { label: w("customers"), end: true, show: (row) => f.number(text(row, "customers")) },
        { label: w("more"), end: true, show: (row) => f.money(text(row, "difference"), "EUR") },
        { label: w("told"), end: true, show: (row) => f.number(text(row, "announced")) },
        ...(develop ? [{ label: t("field.action"), show: (row: Row) => text(row, "state") === "counted" && (
          <Group gap="xs">
            <Button size="xs" onClick={() => { decide.reset(); setTelling(row); }}>{w("announce")}</Button>
            <Button size="xs" variant="default" onClick={() => decide.mutate({ path: `${path}/${text(row, "sid")}.json`, form: { Announce: "false" } })}>{w("drop")}</Button>
          </Group>
        ) }] : []),
      ]} />
      <Modal opened={telling !== undefined} onClose={() => setTelling(undefined)} title={w("announce")} closeButtonProps={{ "aria-label": w("retire.not") }}>
        <Stack>
          <Alert variant="outline">{w("announce.sure", { customers: f.number(text(telling, "customers")), plan: text(telling, "plan"), from: f.day(text(telling, "from")) })}</Alert>
          <Fault error={decide.error} />
          <Group>
            <Button loading={decide.isPending} onClick={() => decide.mutate({ path: `${path}/${text(telling, "sid")}.json`, form: { Announce: "true" } })}>{w("announce")}</Button>
            <Button variant="default" onClick={() => setTelling(undefined)}>{w("retire.not")}</Button>
          </Group>
        </Stack>
      </Modal>
    </Stack>
  );
}
