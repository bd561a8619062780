import { Stack, Text, Title } from "@mantine/core";
import { useSession } from "../api/session";
import { Collections } from "../debits/Collections";
import { Files } from "../debits/Files";
import { Mandates } from "../debits/Mandates";
import { useDebitWords } from "../debits/words";
import { useI18n } from "../i18n";

/** Direct debit: of a customer the mandate and what was collected; of the operator, nobody's customer, the files for the bank. */
export default function Debits() {
  const { t } = useI18n();
  const w = useDebitWords();
  const { account_sid, home, top } = useSession();
  if (top && home === null) return <Stack gap="xl"><Title order={1}>{t("nav.debits")}</Title><Files account={account_sid} /></Stack>;
  return (
    <Stack gap="xl">
      <Title order={1}>{t("nav.debits")}</Title>
      <Text maw={760}>{w("about")}</Text>
      <section><Title order={2} size="h3" mb="sm">{w("mandates")}</Title><Mandates account={account_sid} /></section>
      <section><Title order={2} size="h3" mb="sm">{w("collections")}</Title><Collections account={account_sid} /></section>
    </Stack>
  );
}
