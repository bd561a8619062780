import { Button, Checkbox, Group, NativeSelect, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { type Row, rows, text } from "../api/lists";
import { useChange } from "../api/rows";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { itemNamed } from "../shell/statuses";
import { type Held, differences } from "./pins";
import { useContractWords } from "./words";

/** Announces other prices to one customer, for whoever is above: what differs, from which day; a day that is too early is refused and the first one named. */
export function Announce({ path, plans, now }: { path: string; plans: Row[]; now: Held[] }) {
  const { language } = useI18n();
  const w = useContractWords();
  const f = useFormats();
  const others = plans.filter((plan) => differences(now, rows(plan["prices"])).length > 0);
  const [chosen, setChosen] = useState("");
  const [from, setFrom] = useState("");
  const [left, setLeft] = useState<string[]>([]);
  const announce = useChange(() => { setFrom(""); setLeft([]); });
  if (others.length === 0) return null;
  const plan = others.find((each) => text(each, "plan") === chosen) ?? others[0];
  const changes = differences(now, rows(plan?.["prices"]));
  const taken = changes.filter(({ item }) => !left.includes(item));
  const currency = text(plan, "currency");
  return (
    <Paper withBorder p="md" maw={760}>
      <form onSubmit={(event) => {
        event.preventDefault();
        announce.mutate({ path: `${path}/PriceChanges.json`, form: { Plan: text(plan, "plan"), From: from, Items: taken.map(({ item }) => item).join(",") } });
      }}>
        <Stack>
          <Title order={3} size="h5">{w("announce")}</Title>
          <Group align="end">
            <NativeSelect label={w("plan")} value={text(plan, "plan")} onChange={(event) => { setChosen(event.currentTarget.value); setLeft([]); }} data={others.map((each) => text(each, "plan"))} />
            <TextInput type="date" label={w("announce.from")} required value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
          </Group>
          <Checkbox.Group label={w("announce.items")} value={taken.map(({ item }) => item)} onChange={(kept) => setLeft(changes.map(({ item }) => item).filter((item) => !kept.includes(item)))}>
            <Stack gap="xs" mt="xs">{changes.map(({ item, old, next }) => <Checkbox key={item} value={item} label={w("notice.change", { item: itemNamed(item, language), old: f.money(old, currency), new: f.money(next, currency) })} />)}</Stack>
          </Checkbox.Group>
          <Text size="sm" c="dimmed">{w("announce.about")}</Text>
          <Fault error={announce.error} />
          <Group><Button type="submit" disabled={taken.length === 0} loading={announce.isPending}>{w("announce.do")}</Button></Group>
        </Stack>
      </form>
    </Paper>
  );
}
