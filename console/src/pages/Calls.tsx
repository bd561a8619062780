import { Anchor, Group, NativeSelect, TextInput } from "@mantine/core";
import { Link } from "react-router";
import { text } from "../api/lists";
import { useParties } from "../calls/useParties";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { named } from "../i18n/words";
import { useFilters } from "../logs/useFilters";
import { ListPage } from "../shell/ListPage";
import { Price, Status, When } from "../shell/show";
import { directions, statuses as words } from "../shell/statuses";

const statuses = ["", "queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"];

export default function Calls() {
  const { t, language } = useI18n();
  const { number } = useFormats();
  const party = useParties();
  const { field, asked, view } = useFilters(["From", "To", "Status", "StartTime>", "StartTime<"] as const);
  return (
    <ListPage title={t("nav.calls")} resource="Calls" member="calls" live filters={asked} view={view} empty={t("calls.empty")}
      file={["sid", "parent_call_sid", "date_created", "from", "to", "direction", "status", "duration", "price", "price_unit"]}
      above={
        <Group align="end">
          <TextInput label={t("field.from")} {...field("From")} />
          <TextInput label={t("field.to")} {...field("To")} />
          <TextInput type="date" label={t("field.since")} {...field("StartTime>")} />
          <TextInput type="date" label={t("field.until")} {...field("StartTime<")} />
          <NativeSelect label={t("field.status")} {...field("Status")} data={statuses.map((value) => ({ value, label: value ? named(words, value, language) : "–" }))} />
        </Group>
      }
      columns={[
        { label: t("field.date"), show: (row) => <Anchor component={Link} to={`/calls/${text(row, "sid")}`} underline="always"><When value={text(row, "date_created")} /></Anchor> },
        { label: t("field.from"), show: (row) => party(text(row, "from")) },
        { label: t("field.to"), show: (row) => party(text(row, "to")) },
        { label: t("field.direction"), show: (row) => named(directions, text(row, "direction"), language) },
        { label: t("field.status"), show: (row) => <Status row={row} /> },
        { label: t("field.duration"), end: true, show: (row) => number(text(row, "duration")) },
        { label: t("field.price"), end: true, show: (row) => <Price row={row} /> },
      ]} />
  );
}
