import { Alert, Anchor, Button, Code, Group, Stack, Title } from "@mantine/core";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { accountPath } from "../api/client";
import { type Row, text } from "../api/lists";
import { useChange, useOne, useRows } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useRoomWords } from "../rooms/words";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { Status, When } from "../shell/show";

/** One conference: who is in it, and what may be done to them. */
export default function Conference() {
  const { t } = useI18n();
  const w = useRoomWords();
  const { sid = "" } = useParams();
  const { account_sid } = useSession();
  const { develop } = useMay();
  const path = `${accountPath(account_sid)}/Conferences/${encodeURIComponent(sid)}`;
  const conference = useOne(`${path}.json`, 3_000);
  const participants = useRows(`${path}/Participants.json?PageSize=200`, "participants", 3_000);
  const change = useChange();
  const [sure, setSure] = useState(false);
  const over = text(conference.data, "status") === "completed";
  const name = (row: Row) => text(row, "label") || `${text(row, "call_sid").slice(0, 8)}…`;
  const set = (row: Row, form: Record<string, string>) => change.mutate({ path: `${path}/Participants/${text(row, "call_sid")}.json`, form });
  return (
    <Stack gap="xl">
      <div>
        <Anchor component={Link} to="/conferences" underline="always">{t("nav.conferences")}</Anchor>
        <Title order={1}>{text(conference.data, "friendly_name") || t("nav.conferences")}</Title>
        <Code>{sid}</Code>
      </div>
      <Fault error={conference.error ?? participants.error ?? change.error} />
      {conference.data && <Group gap="xl"><Status row={conference.data} /><When value={text(conference.data, "date_created")} /></Group>}
      <section>
        <Title order={2} size="h3" mb="sm">{w("participants")}</Title>
        <Rows query={participants} title={w("participants")} empty={w("participants.none")} columns={[
          { label: w("call"), show: (row) => <Anchor component={Link} to={`/calls/${text(row, "call_sid")}`} underline="always">{name(row)}</Anchor> },
          { label: w("since"), show: (row) => <When value={text(row, "date_created")} /> },
          { label: w("state"), show: (row) => [row["muted"] === true && w("muted"), row["hold"] === true && w("hold")].filter(Boolean).join(", ") || w("speaks") },
          ...(develop && !over ? [{ label: t("field.action"), show: (row: Row) => (
            <Group gap="xs">
              <Button size="xs" variant="default" onClick={() => set(row, { Muted: String(row["muted"] !== true) })}>{w(row["muted"] === true ? "unmute" : "mute", { name: name(row) })}</Button>
              <Button size="xs" variant="default" onClick={() => set(row, { Hold: String(row["hold"] !== true) })}>{w(row["hold"] === true ? "hold.end" : "hold.do", { name: name(row) })}</Button>
              <Button size="xs" variant="outline" color="red" onClick={() => change.mutate({ path: `${path}/Participants/${text(row, "call_sid")}.json` })}>{w("kick", { name: name(row) })}</Button>
            </Group>
          ) }] : []),
        ]} />
      </section>
      {develop && conference.data && !over && (
        <Stack align="start">
          {sure && <Alert variant="outline" color="red" role="alert">{w("end.sure")}</Alert>}
          <Button variant="outline" color="red" onClick={() => (sure ? change.mutate({ path: `${path}.json`, form: { Status: "completed" } }) : setSure(true))}>{w("end")}</Button>
        </Stack>
      )}
    </Stack>
  );
}
