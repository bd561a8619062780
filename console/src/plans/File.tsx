import { Alert, Button, FileInput, Group, NativeSelect, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { isRecord, post } from "../api/client";
import { type Row, rows, text } from "../api/lists";
import { useChange } from "../api/rows";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { Listed } from "../shell/Rows";
import { itemNamed } from "../shell/statuses";
import { usePlanWords } from "./words";

const record = (answer: unknown): Row => (isRecord(answer) ? answer : {});

/** A plan file: what it changes, what a past month would have come to under it, and its publication. */
export function PlanFile({ base, plans }: { base: string; plans: string[] }) {
  const { language } = useI18n();
  const w = usePlanWords();
  const f = useFormats();
  const [file, setFile] = useState<File | null>(null);
  const [content, setContent] = useState("");
  const [against, setAgainst] = useState("");
  const [month, setMonth] = useState(() => { const then = new Date(); then.setUTCDate(0); return then.toISOString().slice(0, 7); });
  const look = useMutation({ mutationFn: async (form: Record<string, string>) => record(await post(`${base}/Plans.json`, form)) });
  const simulate = useMutation({ mutationFn: async () => record(await post(`${base}/Plans/Simulations.json`, { Month: month, File: content })) });
  const publish = useChange();
  const choose = async (next: File | null) => {
    setFile(next);
    [look, simulate, publish].forEach((each) => each.reset());
    const read = next ? await next.text() : "";
    setContent(read);
    if (read) look.mutate({ File: read, ...(against && { Against: against }) });
  };
  const looked = look.data;
  const plan = text(looked, "plan");
  const changes = rows(looked?.["changes"]);
  const price = (row: Row, name: string) => (text(row, name) ? f.money(text(row, name), "EUR") : "–");
  const found = simulate.data;
  const currency = text(found, "currency");
  return (
    <Stack>
      <Title order={2} size="h3">{w("file")}</Title>
      <Text maw={760}>{w("file.about")}</Text>
      <Group align="end">
        <FileInput label={w("file.choose")} accept=".toml" clearable clearButtonProps={{ "aria-label": w("file.clear") }} w={320} value={file} onChange={(next) => { void choose(next); }} />
        {plans.length > 0 && <NativeSelect label={w("against")} value={against} data={[{ value: "", label: w("against.before") }, ...plans]} onChange={(event) => {
          const next = event.currentTarget.value;
          setAgainst(next);
          if (content) look.mutate({ File: content, ...(next && { Against: next }) });
        }} />}
      </Group>
      <Fault error={look.error} />
      {looked && (
        <>
          <Title order={3} size="h4">{w("differs", { plan, against: text(looked, "against") })}</Title>
          <Listed shown={changes} title={w("differs", { plan, against: text(looked, "against") })} empty={w("differs.none")} columns={[
            { label: w("item"), show: (row) => itemNamed(text(row, "item"), language) },
            { label: w("old"), end: true, show: (row) => price(row, "old_price") },
            { label: w("new"), end: true, show: (row) => price(row, "new_price") },
          ]} />
          <Group align="end">
            <TextInput type="month" label={w("month")} value={month} onChange={(event) => { setMonth(event.currentTarget.value); simulate.reset(); }} />
            <Button variant="default" disabled={!month} loading={simulate.isPending} onClick={() => simulate.mutate()}>{w("simulate")}</Button>
            {publish.isSuccess ? null : <Button loading={publish.isPending} onClick={() => publish.mutate({ path: `${base}/Plans.json`, form: { File: content, Publish: "true" } })}>{w("publish", { plan })}</Button>}
          </Group>
          <Fault error={simulate.error ?? publish.error} />
          {publish.isSuccess && <Alert color="green" variant="outline" role="status">{w("published", { plan })}</Alert>}
        </>
      )}
      {found && (
        <>
          <Title order={3} size="h4">{w("simulated", { month: f.month(month), plan })}</Title>
          <Listed shown={rows(found["rows"])} title={w("simulated", { month, plan })} empty={w("simulated.none")} columns={[
            { label: w("item"), show: (row) => itemNamed(text(row, "item"), language) },
            { label: w("uses"), end: true, show: (row) => f.number(text(row, "uses")) },
            ...(["charged", "simulated", "difference"] as const).map((name) => ({ label: w(name === "simulated" ? "would" : name), end: true as const, show: (row: Row) => f.money(text(row, name), currency) })),
          ]} />
        </>
      )}
    </Stack>
  );
}
