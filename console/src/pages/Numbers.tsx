import { Button, Group, Modal, NativeSelect, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { accountPath, get, isRecord, post, remove } from "../api/client";
import { type Row, rows, text, useList } from "../api/lists";
import { useMay, useSession } from "../api/session";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { ListPage } from "../shell/ListPage";

export default function Numbers() {
  const { t } = useI18n();
  const { provision } = useMay();
  const [bound, setBound] = useState<Row | null>(null);
  return (
    <>
      <ListPage title={t("nav.numbers")} resource="IncomingPhoneNumbers" member="incoming_phone_numbers" empty={t("numbers.empty")} above={provision && <Market />}
        columns={[
          { label: t("field.number"), show: (row) => <>{text(row, "phone_number")}{text(row, "friendly_name") !== text(row, "phone_number") && <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>{text(row, "friendly_name")}</Text>}</> },
          { label: t("field.url"), show: (row) => text(row, "voice_url") || t("list.none") },
          ...(provision ? [{ label: t("field.action"), show: (row: Row) => <Button size="xs" variant="default" onClick={() => setBound(row)}>{t("numbers.bind", { number: text(row, "phone_number") })}</Button> }] : []),
        ]} />
      <Modal opened={bound !== null} onClose={() => setBound(null)} title={t("numbers.bind", { number: text(bound ?? undefined, "phone_number") })} closeButtonProps={{ "aria-label": t("form.cancel") }}>
        {bound && <Binding row={bound} done={() => setBound(null)} />}
      </Modal>
    </>
  );
}

/** Numbers on offer, and renting one. */
function Market() {
  const { t } = useI18n();
  const { account_sid, home_country } = useSession();
  const queries = useQueryClient();
  const [kind, setKind] = useState("Local");
  const [contains, setContains] = useState("");
  const [asked, setAsked] = useState<string | null>(null);
  const offers = useQuery({
    queryKey: ["offers", asked],
    enabled: asked !== null,
    queryFn: async () => {
      const answer = await get(asked ?? "");
      return rows(isRecord(answer) ? answer["available_phone_numbers"] : []);
    },
  });
  const rent = useMutation({
    mutationFn: (number: string) => post(`${accountPath(account_sid)}/IncomingPhoneNumbers.json`, { PhoneNumber: number }),
    onSuccess: () => { setAsked(null); return queries.invalidateQueries({ queryKey: ["list", "IncomingPhoneNumbers"] }); },
  });
  const find = () => setAsked(`${accountPath(account_sid)}/AvailablePhoneNumbers/${home_country}/${kind}.json?${new URLSearchParams({ PageSize: "12", ...(contains ? { Contains: contains } : {}) })}`);
  return (
    <Paper withBorder p="md">
      <form onSubmit={(event) => { event.preventDefault(); find(); }}>
        <Title order={2} size="h4" mb="sm">{t("numbers.search")}</Title>
        <Group align="end">
          <NativeSelect label={t("numbers.kind")} value={kind} onChange={(event) => setKind(event.currentTarget.value)}
            data={[{ value: "Local", label: t("numbers.local") }, { value: "Mobile", label: t("numbers.mobile") }, { value: "TollFree", label: t("numbers.tollfree") }]} />
          <TextInput label={t("numbers.contains")} inputMode="tel" value={contains} onChange={(event) => setContains(event.currentTarget.value)} />
          <Button type="submit" loading={offers.isFetching}>{t("numbers.find")}</Button>
        </Group>
      </form>
      <Fault error={offers.error ?? rent.error} />
      {offers.data?.length === 0 && <Text mt="md">{t("list.none")}</Text>}
      <Group mt="md" gap="xs">
        {asked && offers.data?.map((offer) => {
          const number = text(offer, "phone_number");
          return <Button key={number} variant="default" disabled={rent.isPending} onClick={() => rent.mutate(number)}>{t("numbers.rent", { number })}</Button>;
        })}
      </Group>
    </Paper>
  );
}

/** What a number does, and giving it back. */
function Binding({ row, done }: { row: Row; done: () => void }) {
  const { t } = useI18n();
  const { account_sid } = useSession();
  const queries = useQueryClient();
  const [url, setUrl] = useState(text(row, "voice_url"));
  const [application, setApplication] = useState(text(row, "voice_application_sid"));
  const [sure, setSure] = useState(false);
  const applications = useList("Applications", "applications", {});
  const path = `${accountPath(account_sid)}/IncomingPhoneNumbers/${text(row, "sid")}.json`;
  const onSuccess = async () => { await queries.invalidateQueries({ queryKey: ["list", "IncomingPhoneNumbers"] }); done(); };
  const save = useMutation({ mutationFn: () => post(path, { VoiceUrl: url, VoiceApplicationSid: application, SmsApplicationSid: application }), onSuccess });
  const release = useMutation({ mutationFn: () => remove(path), onSuccess });
  const known = applications.data?.pages.flatMap((page) => page.rows) ?? [];
  return (
    <form onSubmit={(event) => { event.preventDefault(); save.mutate(); }}>
      <Stack>
        <NativeSelect label={t("field.application")} value={application} onChange={(event) => setApplication(event.currentTarget.value)}
          data={[{ value: "", label: t("list.none") }, ...known.map((one) => ({ value: text(one, "sid"), label: text(one, "friendly_name") }))]} />
        <TextInput label={t("field.url")} type="text" inputMode="url" value={url} onChange={(event) => setUrl(event.currentTarget.value)} />
        <Fault error={save.error ?? release.error} />
        {sure && <Text role="alert">{t("numbers.releaseSure", { number: text(row, "phone_number") })}</Text>}
        <Group justify="space-between">
          <Button variant="outline" color="red" loading={release.isPending} onClick={() => (sure ? release.mutate() : setSure(true))}>{t("numbers.release")}</Button>
          <Button type="submit" loading={save.isPending}>{t("form.save")}</Button>
        </Group>
      </Stack>
    </form>
  );
}
