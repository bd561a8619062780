import { Alert, Button, Group, Stack, Text, Title } from "@mantine/core";
import { Link } from "react-router";
import { useMay, useSession } from "../api/session";
import { useParties } from "../calls/useParties";
import { Mark } from "../emergency/Mark";
import { useI18n } from "../i18n";
import { ListPage } from "../shell/ListPage";
import { Status, When } from "../shell/show";
import { text } from "../api/lists";
import { Live } from "../usage/Live";
import { Today } from "../usage/Today";

export function Dashboard() {
  const { t } = useI18n();
  const { account_name, sandbox } = useSession();
  const { develop } = useMay();
  const party = useParties();
  const column = (label: Parameters<typeof t>[0], name: string) => ({ label: t(label), show: (row: Record<string, unknown>) => text(row, name) });
  return (
    <Stack gap="xl">
      <div><Title order={1}>{t("nav.dashboard")}</Title><Text c="dimmed">{account_name}</Text></div>
      {sandbox ? <Alert variant="outline">{t("dashboard.sandbox")}</Alert> : <Mark linked />}
      <Group justify="space-between">
        <Text>{t("dashboard.start")}</Text>
        <Group><Button component={Link} to="/numbers">{t("nav.numbers")}</Button>{develop && <Button component={Link} to="/messages" variant="default">{t("messages.new")}</Button>}</Group>
      </Group>
      <Live />
      <Today />
      <ListPage order={2} title={t("dashboard.messages")} resource="Messages" member="messages" live empty={t("messages.empty")}
        columns={[column("field.from", "from"), column("field.to", "to"), column("field.body", "body"), { label: t("field.status"), show: (row) => <Status row={row} /> }]} />
      <ListPage order={2} title={t("dashboard.calls")} resource="Calls" member="calls" live empty={t("calls.empty")}
        columns={[{ label: t("field.date"), show: (row) => <When value={text(row, "date_created")} /> }, { label: t("field.from"), show: (row) => party(text(row, "from")) }, { label: t("field.to"), show: (row) => party(text(row, "to")) }, { label: t("field.status"), show: (row) => <Status row={row} /> }]} />
    </Stack>
  );
}
