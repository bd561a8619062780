import { Alert, Button, Code, Group, Modal, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { nativePath } from "../api/client";
import { type Row, text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { KINDS } from "../promotions/form";
import { New } from "../promotions/New";
import { usePromotionWords } from "../promotions/words";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { Money, When } from "../shell/show";
import { itemNamed } from "../shell/statuses";

/** What the operator gives for a time, and how far it was used. */
export default function Promotions() {
  const { t, language } = useI18n();
  const w = usePromotionWords();
  const f = useFormats();
  const { account_sid, top } = useSession();
  const { develop } = useMay();
  const [ending, setEnding] = useState("");
  const base = `${nativePath(account_sid)}/Promotions`;
  const promotions = useRows(`${base}.json`, "promotions");
  const end = useChange(() => setEnding(""));
  const gives = (row: Row) => {
    const kind = KINDS.find((known) => known === text(row, "kind"));
    if (!kind) return text(row, "kind");
    const figure = { price_override: f.money(text(row, "price"), "EUR"), free_units: f.number(text(row, "units")), percent: f.percent(text(row, "percent")), amount_off_document: f.money(text(row, "amount"), "EUR"), credit: f.money(text(row, "amount"), "EUR") }[kind];
    return w(`gives.${kind}`, { value: figure });
  };
  const services = (row: Row) => {
    const given = Array.isArray(row["items"]) ? row["items"].filter((item) => typeof item === "string") : [];
    return given.length > 0 ? given.map((item) => itemNamed(item, language)).join(", ") : text(row, "kind") === "percent" ? w("all") : "";
  };
  const open = (row: Row) => {
    const from = f.day(text(row, "starts"));
    const months = text(row, "duration_months");
    return [text(row, "ends") ? w("from.to", { from, to: f.day(text(row, "ends")) }) : w("from", { from }), months && (months === "1" ? w("holds.one") : w("holds", { number: months }))].filter(Boolean).join("; ");
  };
  const of = (part: string, whole: string) => (whole ? w("of", { part, whole }) : part);
  if (!top) return <Text>{t("app.notFound")}</Text>;
  return (
    <Stack gap="xl">
      <Title order={1}>{t("nav.promotions")}</Title>
      <Text maw={760}>{w("about")}</Text>
      <section>
        <Title order={2} size="h3" mb="sm">{w("list")}</Title>
        <Rows query={promotions} title={w("list")} empty={w("empty")} columns={[
          { label: w("promotion"), show: (row) => <>{text(row, `label_${language}`)}<Text size="xs"><Code style={{ whiteSpace: "nowrap" }}>{text(row, "id")}</Code>{text(row, "code") && <> <Code style={{ whiteSpace: "nowrap" }}>{text(row, "code")}</Code></>}</Text></> },
          { label: w("gives"), show: (row) => <>{gives(row)}<Text size="xs" c="dimmed">{services(row)}</Text></> },
          { label: w("open"), show: (row) => (text(row, "date_ended") ? <>{`${w("ended")}: `}<When value={text(row, "date_ended")} /></> : open(row)) },
          { label: w("taken"), end: true, show: (row) => of(f.number(text(row, "taken")), text(row, "cap") && f.number(text(row, "cap"))) },
          { label: w("spent"), end: true, show: (row) => (text(row, "budget") ? of(f.money(text(row, "spent"), "EUR"), f.money(text(row, "budget"), "EUR")) : <Money amount={text(row, "spent")} currency="EUR" />) },
          ...(develop ? [{ label: t("field.action"), show: (row: Row) => !text(row, "date_ended") && <Button size="xs" variant="outline" color="red" onClick={() => { end.reset(); setEnding(text(row, "id")); }}>{w("end", { id: text(row, "id") })}</Button> }] : []),
        ]} />
      </section>
      {develop && <New base={base} />}
      <Modal opened={ending !== ""} onClose={() => setEnding("")} title={w("end", { id: ending })} closeButtonProps={{ "aria-label": w("end.not") }}>
        <Stack>
          <Alert variant="outline">{w("end.sure")}</Alert>
          <Fault error={end.error} />
          <Group>
            <Button color="red" loading={end.isPending} onClick={() => end.mutate({ path: `${base}/${encodeURIComponent(ending)}.json`, form: { Ended: "true" } })}>{w("end.do")}</Button>
            <Button variant="default" onClick={() => setEnding("")}>{w("end.not")}</Button>
          </Group>
        </Stack>
      </Modal>
    </Stack>
  );
}
