import { Loader, Paper, Stack, Text, Title } from "@mantine/core";
import { nativePath } from "../api/client";
import { rows, text } from "../api/lists";
import { useRows } from "../api/rows";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { Status, When } from "../shell/show";
import { Finding } from "../trunks/Finding";
import { routeFindings } from "../trunks/findings";
import { Trunk } from "../trunks/Trunk";
import { useTrunkWords } from "../trunks/words";

/** The carriers of the installation, as this node sees them. */
export default function Trunks() {
  const { t } = useI18n();
  const w = useTrunkWords();
  const f = useFormats();
  const { account_sid } = useSession();
  const base = `${nativePath(account_sid)}/Trunks`;
  const trunks = useRows(`${base}.json?PageSize=1000`, "trunks", 10_000);
  const routes = useRows(`${nativePath(account_sid)}/SmppRoutes.json?PageSize=1000`, "smpp_routes", 10_000);
  const prefixes = (value: unknown) => (Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : []);
  return (
    <Stack gap="xl">
      <Title order={1}>{t("nav.trunks")}</Title>
      <section>
        <Title order={2} size="h3" mb="sm">{w("trunks")}</Title>
        <Fault error={trunks.error} />
        {trunks.isPending && <Loader aria-label={t("app.loading")} />}
        {trunks.data?.length === 0 && <Paper withBorder p="xl"><Text ta="center" c="dimmed">{w("trunks.empty")}</Text></Paper>}
        <Stack>{trunks.data?.map((trunk) => <Trunk key={text(trunk, "name")} trunk={trunk} base={base} />)}</Stack>
      </section>
      <section>
        <Title order={2} size="h3" mb="sm">{w("routes")}</Title>
        <Stack mb="sm">
          {routes.data?.flatMap((route) => rows(route["findings"]).map((finding) => <Finding key={text(route, "name")} of={text(route, "name")} finding={finding} words={routeFindings} />))}
        </Stack>
        <Rows query={routes} title={w("routes")} empty={w("routes.empty")} columns={[
          { label: w("route"), show: (row) => text(row, "name") },
          { label: t("field.status"), show: (row) => <Status row={row} name="state" /> },
          { label: w("since"), show: (row) => <When value={text(row, "since")} /> },
          { label: w("peer"), show: (row) => text(row, "peer") },
          { label: w("prefixes"), show: (row) => prefixes(row["prefixes"]).join(", ") || w("everything") },
          { label: w("flight"), end: true, show: (row) => <span title={w("flight.about")}>{f.number(text(row, "in_flight"))}</span> },
        ]} />
      </section>
    </Stack>
  );
}
