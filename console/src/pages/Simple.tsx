import { Anchor } from "@mantine/core";
import { Link } from "react-router";
import { text } from "../api/lists";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { type Column, ListPage } from "../shell/ListPage";
import { Status, When } from "../shell/show";
import { useSession } from "../api/session";
import { accountPath } from "../api/client";

type Kind = "applications" | "recordings" | "transcriptions" | "conferences" | "notifications" | "domains";

const lists: Record<Kind, { resource: string; member: string; live?: boolean }> = {
  applications: { resource: "Applications", member: "applications" },
  recordings: { resource: "Recordings", member: "recordings" },
  transcriptions: { resource: "Transcriptions", member: "transcriptions" },
  conferences: { resource: "Conferences", member: "conferences", live: true },
  notifications: { resource: "Notifications", member: "notifications" },
  domains: { resource: "SIP/Domains", member: "domains" },
};

/** Pages that only show what there is. */
export default function Simple({ kind }: { kind: Kind }) {
  const { t } = useI18n();
  const { number } = useFormats();
  const { account_sid } = useSession();
  const { resource, member, live } = lists[kind];
  const date: Column = { label: t("field.date"), show: (row) => <When value={text(row, "date_created")} /> };
  const name: Column = { label: t("field.name"), show: (row) => text(row, "friendly_name") };
  /** What has a page of its own. */
  const opened: Column = { label: t("field.name"), show: (row) => <Anchor component={Link} to={`/${kind}/${text(row, "sid")}`} underline="always">{text(row, "friendly_name") || text(row, "sid")}</Anchor> };
  const listen = (sid: string): Column => ({
    label: t("field.listen"),
    show: (row) => <audio controls preload="none" aria-label={t("field.listen")} src={`${accountPath(account_sid)}/Recordings/${text(row, sid)}.wav`} />,
  });
  const seconds: Column = { label: t("field.duration"), end: true, show: (row) => number(text(row, "duration")) };
  const status: Column = { label: t("field.status"), show: (row) => <Status row={row} /> };
  const columns: Record<Kind, Column[]> = {
    applications: [name, { label: t("field.url"), show: (row) => text(row, "voice_url") }, date],
    recordings: [date, seconds, listen("sid")],
    transcriptions: [date, status, seconds, { label: t("field.body"), show: (row) => text(row, "transcription_text") }, listen("recording_sid")],
    conferences: [opened, status, date],
    notifications: [date, { label: t("field.code"), show: (row) => text(row, "error_code") }, { label: t("field.body"), show: (row) => text(row, "message_text") }],
    domains: [name, { label: "SIP", show: (row) => text(row, "domain_name") }, date],
  };
  return <ListPage title={t(`nav.${kind}`)} resource={resource} member={member} live={live ?? false} empty={t(`${kind}.empty`)} columns={columns[kind]} />;
}
