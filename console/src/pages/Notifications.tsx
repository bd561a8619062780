import { Anchor, Code, Group, NativeSelect, Text, TextInput } from "@mantine/core";
import { type Row, text } from "../api/lists";
import { useI18n } from "../i18n";
import { CallLink } from "../logs/CallLink";
import { useFilters } from "../logs/useFilters";
import { useLogWords } from "../logs/words";
import { ListPage } from "../shell/ListPage";
import { When } from "../shell/show";

const FILE = ["sid", "date_created", "log", "error_code", "call_sid", "message_text", "request_url", "request_method"];

/** What went wrong, with the page that tells the cure, and what was asked and answered. */
export default function Notifications() {
  const { t } = useI18n();
  const w = useLogWords();
  const { field, asked, any, view } = useFilters(["Log", "ErrorCode", "RequestUrl", "MessageText", "MessageDate>", "MessageDate<"] as const);
  const level = (row: Row) => w(text(row, "log") === "0" ? "level.0" : "level.1");
  // A code that is being typed is none yet.
  const { ErrorCode: code = "", ...rest } = asked;
  const filters = /^\d*$/.test(code) ? { ...rest, ErrorCode: code } : rest;
  return (
    <ListPage title={t("nav.notifications")} resource="Notifications" member="notifications" live filters={filters} view={view} empty={any ? w("none") : t("notifications.empty")} file={FILE}
      above={
        <Group align="end" role="group" aria-label={t("list.filter")}>
          <NativeSelect label={w("level")} {...field("Log")} data={[{ value: "", label: "–" }, { value: "0", label: w("level.0") }, { value: "1", label: w("level.1") }]} />
          <TextInput label={w("code")} inputMode="numeric" w={110} {...field("ErrorCode")} />
          <TextInput label={w("url")} {...field("RequestUrl")} />
          <TextInput label={w("contains")} {...field("MessageText")} />
          <TextInput type="date" label={t("field.since")} {...field("MessageDate>")} />
          <TextInput type="date" label={t("field.until")} {...field("MessageDate<")} />
        </Group>
      }
      columns={[
        { label: t("field.date"), show: (row) => <When value={text(row, "date_created")} /> },
        { label: w("level"), show: (row) => `${text(row, "log") === "0" ? "⚠ " : ""}${level(row)}` },
        { label: w("code"), show: (row) => <Anchor href={`/notifications#${text(row, "error_code")}`} target="_blank" rel="noreferrer" underline="always">{text(row, "error_code")}</Anchor> },
        { label: w("call"), show: (row) => <CallLink row={row} /> },
        { label: t("field.body"), show: (row) => <><Text inherit style={{ overflowWrap: "anywhere" }}>{text(row, "message_text")}</Text><Exchange row={row} /></> },
      ]} />
  );
}

/** What was asked of an application and what it answered, where that was the matter. */
function Exchange({ row }: { row: Row }) {
  const w = useLogWords();
  const url = text(row, "request_url");
  if (!url) return null;
  const parts = [
    ["request", [`${text(row, "request_method")} ${url}`, text(row, "request_variables")].filter(Boolean).join("\n")],
    ["headers", text(row, "response_headers")],
    ["answer", text(row, "response_body")],
  ] as const;
  return (
    <details>
      <summary style={{ cursor: "pointer" }}><Text span size="sm">{w("details")}</Text></summary>
      {parts.filter(([, said]) => said).map(([name, said]) => (
        <div key={name}><Text size="xs" c="dimmed" mt={4}>{w(name)}</Text><Code block tabIndex={0} fz="xs" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{said}</Code></div>
      ))}
    </details>
  );
}
