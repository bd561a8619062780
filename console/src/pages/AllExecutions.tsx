import { Anchor, Group, NativeSelect, Stack, Text, TextInput, Title } from "@mantine/core";
import { Link } from "react-router";
import { nativePath } from "../api/client";
import { type Row, text } from "../api/lists";
import { useRows } from "../api/rows";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { named } from "../i18n/words";
import { useFilters } from "../logs/useFilters";
import { channels, outcomes, revisionOf } from "../runs/terms";
import { useRunWords } from "../runs/words";
import { ListPage } from "../shell/ListPage";
import { Rows } from "../shell/Rows";
import { Status, When } from "../shell/show";

/** What all flows did, and what they counted. */
export default function AllExecutions() {
  const { t, language } = useI18n();
  const w = useRunWords();
  const f = useFormats();
  const { account_sid } = useSession();
  const flows = useRows(`${nativePath(account_sid)}/Flows.json?PageSize=1000`, "flows");
  const metrics = useRows(`${nativePath(account_sid)}/FlowMetrics.json`, "metrics");
  const { field, asked, view } = useFilters(["FlowSid", "Status", "StartTime>", "StartTime<"] as const);
  const names = new Map(flows.data?.map((row) => [text(row, "sid"), text(row, "name")]));
  const nameOf = (row: Row) => names.get(text(row, "flow_sid")) ?? text(row, "flow_sid");
  const place = (row: Row) => {
    const stage = text(row, "environment");
    return stage === "test" || stage === "production" || stage === "draft" ? w(`environment.${stage}`) : stage;
  };
  return (
    <Stack gap="xl">
      <ListPage title={w("everywhere")} resource="FlowExecutions" member="executions" face="native" live filters={asked} view={view} empty={w("everywhere.none")}
        file={["sid", "flow_sid", "revision", "environment", "date_created", "date_updated", "channel", "contact", "platform_number", "call_sid", "status", "outcome", "error", "steps"]}
        above={
          <Group align="end">
            <NativeSelect label={w("everywhere.flow")} {...field("FlowSid")} data={[{ value: "", label: w("everywhere.flows") }, ...[...names].map(([value, label]) => ({ value, label }))]} />
            <NativeSelect label={w("show")} {...field("Status")} data={[{ value: "", label: w("show.all") }, { value: "active", label: w("active") }, { value: "ended", label: w("ended") }]} />
            <TextInput type="date" label={t("field.since")} {...field("StartTime>")} />
            <TextInput type="date" label={t("field.until")} {...field("StartTime<")} />
          </Group>
        }
        columns={[
          { label: w("began"), show: (row) => <Anchor component={Link} to={`/flows/${text(row, "flow_sid")}/executions/${text(row, "sid")}`} underline="always"><When value={text(row, "date_created")} /></Anchor> },
          { label: w("everywhere.flow"), show: (row) => <Anchor component={Link} to={`/flows/${text(row, "flow_sid")}/executions`} underline="always">{nameOf(row)}</Anchor> },
          { label: w("contact"), show: (row) => text(row, "contact") },
          { label: w("channel"), show: (row) => named(channels, text(row, "channel"), language) },
          { label: w("outcome"), show: (row) => <><Status row={{ status: text(row, "outcome") || text(row, "status") }} words={outcomes} />{text(row, "error") && <Text size="xs">{text(row, "error")}</Text>}</> },
          { label: w("steps"), end: true, show: (row) => f.number(text(row, "steps")) },
          { label: w("environment"), show: place },
          { label: w("revision"), end: true, show: (row) => revisionOf(text(row, "revision"), w("draft")) },
        ]} />
      <section>
        <Title order={2} size="h3" mb="sm">{w("metrics")}</Title>
        <Rows query={metrics} title={w("metrics")} empty={w("metrics.none")} columns={[
          { label: t("field.date"), show: (row) => f.day(text(row, "date")) },
          { label: w("metrics.name"), show: (row) => text(row, "name") },
          { label: w("metrics.uses"), end: true, show: (row) => f.number(text(row, "uses")) },
          { label: w("metrics.total"), end: true, show: (row) => f.number(text(row, "total")) },
        ]} />
      </section>
    </Stack>
  );
}
