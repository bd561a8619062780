import { Paper, SimpleGrid, Text } from "@mantine/core";
import { accountPath } from "../api/client";
import { useRows } from "../api/rows";
import { useSession } from "../api/session";
import { useFormats } from "../i18n/format";
import { type Text as Words, useSpeaker } from "../i18n/words";
import { recent, type Recent } from "./live";

/** How often is counted, in milliseconds; a page that is not looked at does not ask. */
const LOOK_MS = 5_000;
/** Rows that are looked at of each kind. */
const SIZE = 200;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const words = {
  "title": ["Now", "Nu", "Maintenant", "Jetzt"],
  "calls": ["Calls in progress", "Lopende oproepen", "Appels en cours", "Laufende Anrufe"],
  "ringing": ["Calls ringing", "Oproepen die overgaan", "Appels qui sonnent", "Klingelnde Anrufe"],
  "messages": ["Messages in the last minute", "Berichten in de laatste minuut", "Messages de la dernière minute", "Nachrichten in der letzten Minute"],
  "errors": ["Notifications in the last hour", "Meldingen in het laatste uur", "Notifications de la dernière heure", "Meldungen in der letzten Stunde"],
  "more": ["{number} or more", "{number} of meer", "{number} ou plus", "{number} oder mehr"],
} satisfies Record<string, Words>;

/** What happens in the account at this moment, counted again every few seconds. */
export function Live() {
  const w = useSpeaker(words);
  const f = useFormats();
  const base = accountPath(useSession().account_sid);
  const calls = useRows(`${base}/Calls.json?Status=in-progress&PageSize=${SIZE}`, "calls", LOOK_MS);
  const ringing = useRows(`${base}/Calls.json?Status=ringing&PageSize=${SIZE}`, "calls", LOOK_MS);
  const messages = useRows(`${base}/Messages.json?PageSize=${SIZE}`, "messages", LOOK_MS);
  const notifications = useRows(`${base}/Notifications.json?PageSize=${SIZE}`, "notifications", LOOK_MS);
  // As of when it was read: what is shown does not change by itself.
  const within = ({ data, dataUpdatedAt }: typeof calls, ms: number) => data && recent(data, dataUpdatedAt, ms, SIZE);
  const all = ({ data }: typeof calls) => data && { count: data.length, more: data.length >= SIZE };
  const shown = (found: Recent | undefined) => (found ? (found.more ? w("more", { number: f.number(String(found.count)) }) : f.number(String(found.count))) : "–");
  return (
    <SimpleGrid component="section" aria-label={w("title")} cols={{ base: 2, lg: 4 }}>
      {([["calls", all(calls)], ["ringing", all(ringing)], ["messages", within(messages, MINUTE_MS)], ["errors", within(notifications, HOUR_MS)]] as const).map(([name, found]) => (
        <Paper key={name} withBorder p="md" data-count={name}><Text size="sm" c="dimmed">{w(name)}</Text><Text fw={700} size="xl" style={{ fontVariantNumeric: "tabular-nums" }}>{shown(found)}</Text></Paper>
      ))}
    </SimpleGrid>
  );
}
