import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import { nativePath } from "../api/client";
import { rows, text } from "../api/lists";
import { useOne } from "../api/rows";
import { useSession } from "../api/session";
import { useFormats } from "../i18n/format";
import { Money } from "../shell/show";
import { Lines } from "./Lines";
import { useBillingWords } from "./words";

/** What the running month comes to so far; nothing where nobody is invoiced. */
export function Preview() {
  const { account_sid } = useSession();
  const w = useBillingWords();
  const f = useFormats();
  const { data } = useOne(`${nativePath(account_sid)}/InvoicePreview.json`);
  if (!data || text(data, "month") === "") return null;
  const currency = text(data, "currency");
  return (
    <Paper component="section" withBorder p="md" aria-label={w("preview")}>
      <Stack gap="sm">
        <Group justify="space-between" align="baseline">
          <Title order={2} size="h3">{`${w("preview")}: ${f.month(text(data, "month"))}`}</Title>
          <Text fw={700}><Money amount={text(data, "gross")} currency={currency} /></Text>
        </Group>
        <Text size="sm">{w("preview.about", { percent: f.percent(text(data, "tax_percent")) })}</Text>
        <details>
          <summary>{w("lines")}</summary>
          <Lines lines={rows(data["lines"])} month={text(data, "month")} currency={currency} />
        </details>
      </Stack>
    </Paper>
  );
}
