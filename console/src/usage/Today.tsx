import { Anchor, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { accountPath } from "../api/client";
import { text } from "../api/lists";
import { useRows } from "../api/rows";
import { useSession } from "../api/session";
import { useFormats } from "../i18n/format";
import { type Text as Words, useSpeaker } from "../i18n/words";
import { dayIn } from "./day";
import { decimal, forecast, micros } from "./figures";

/** How often is looked, in milliseconds. */
const LOOK_MS = 30_000;
/** Rows that are looked at of each kind. */
const SIZE = 1_000;
const DAY_MS = 86_400_000;

const words = {
  "title": ["Last 24 hours", "Laatste 24 uur", "Dernières 24 heures", "Letzte 24 Stunden"],
  "calls": ["Calls", "Oproepen", "Appels", "Anrufe"],
  "answered": ["Answered", "Beantwoord", "Décrochés", "Angenommen"],
  "minutes": ["Minutes", "Minuten", "Minutes", "Minuten"],
  "messages": ["Messages", "Berichten", "Messages", "Nachrichten"],
  "arrived": ["Delivered", "Afgeleverd", "Distribués", "Zugestellt"],
  "spent": ["This month, and as it goes on", "Deze maand, en als het zo doorgaat", "Ce mois, et à ce rythme", "Diesen Monat, und wenn es so weitergeht"],
  "more": ["Of the newest {number} of each.", "Van de nieuwste {number} van elk.", "Sur les {number} plus récents de chaque.", "Von den neuesten {number} jeder Art."],
} satisfies Record<string, Words>;

/** How the day went, and what the month costs. */
export function Today() {
  const w = useSpeaker(words);
  const f = useFormats();
  const base = accountPath(useSession().account_sid);
  const [now] = useState(() => new Date());
  const calls = useRows(`${base}/Calls.json?PageSize=${SIZE}`, "calls", LOOK_MS);
  const messages = useRows(`${base}/Messages.json?PageSize=${SIZE}`, "messages", LOOK_MS);
  const month = useRows(`${base}/Usage/Records/ThisMonth.json?Category=totalprice`, "usage_records", LOOK_MS);
  if (!calls.data || !messages.data) return null;
  const day = dayIn(calls.data, messages.data, calls.dataUpdatedAt, DAY_MS, SIZE);
  const percent = (share: number | null) => (share === null ? "–" : f.percent(String(Math.round(share * 100))));
  const spent = micros(text(month.data?.[0], "price"));
  const unit = text(month.data?.[0], "price_unit") || "EUR";
  const money = (amount: bigint) => f.money(decimal(amount), unit);
  const tiles = [
    ["calls", f.number(String(day.calls))], ["answered", percent(day.answered)], ["minutes", f.number(String(day.minutes))],
    ["messages", f.number(String(day.messages))], ["arrived", percent(day.arrived)],
  ] as const;
  return (
    <Stack component="section" gap="sm" aria-label={w("title")}>
      <Title order={2} size="h3">{w("title")}</Title>
      <SimpleGrid cols={{ base: 2, md: 3, lg: 6 }}>
        {tiles.map(([name, value]) => <Tile key={name} label={w(name)} name={name}>{value}</Tile>)}
        <Tile label={w("spent")} name="spent"><Anchor component={Link} to="/usage" inherit underline="always">{`${money(spent)} · ${money(forecast(spent, now))}`}</Anchor></Tile>
      </SimpleGrid>
      {day.more && <Text size="sm" c="dimmed">{w("more", { number: f.number(String(SIZE)) })}</Text>}
    </Stack>
  );
}

const Tile = ({ label, name, children }: { label: string; name: string; children: React.ReactNode }) => (
  <Paper withBorder p="md" data-day={name}><Text size="sm" c="dimmed">{label}</Text><Text fw={700} size="lg" style={{ fontVariantNumeric: "tabular-nums" }}>{children}</Text></Paper>
);
