import { Button, Code, Group, Stack, Text } from "@mantine/core";
import { text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useI18n } from "../i18n";
import { named } from "../i18n/words";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { Status, When } from "../shell/show";
import { ways } from "./ways";
import { useBillingWords } from "./words";

/** How the structured document of an invoice went out, and what became of it. `sends`: whether who looks may send it again. */
export function Dispatches({ path, sends }: { path: string; sends: boolean }) {
  const { t, language } = useI18n();
  const w = useBillingWords();
  const dispatches = useRows(`${path}/Dispatches.json`, "dispatches");
  const again = useChange();
  // What waits has not failed, and what arrived is not sent twice.
  const last = text(dispatches.data?.at(-1), "status");
  const isDoubtful = last === "rejected" || last === "sent";
  return (
    <Stack gap="xs">
      <Rows query={dispatches} title={w("dispatches")} empty={w("dispatches.none")} columns={[
        { label: "#", end: true, show: (row) => text(row, "number") },
        { label: w("dispatches.way"), show: (row) => named(ways, text(row, "way"), language) },
        { label: w("dispatches.participant"), show: (row) => <><Code>{text(row, "participant")}</Code>{text(row, "reference") && <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>{w("dispatches.reference", { reference: text(row, "reference") })}</Text>}</> },
        { label: t("field.date"), show: (row) => <When value={text(row, "date_decided") || text(row, "date_sent") || text(row, "date_created")} /> },
        { label: t("field.status"), show: (row) => <><Status row={row} />{text(row, "reason") && <Text size="xs">{text(row, "reason")}</Text>}</> },
      ]} />
      <Fault error={again.error} />
      {sends && isDoubtful && <Group><Button size="xs" variant="default" loading={again.isPending} onClick={() => again.mutate({ path: `${path}/Dispatches.json`, form: {} })}>{w("dispatches.again")}</Button></Group>}
    </Stack>
  );
}
