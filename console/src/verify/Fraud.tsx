import { Alert, Button, Group, Modal, NativeSelect, Paper, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { isRecord, nativePath } from "../api/client";
import { type Row, text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { Status, When } from "../shell/show";
import { isRuleWord, useFraudWords } from "./words";

/** How often the guard is asked again, in milliseconds. */
const LIVE_MS = 5_000;
/** Decisions that are shown, the newest. */
const DECISIONS = 50;

const figure = (row: Row): Row => (isRecord(row["figure"]) ? row["figure"] : {});

/** What was refused as artificial traffic, what the guard saw, and the numbers it lets alone. */
export function Fraud() {
  const w = useFraudWords();
  const f = useFormats();
  const { t } = useI18n();
  const { account_sid, top, home } = useSession();
  const { develop } = useMay();
  const base = `${nativePath(account_sid)}/Guard`;
  const cases = useRows(`${base}/Cases.json?PageSize=50`, "cases", LIVE_MS);
  const [outcome, setOutcome] = useState("refused");
  const decisions = useRows(`${base}/Decisions.json?${new URLSearchParams({ PageSize: String(DECISIONS), ...(outcome && { Outcome: outcome }) })}`, "decisions", LIVE_MS);
  const [releasing, setReleasing] = useState<Row | null>(null);
  // Whoever is suspected does not decide that.
  const decides = develop && (top || home !== null);
  const ruleOf = (row: Row) => { const key = `rule.${text(row, "rule")}`; return isRuleWord(key) ? w(key) : text(row, "rule"); };
  return (
    <Stack component="section" aria-labelledby="fraud">
      <Title order={2} size="h3" id="fraud">{w("title")}</Title>
      <Text maw={760}>{w("about")}</Text>
      <Title order={3} size="h4">{w("cases")}</Title>
      <Rows query={cases} title={w("cases")} empty={w("cases.none")} columns={[
        { label: w("rule"), show: ruleOf },
        { label: w("subject"), show: (row) => <Text inherit style={{ overflowWrap: "anywhere" }}>{text(row, "subject")}</Text> },
        { label: w("seen"), end: true, show: (row) => f.number(text(figure(row), "seen")) },
        { label: w("allowed"), end: true, show: (row) => f.number(text(figure(row), "allowed")) },
        { label: w("refusals"), end: true, show: (row) => f.number(text(row, "refusals")) },
        { label: w("last"), show: (row) => <When value={text(row, "date_last_refusal")} /> },
        { label: t("field.status"), show: (row) => <><Status row={{ status: w(text(row, "status") === "released" ? "released" : "open") }} />{text(row, "note") && <Text size="xs">{text(row, "note")}</Text>}</> },
        ...(decides ? [{ label: t("field.action"), show: (row: Row) => text(row, "status") === "open" && <Button size="xs" variant="default" aria-label={`${w("release.do")}: ${text(row, "subject")}`} onClick={() => setReleasing(row)}>{w("release.do")}</Button> }] : []),
      ]} />
      <Group justify="space-between" align="end">
        <Title order={3} size="h4">{w("decisions")}</Title>
        <NativeSelect label={w("outcome")} value={outcome} onChange={(event) => setOutcome(event.currentTarget.value)} data={[{ value: "", label: w("outcome.all") }, { value: "refused", label: w("outcome.refused") }, { value: "allowed", label: w("outcome.allowed") }]} />
      </Group>
      <Rows query={decisions} title={w("decisions")} empty={w("decisions.none")} columns={[
        { label: t("field.date"), show: (row) => <When value={text(row, "date_created")} /> },
        { label: t("field.to"), show: (row) => text(row, "to") },
        { label: w("country"), show: (row) => text(row, "country") },
        { label: t("verify.channel"), show: (row) => text(row, "channel") },
        { label: w("outcome"), show: (row) => w(text(row, "outcome") === "refused" ? "outcome.refused" : "outcome.allowed") },
        { label: w("rule"), show: (row) => text(row, "rule") && ruleOf(row) },
      ]} />
      {develop && <Safe />}
      {releasing && <Release base={base} row={releasing} name={ruleOf(releasing)} done={() => setReleasing(null)} />}
    </Stack>
  );
}

function Release({ base, row, name, done }: { base: string; row: Row; name: string; done: () => void }) {
  const w = useFraudWords();
  const [note, setNote] = useState("");
  const release = useChange(done);
  return (
    <Modal opened onClose={done} title={w("release", { name: text(row, "subject") })} closeButtonProps={{ "aria-label": w("keep") }}>
      <form onSubmit={(event) => { event.preventDefault(); release.mutate({ path: `${base}/Cases/${text(row, "sid")}.json`, form: { Status: "released", ...(note && { Note: note }) } }); }}>
        <Stack>
          <Text>{name}</Text>
          <Alert variant="outline">{w("release.about")}</Alert>
          <TextInput label={w("note")} maxLength={500} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
          <Fault error={release.error} />
          <Group><Button type="submit" loading={release.isPending}>{w("release.do")}</Button><Button variant="default" onClick={done}>{w("keep")}</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** Numbers that the rules against fraud let alone; the API has no list of them. */
function Safe() {
  const w = useFraudWords();
  const { t } = useI18n();
  const [number, setNumber] = useState("");
  const add = useChange();
  const take = useChange();
  const path = "/v2/SafeList/Numbers";
  const plain = number.replaceAll(" ", "");
  const begin = (change: typeof add, other: typeof add, form?: Record<string, string>) => { other.reset(); change.mutate({ path: form ? path : `${path}/${encodeURIComponent(plain)}`, ...(form && { form }) }); };
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }}>
      <Paper withBorder p="md">
        <Title order={3} size="h4" mb="xs">{w("safe")}</Title>
        <Text mb="xs">{w("safe.about")}</Text>
        <form onSubmit={(event) => { event.preventDefault(); begin(add, take, { PhoneNumber: plain }); }}>
          <Group align="end">
            <TextInput label={t("field.number")} type="tel" required value={number} onChange={(event) => { setNumber(event.currentTarget.value); add.reset(); take.reset(); }} />
            <Button type="submit" variant="default" loading={add.isPending}>{w("safe.add")}</Button>
            <Button variant="default" loading={take.isPending} disabled={plain === ""} onClick={() => begin(take, add)}>{w("safe.remove")}</Button>
          </Group>
        </form>
        <Fault error={add.error ?? take.error} />
        {(add.isSuccess || take.isSuccess) && <Text mt="xs" role="status">{w(add.isSuccess ? "safe.added" : "safe.removed", { number: plain })}</Text>}
      </Paper>
    </SimpleGrid>
  );
}
