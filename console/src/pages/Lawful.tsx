import { Anchor, Stack, Text, Title } from "@mantine/core";
import { Link } from "react-router";
import { nativePath } from "../api/client";
import { text } from "../api/lists";
import { useRows } from "../api/rows";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { New } from "../lawful/New";
import { states, useLawfulWords } from "../lawful/words";
import { Rows } from "../shell/Rows";
import { Status, When } from "../shell/show";

/** What authorities ask; a list says neither about whom nor what was found. */
export default function Lawful() {
  const { t } = useI18n();
  const w = useLawfulWords();
  const { account_sid } = useSession();
  const base = `${nativePath(account_sid)}/LawfulRequests`;
  const requests = useRows(`${base}.json`, "lawful_requests");
  return (
    <Stack gap="xl">
      <Title order={1}>{t("nav.lawful")}</Title>
      <Text maw={760}>{w("about")}</Text>
      <New base={base} />
      <Rows query={requests} title={t("nav.lawful")} empty={w("empty")} columns={[
        { label: w("reference"), show: (row) => <Anchor component={Link} to={`/lawful/${text(row, "sid")}`} underline="always">{text(row, "reference")}</Anchor> },
        { label: w("authority"), show: (row) => text(row, "authority") },
        { label: w("received"), show: (row) => <When value={text(row, "date_received")} /> },
        { label: w("due"), show: (row) => <><When value={text(row, "date_due")} />{row["late"] === true && <Text fw={600} size="xs">{w("late")}</Text>}</> },
        { label: t("field.status"), show: (row) => <Status row={row} words={states} /> },
        { label: w("decided"), show: (row) => <When value={text(row, "date_decided")} /> },
      ]} />
    </Stack>
  );
}
