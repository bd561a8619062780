import { Button, Code, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { type Row, text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { Status, When } from "../shell/show";
import { holds as words } from "./kinds";
import { useDataWords } from "./words";

const EMPTY = { name: "", reason: "", number: "" };
type Draft = typeof EMPTY;

/** Legal holds on the account: one person asks, another confirms. */
export function Holds({ account }: { account: string }) {
  const { t } = useI18n();
  const w = useDataWords();
  const { person } = useSession();
  const base = `${account}/LegalHolds`;
  const holds = useRows(`${base}.json`, "legal_holds");
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const ask = useChange(() => setDraft(EMPTY));
  const step = useChange();
  const field = (name: keyof Draft) => ({ value: draft[name], onChange: (event: { currentTarget: HTMLInputElement }) => {
    const { value } = event.currentTarget;
    setDraft((before) => ({ ...before, [name]: value }));
  } });
  const take = (row: Row, name: "confirm" | "refuse" | "lift") => (
    <Button key={name} size="xs" variant={name === "confirm" ? "filled" : "default"} loading={step.isPending} onClick={() => step.mutate({ path: `${base}/${text(row, "sid")}.json`, form: { Step: name } })}>{w(`hold.${name}`, { name: text(row, "name") })}</Button>
  );
  const steps = (row: Row) => {
    const status = text(row, "status");
    if (status === "active") return take(row, "lift");
    if (status !== "asked" && status !== "lift_asked") return null;
    // Whoever asked may only take it back.
    const isOwn = text(row, "asked_by") === person.sid;
    return <>{isOwn ? <Text size="xs">{w("hold.you")}</Text> : take(row, "confirm")}{take(row, "refuse")}</>;
  };
  return (
    <section>
      <Title order={2} size="h3" mb="sm">{w("holds")}</Title>
      <Stack>
        <Text maw={760}>{w("holds.about")}</Text>
        <form onSubmit={(event) => {
          event.preventDefault();
          ask.mutate({ path: `${base}.json`, form: { Name: draft.name, ...(draft.reason && { Reason: draft.reason }), ...(draft.number && { Number: draft.number.trim() }) } });
        }}>
          <Group align="end">
            <TextInput label={w("hold.name")} required maxLength={64} {...field("name")} />
            <TextInput label={w("hold.reason")} maxLength={500} {...field("reason")} />
            <TextInput type="tel" label={w("hold.number")} pattern="\+[0-9]{5,15}" {...field("number")} />
            <Button type="submit" variant="default" loading={ask.isPending}>{w("hold.ask")}</Button>
          </Group>
        </form>
        <Fault error={ask.error ?? step.error} />
        <Rows query={holds} title={w("holds")} empty={w("holds.none")} columns={[
          { label: w("hold.name"), show: (row) => <>{text(row, "name")}{text(row, "reason") && <Text size="xs" c="dimmed">{text(row, "reason")}</Text>}</> },
          { label: w("of"), show: (row) => (text(row, "number") ? <Code>{text(row, "number")}</Code> : w("of.account")) },
          { label: t("field.status"), show: (row) => <Status row={row} words={words} /> },
          { label: w("asked"), show: (row) => <When value={text(row, "date_asked")} /> },
          { label: w("hold.since"), show: (row) => <When value={text(row, "date_active")} /> },
          { label: t("field.action"), show: (row) => <Group gap="xs">{steps(row)}</Group> },
        ]} />
      </Stack>
    </section>
  );
}
