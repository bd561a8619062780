import { Anchor, Button, Code, Group, Loader, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link, useParams } from "react-router";
import { accountPath, get, isRecord, post } from "../api/client";
import { type Row, rows, text } from "../api/lists";
import { useMay, useSession } from "../api/session";
import { Cost, Notifications, Quality } from "../calls/Facts";
import { Ladder } from "../calls/Ladder";
import { Lanes } from "../calls/Lanes";
import { Legs, useLegs } from "../calls/Legs";
import { Recording } from "../calls/Recording";
import { happenings } from "../calls/timeline";
import { useCallWords } from "../calls/words";
import { useParties } from "../calls/useParties";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { named } from "../i18n/words";
import { Fault } from "../shell/Fault";
import { Price, Status, When } from "../shell/show";
import { directions } from "../shell/statuses";

const over = ["completed", "busy", "failed", "no-answer", "canceled"];

function useCall(sid: string) {
  const { account_sid } = useSession();
  const base = `${accountPath(account_sid)}/Calls/${encodeURIComponent(sid)}`;
  const call = useQuery({
    queryKey: ["call", sid],
    queryFn: async (): Promise<Row> => { const found = await get(`${base}.json`); return isRecord(found) ? found : {}; },
    refetchInterval: ({ state }) => (over.includes(text(state.data, "status")) ? false : 2_000),
  });
  const refetchInterval = over.includes(text(call.data, "status")) ? 15_000 : 2_000;
  const timeline = useQuery({ queryKey: ["call", sid, "timeline"], refetchInterval, queryFn: () => get(`/restcomm/2012-04-24/Accounts/${account_sid}/Calls/${encodeURIComponent(sid)}/Timeline.json`) });
  const list = (member: "recordings" | "notifications", resource: string) => ({
    queryKey: ["call", sid, member],
    refetchInterval,
    queryFn: async () => { const page = await get(`${base}/${resource}.json`); return rows(isRecord(page) ? page[member] : []); },
  });
  return { call, timeline, legs: useLegs(sid, refetchInterval), recordings: useQuery(list("recordings", "Recordings")), notifications: useQuery(list("notifications", "Notifications")) };
}

/** Everything about one call: what happened, how it sounded, what it cost, what was recorded, what went wrong. */
export default function Call() {
  const { t, language } = useI18n();
  const { seconds } = useFormats();
  const party = useParties();
  const { sid = "" } = useParams();
  const { call, timeline, legs, recordings, notifications } = useCall(sid);
  const row = call.data;
  return (
    <Stack gap="xl">
      <div>
        <Anchor component={Link} to="/calls" underline="always">{t("nav.calls")}</Anchor>
        <Title order={1} style={{ overflowWrap: "anywhere" }}>{row ? `${party(text(row, "from"))} → ${party(text(row, "to"))}` : t("nav.calls")}</Title>
        <Code>{sid}</Code>
      </div>
      <Fault error={call.error ?? timeline.error ?? legs.error ?? recordings.error ?? notifications.error} />
      {call.isPending && <Loader aria-label={t("app.loading")} />}
      {row && (
        <Group gap="xl">
          <Status row={row} />
          <Text><When value={text(row, "start_time") || text(row, "date_created")} /></Text>
          <Text>{named(directions, text(row, "direction"), language)}</Text>
          <Text>{seconds(text(row, "duration") || "0")}</Text>
          <Price row={row} />
          <End sid={sid} status={text(row, "status")} />
          {text(row, "parent_call_sid") && <Anchor component={Link} to={`/calls/${text(row, "parent_call_sid")}`} underline="always">{t("call.parent")}</Anchor>}
        </Group>
      )}
      {timeline.data !== undefined && (
        <>
          <Part title={t("call.timeline")}><Lanes all={happenings(timeline.data)} call={sid} /></Part>
          <Part title={t("sip.title")}><Ladder timeline={timeline.data} /></Part>
          <Part title={t("nav.recordings")}>{recordings.data?.length ? recordings.data.map((each) => <Recording key={text(each, "sid")} row={each} />) : <Text c="dimmed">{t("call.noRecording")}</Text>}</Part>
          <Part title={t("call.quality")}><Quality timeline={timeline.data} /></Part>
          <Part title={t("call.cost")}><Cost timeline={timeline.data} />{row && <Legs legs={legs.data ?? []} own={row} />}</Part>
          <Part title={t("nav.notifications")}><Notifications found={notifications.data ?? []} /></Part>
        </>
      )}
    </Stack>
  );
}

/** Ends a call that goes on: one that is not answered yet is taken back. */
function End({ sid, status }: { sid: string; status: string }) {
  const w = useCallWords();
  const { account_sid } = useSession();
  const { develop } = useMay();
  const queries = useQueryClient();
  const end = useMutation({
    mutationFn: () => post(`${accountPath(account_sid)}/Calls/${encodeURIComponent(sid)}.json`, { Status: status === "in-progress" ? "completed" : "canceled" }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["call", sid] }),
  });
  if (!develop || over.includes(status)) return null;
  return <><Button size="xs" color="red.9" loading={end.isPending} onClick={() => end.mutate()}>{w("end")}</Button><Fault error={end.error} /></>;
}

const Part = ({ title, children }: { title: string; children: ReactNode }) => <section><Title order={2} size="h3" mb="sm">{title}</Title><Stack>{children}</Stack></section>;
