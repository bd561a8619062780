import { Button, Group, Stack, Text } from "@mantine/core";
import { text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useMay } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { named } from "../i18n/words";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { Status, When } from "../shell/show";
import { letters as kinds } from "./letters";
import { useBillingWords } from "./words";

/** What was written about an invoice, to whom, and whether it left; and sending it again. */
export function Letters({ path }: { path: string }) {
  const { t, language } = useI18n();
  const w = useBillingWords();
  const f = useFormats();
  const { develop } = useMay();
  const letters = useRows(`${path}/Letters.json`, "letters");
  const again = useChange();
  return (
    <Stack gap="xs">
      <Rows query={letters} title={w("letters")} empty={w("letters.none")} columns={[
        { label: w("letters.what"), show: (row) => (
          <details>
            <summary style={{ cursor: "pointer" }}>{named(kinds, text(row, "kind"), language)}{text(row, "suspend_on") && ` · ${w("letters.suspend", { date: f.day(text(row, "suspend_on")) })}`}</summary>
            <Text size="sm" fw={600} mt="xs">{text(row, "subject")}</Text>
            <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{text(row, "text")}</Text>
          </details>
        ) },
        { label: w("letters.to"), show: (row) => text(row, "to") },
        { label: t("field.date"), show: (row) => <When value={text(row, "date_sent") || text(row, "date_written")} /> },
        { label: t("field.status"), show: (row) => <><Status row={row} />{text(row, "reason") && <Text size="xs">{text(row, "reason")}</Text>}</> },
      ]} />
      <Fault error={again.error} />
      {develop && <Group><Button size="xs" variant="default" loading={again.isPending} onClick={() => again.mutate({ path: `${path}/Letters.json`, form: {} })}>{w("letters.again")}</Button></Group>}
    </Stack>
  );
}
