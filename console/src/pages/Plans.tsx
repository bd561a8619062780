import { Alert, Button, Code, Group, Modal, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { nativePath } from "../api/client";
import { type Row, rows, text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { PlanFile } from "../plans/File";
import { PriceRuns } from "../plans/Runs";
import { usePlanWords } from "../plans/words";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { itemNamed } from "../shell/statuses";

/** What the operator sells: versions, files before they are published, changes of prices for all. */
export default function Plans() {
  const { t, language } = useI18n();
  const w = usePlanWords();
  const f = useFormats();
  const { account_sid, top } = useSession();
  const { develop } = useMay();
  const [retiring, setRetiring] = useState("");
  const [why, setWhy] = useState("");
  const base = nativePath(account_sid);
  const plans = useRows(`${base}/Plans.json`, "plans");
  const retire = useChange(() => { setRetiring(""); setWhy(""); });
  if (!top) return <Text>{t("app.notFound")}</Text>;
  const labels = (plans.data ?? []).map((row) => text(row, "plan"));
  const prices = (row: Row) => rows(row["prices"]).map((price) => `${itemNamed(text(price, "item"), language)} ${f.money(text(price, "price"), text(row, "currency"))}`).join("; ");
  return (
    <Stack gap="xl">
      <Title order={1}>{t("nav.plans")}</Title>
      <Text maw={760}>{w("about")}</Text>
      <section>
        <Title order={2} size="h3" mb="sm">{w("versions")}</Title>
        <Rows query={plans} title={w("versions")} empty={w("versions.none")} columns={[
          { label: w("version"), show: (row) => <><Code style={{ whiteSpace: "nowrap" }}>{text(row, "plan")}</Code><Text size="xs">{text(row, "name")}</Text></> },
          { label: w("sale"), show: (row) => w(row["open"] === true ? "sale.yes" : "sale.no") },
          { label: w("prices"), show: (row) => <Text size="sm">{prices(row)}</Text> },
          ...(develop ? [{ label: t("field.action"), show: (row: Row) => row["open"] === true && labels.length > 1 && <Button size="xs" variant="outline" color="red" onClick={() => { retire.reset(); setRetiring(text(row, "plan")); }}>{w("retire", { plan: text(row, "plan") })}</Button> }] : []),
        ]} />
      </section>
      {develop && <PlanFile base={base} plans={labels} />}
      <PriceRuns base={base} plans={labels} develop={develop} />
      <Modal opened={retiring !== ""} onClose={() => setRetiring("")} title={w("retire", { plan: retiring })} closeButtonProps={{ "aria-label": w("retire.not") }}>
        <form onSubmit={(event) => { event.preventDefault(); retire.mutate({ path: `${base}/Plans/Retirements.json`, form: { Plan: retiring, Reason: why } }); }}>
          <Stack>
            <Alert variant="outline">{w("retire.sure")}</Alert>
            <TextInput label={w("retire.why")} required maxLength={200} value={why} onChange={(event) => setWhy(event.currentTarget.value)} />
            <Fault error={retire.error} />
            <Group>
              <Button type="submit" color="red" loading={retire.isPending}>{w("retire.do")}</Button>
              <Button variant="default" onClick={() => setRetiring("")}>{w("retire.not")}</Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </Stack>
  );
}
