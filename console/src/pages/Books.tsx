import { Stack, Text, Title } from "@mantine/core";
import { nativePath } from "../api/client";
import { useSession } from "../api/session";
import { Ledger } from "../books/Ledger";
import { Runs } from "../books/Runs";
import { useBooksWords } from "../books/words";
import { useI18n } from "../i18n";

/** The operator's board: invoice runs, and the ledger down to its legs. */
export default function Books() {
  const { t } = useI18n();
  const w = useBooksWords();
  const { account_sid, top } = useSession();
  const account = nativePath(account_sid);
  if (!top) return <Text>{t("app.notFound")}</Text>;
  return (
    <Stack gap="xl">
      <Title order={1}>{t("nav.books")}</Title>
      <section><Title order={2} size="h3" mb="sm">{w("runs")}</Title><Runs account={account} /></section>
      <section><Title order={2} size="h3" mb="sm">{w("ledger")}</Title><Ledger account={account} /></section>
    </Stack>
  );
}
