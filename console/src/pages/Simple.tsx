import { Anchor } from "@mantine/core";
import { Link } from "react-router";
import { text } from "../api/lists";
import { useI18n } from "../i18n";
import { type Column, ListPage } from "../shell/ListPage";
import { Status, When } from "../shell/show";

type Kind = "conferences" | "domains";

const lists: Record<Kind, { resource: string; member: string; live?: boolean }> = {
  conferences: { resource: "Conferences", member: "conferences", live: true },
  domains: { resource: "SIP/Domains", member: "domains" },
};

/** Pages that only show what there is. */
export default function Simple({ kind }: { kind: Kind }) {
  const { t } = useI18n();
  const { resource, member, live } = lists[kind];
  const date: Column = { label: t("field.date"), show: (row) => <When value={text(row, "date_created")} /> };
  const name: Column = { label: t("field.name"), show: (row) => text(row, "friendly_name") };
  /** What has a page of its own. */
  const opened: Column = { label: t("field.name"), show: (row) => <Anchor component={Link} to={`/${kind}/${text(row, "sid")}`} underline="always">{text(row, "friendly_name") || text(row, "sid")}</Anchor> };
  const status: Column = { label: t("field.status"), show: (row) => <Status row={row} /> };
  const columns: Record<Kind, Column[]> = {
    conferences: [opened, status, date],
    domains: [name, { label: "SIP", show: (row) => text(row, "domain_name") }, date],
  };
  return <ListPage title={t(`nav.${kind}`)} resource={resource} member={member} live={live ?? false} empty={t(`${kind}.empty`)} columns={columns[kind]} />;
}
