import { Stack, Text, Title } from "@mantine/core";
import { nativePath } from "../api/client";
import { useMay, useSession } from "../api/session";
import { Archives } from "../data/Archives";
import { Erasures } from "../data/Erasures";
import { Holds } from "../data/Holds";
import { Terms } from "../data/Terms";
import { useI18n } from "../i18n";

/** What is kept of the account: taken away, erased, held back, and for how long. */
export default function Data() {
  const { t } = useI18n();
  const { account_sid, home, top } = useSession();
  const { develop } = useMay();
  const account = nativePath(account_sid);
  if (!develop) return <Text>{t("app.notFound")}</Text>;
  return (
    <Stack gap="xl">
      <Title order={1}>{t("nav.data")}</Title>
      <Archives key={`${account}/archives`} account={account} />
      <Erasures key={`${account}/erasures`} account={account} above={home !== null} />
      {(top || home !== null) && <Holds key={`${account}/holds`} account={account} />}
      {top && home === null && <Terms account={account} />}
    </Stack>
  );
}
