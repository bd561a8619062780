import { Alert, Button, Group, Paper, Select, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { type Row, text } from "../api/lists";
import { useI18n } from "../i18n";
import { useRing } from "../phone/ring";
import { Fault } from "../shell/Fault";
import { Status, When } from "../shell/show";
import { live, useAct, useTalks } from "./api";
import { Sound, SoundSwitch } from "./Sound";

/** The calls of a phone: the one that runs, calling, and those that are over. */
export function Talks({ number, rented }: { number: string; rented: string[] }) {
  const { t } = useI18n();
  const talks = useTalks(number);
  const [chosen, setChosen] = useState<string | null>(null);
  const [sounds, setSounds] = useState(false);
  const dial = useAct(number);
  const now = live(talks.data);
  const to = chosen ?? rented[0] ?? null;
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb="sm">{t("nav.calls")}</Title>
      <Fault error={talks.error ?? dial.error} />
      <SoundSwitch on={sounds} set={setSounds} />
      {now ? <Running number={number} call={now} /> : (
        <Group align="end">
          <Select label={t("handset.call")} data={rented} value={to} onChange={setChosen} placeholder={t("list.none")} allowDeselect={false} />
          <Button disabled={!to} loading={dial.isPending} onClick={() => { if (to) dial.mutate({ path: "/Calls", form: { To: to } }); }}>{t("handset.dial")}</Button>
        </Group>
      )}
      {sounds && now && text(now, "status") === "in-progress" && <Sound key={text(now, "sid")} number={number} sid={text(now, "sid")} />}
      {talks.data?.length === 0 && <Text c="dimmed" mt="md">{t("handset.noCalls")}</Text>}
      {talks.data && talks.data.length > 0 && (
        <Table.ScrollContainer minWidth={380} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-label": t("nav.calls") } }}>
          <Table mt="md">
            <Table.Thead><Table.Tr><Table.Th>{t("field.date")}</Table.Th><Table.Th>{t("field.with")}</Table.Th><Table.Th>{t("field.status")}</Table.Th><Table.Th>{t("handset.keys")}</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {talks.data.map((call) => (
                <Table.Tr key={text(call, "sid")}>
                  <Table.Td><When value={text(call, "date_created")} /></Table.Td>
                  <Table.Td>{came(call) ? t("handset.from", { number: text(call, "from") }) : t("handset.to", { number: text(call, "to") })}</Table.Td>
                  <Table.Td><Status row={call} /></Table.Td>
                  <Table.Td>{text(call, "digits")}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Paper>
  );
}

const came = (call: Row) => text(call, "direction") === "incoming";
const keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

function Running({ number, call }: { number: string; call: Row }) {
  const { t, language } = useI18n();
  const [words, setWords] = useState("");
  const act = useAct(number);
  const path = `/Calls/${text(call, "sid")}`;
  const does = (form: Record<string, string>) => act.mutate({ path, form });
  const rings = text(call, "status") === "ringing" && came(call);
  useRing(rings);
  const talks = text(call, "status") === "in-progress";
  const peer = came(call) ? text(call, "from") : text(call, "to");
  return (
    <Alert variant="outline" role="status" title={rings ? t("handset.rings", { number: peer }) : talks ? t("handset.talks", { number: peer }) : t("handset.calls", { number: peer })}>
      <Stack>
        <Fault error={act.error} />
        <Group>
          {rings && <Button onClick={() => does({ Action: "answer" })}>{t("handset.answer")}</Button>}
          {rings ? <Button variant="default" onClick={() => does({ Action: "decline" })}>{t("handset.decline")}</Button>
            : <Button variant="default" onClick={() => does({ Action: "hang-up" })}>{t("handset.hangUp")}</Button>}
        </Group>
        {talks && (
          <>
            <Group gap={6} maw={170} role="group" aria-label={t("handset.keypad")}>
              {keys.map((key) => <Button key={key} variant="default" w={48} px={0} onClick={() => does({ Digits: key })}>{key}</Button>)}
            </Group>
            <form onSubmit={(event) => { event.preventDefault(); does({ Say: words, Language: language }); setWords(""); }}>
              <Group align="end"><TextInput label={t("handset.say")} required maxLength={400} value={words} onChange={(event) => setWords(event.currentTarget.value)} /><Button type="submit" variant="default" loading={act.isPending}>{t("handset.speak")}</Button></Group>
            </form>
          </>
        )}
      </Stack>
    </Alert>
  );
}
