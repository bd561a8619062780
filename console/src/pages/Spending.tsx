import { Alert, Button, Chip, Group, Paper, Radio, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { accountPath, nativePath, remove } from "../api/client";
import { type Row, text } from "../api/lists";
import { useChange, useOne, useRows } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { Payments } from "../billing/Payments";
import { useBillingWords } from "../billing/words";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { Cases } from "../spending/Cases";
import { Credit } from "../spending/Credit";
import { useSpendingWords } from "../spending/words";
import { decimal, micros } from "../usage/figures";

const reactions = ["alert", "block_new", "cut"] as const;
const reactionOf = (row: Row) => reactions.find((known) => known === text(row, "reaction")) ?? "alert";

/** What may be spent, and what was. */
export default function Spending() {
  const { t } = useI18n();
  const w = useSpendingWords();
  const f = useFormats();
  const billing = useBillingWords();
  const { account_sid, home, top } = useSession();
  const { develop } = useMay();
  const base = `${accountPath(account_sid)}/Credit/Thresholds`;
  const thresholds = useRows(`${base}.json`, "thresholds", 10_000);
  const drop = useChange();
  const month = new Date().toISOString().slice(0, 7);
  const reached = (row: Row) => text(row, "month") === month;
  const euro = (row: Row) => (text(row, "percent") ? `${text(row, "percent")} %` : f.money(text(row, "amount"), "EUR"));
  const said = (row: Row) => {
    if (!text(row, "date_fired")) return w("reached.not");
    if (!reached(row)) return `${w("reached.not")}; ${w("reached.before", { month: f.month(text(row, "month")) })}`;
    return w("reached.at", { date: f.moment(text(row, "date_fired")), spent: f.money(decimal(micros(text(row, "spent_incl_vat"))), "EUR") });
  };
  const stopping = thresholds.data?.find((row) => reached(row) && text(row, "reaction") !== "alert");
  return (
    <Stack gap="xl">
      <Title order={1}>{t("nav.spending")}</Title>
      {stopping && <Alert variant="outline" color="red" role="alert">{w("stopped", { amount: euro(stopping) })}</Alert>}
      <section><Title order={2} size="h3" mb="sm">{t("credit.own")}</Title><Credit account={account_sid} /></section>
      <Text maw={760}>{w("about")}</Text>
      {develop && <New base={base} thresholds={thresholds.data ?? []} />}
      <section>
        <Title order={2} size="h3" mb="sm">{w("list")}</Title>
        <Fault error={drop.error} />
        <Rows query={thresholds} title={w("list")} empty={w("empty")} columns={[
          { label: w("presets"), end: true, show: euro },
          { label: w("reaction"), show: (row) => <>{w(reactionOf(row))}{text(row, "callback_url") && <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>{text(row, "callback_url")}</Text>}</> },
          { label: w("reached"), show: said },
          ...(develop ? [{ label: t("field.action"), show: (row: Row) => <Button size="xs" variant="outline" color="red" onClick={() => drop.mutate({ path: `${base}/${text(row, "sid")}.json` })}>{w("remove", { amount: euro(row) })}</Button> }] : []),
        ]} />
      </section>
      <section><Title order={2} size="h3" mb="sm">{billing("payments")}</Title><Payments account={nativePath(account_sid)} refunds={develop && (top || home !== null)} /></section>
      {top && <section><Title order={2} size="h3" mb="sm">{w("cases")}</Title><Text maw={760} mb="sm">{w("cases.about")}</Text><Cases account={account_sid} /></section>}
    </Stack>
  );
}

function New({ base, thresholds }: { base: string; thresholds: Row[] }) {
  const w = useSpendingWords();
  const f = useFormats();
  const queries = useQueryClient();
  const credit = useOne(`${base.replace(/\/Thresholds$/, "")}.json`);
  const presets = text(credit.data ?? {}, "threshold_presets").split(",").filter(Boolean);
  const [chosen, setPreset] = useState("");
  const preset = chosen || (presets[0] ?? "");
  const [amount, setAmount] = useState("");
  const [reaction, setReaction] = useState<string>("alert");
  const [url, setUrl] = useState("");
  const set = useChange(() => { setAmount(""); setUrl(""); });
  const clear = useMutation({
    mutationFn: async () => { for (const row of thresholds) await remove(`${base}/${text(row, "sid")}.json`); },
    onSettled: () => queries.invalidateQueries({ queryKey: ["rows"] }),
  });
  const wanted = amount || preset;
  return (
    <Paper withBorder p="md">
      <form onSubmit={(event) => { event.preventDefault(); set.mutate({ path: `${base}.json`, form: { Amount: wanted, Reaction: reaction, ...(url && { CallbackUrl: url }) } }); }}>
        <Stack>
          <Title order={2} size="h4">{w("new")}</Title>
          <Group align="end">
            <Chip.Group value={amount ? "" : preset} onChange={(value) => { if (typeof value === "string") { setPreset(value); setAmount(""); } }}>
              <Group gap="xs" role="radiogroup" aria-label={w("presets")}>
                {presets.map((value) => <Chip key={value} value={value}>{f.money(value, "EUR")}</Chip>)}
                <Chip value="none">{w("none")}</Chip>
              </Group>
            </Chip.Group>
            <TextInput label={w("amount")} inputMode="decimal" pattern="[0-9]+(\.[0-9]{1,6})?" placeholder="250.00" value={amount} onChange={(event) => setAmount(event.currentTarget.value)} />
          </Group>
          {wanted === "none" ? (
            <Group><Text>{w("none.sure")}</Text><Button variant="outline" color="red" disabled={thresholds.length === 0} loading={clear.isPending} onClick={() => clear.mutate()}>{w("none.do")}</Button></Group>
          ) : (
            <>
              <Radio.Group label={w("reaction")} value={reaction} onChange={setReaction}>
                <Stack gap="xs" mt="xs">{reactions.map((value) => <Radio key={value} value={value} label={w(value)} />)}</Stack>
              </Radio.Group>
              <TextInput label={w("url")} type="url" maw={560} value={url} onChange={(event) => setUrl(event.currentTarget.value)} />
              <Group><Button type="submit" loading={set.isPending}>{w("set")}</Button></Group>
            </>
          )}
          <Fault error={set.error ?? clear.error} />
        </Stack>
      </form>
    </Paper>
  );
}
