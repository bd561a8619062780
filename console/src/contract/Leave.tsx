import { Alert, Button, Group, List, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { isRecord } from "../api/client";
import { type Row, text } from "../api/lists";
import { useChange } from "../api/rows";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { useContractWords } from "./words";

/** Two clicks: the first says what would happen, the second does it. A consumer who still may withdraws in the same way. */
export function Leave({ path, withdraws = false }: { path: string; withdraws?: boolean }) {
  const w = useContractWords();
  const f = useFormats();
  const [day, setDay] = useState("");
  const [asked, setAsked] = useState<Row | null>(null);
  const ask = useChange((answer) => setAsked(isRecord(answer) ? answer : null));
  const confirm = useChange(() => setAsked(null));
  // The last moment of the chosen day, by the clock of whoever chooses.
  const endsAt = day ? new Date(`${day}T23:59:59`).toISOString() : "";
  return (
    <Stack>
      {!withdraws && <Text>{w("leave.about")}</Text>}
      <Fault error={ask.error ?? confirm.error} />
      {!asked && (
        <form onSubmit={(event) => { event.preventDefault(); ask.mutate({ path: `${path}/Cancellations.json`, form: withdraws ? { Withdraw: "true" } : endsAt ? { EndsAt: endsAt } : {} }); }}>
          <Group align="end">
            {!withdraws && <TextInput type="date" label={w("leave.when")} value={day} onChange={(event) => setDay(event.currentTarget.value)} />}
            <Button type="submit" variant="outline" color="red" loading={ask.isPending}>{w(withdraws ? "withdraw.ask" : "leave.ask")}</Button>
          </Group>
        </form>
      )}
      {asked && (
        <Alert variant="outline" color="red" role="alert" maw={720}>
          <List spacing="xs" size="sm">
            <List.Item>{text(asked, "date_ends") && day ? w("leave.then", { date: f.moment(text(asked, "date_ends")) }) : w("leave.now")}</List.Item>
            <List.Item>{w("leave.numbers", { number: f.number(text(asked, "numbers_released")) })}</List.Item>
            <List.Item>{w("leave.flows")}</List.Item>
            <List.Item>{w("leave.fee", { money: f.money(text(asked, "fee"), "EUR") })}</List.Item>
            <List.Item>{w("leave.until", { time: f.moment(text(asked, "date_confirm_before")) })}</List.Item>
          </List>
          <Group mt="md">
            <Button color="red.9" loading={confirm.isPending} onClick={() => confirm.mutate({ path: `${path}/Cancellations/Confirm.json`, form: { Token: text(asked, "token") } })}>{w(withdraws ? "withdraw.do" : "leave.do")}</Button>
            <Button variant="default" onClick={() => setAsked(null)}>{w("leave.not")}</Button>
          </Group>
        </Alert>
      )}
    </Stack>
  );
}
