import { Paper, SimpleGrid, Text } from "@mantine/core";
import { accountPath } from "../api/client";
import { text } from "../api/lists";
import { useOne } from "../api/rows";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";

/** The terms an account spends on, and what is left. */
export function Credit({ account }: { account: string }) {
  const { t } = useI18n();
  const { money } = useFormats();
  const credit = useOne(`${accountPath(account)}/Credit.json`);
  const row = credit.data;
  if (!row) return <Fault error={credit.error} />;
  const shown = (name: string) => (text(row, name) ? money(text(row, name), text(row, "currency")) : t("credit.unlimited"));
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
      {([["credit.mode", t(text(row, "mode") === "prepaid" ? "credit.prepaid" : "credit.postpaid")], ["credit.balance", shown("balance")], ["credit.limit", shown("limit")], ["credit.available", shown("available")]] as const).map(([label, value]) => (
        <Paper key={label} withBorder p="md"><Text size="sm" c="dimmed">{t(label)}</Text><Text fw={700}>{value}</Text></Paper>
      ))}
    </SimpleGrid>
  );
}
