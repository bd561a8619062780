import { Button, Group, Modal, NativeSelect, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { accountPath, post, remove } from "../api/client";
import { type Row, text } from "../api/lists";
import { useMay, useSession } from "../api/session";
import { useApplicationWords } from "../applications/words";
import { useI18n } from "../i18n";
import { Answers } from "../numbers/Fields";
import { useTargets } from "../numbers/flows";
import { useNumberWords } from "../numbers/words";
import { Fault } from "../shell/Fault";
import { ListPage } from "../shell/ListPage";
import { When } from "../shell/show";

/** Applications: what several numbers share. */
export default function Applications() {
  const { t } = useI18n();
  const w = useApplicationWords();
  const n = useNumberWords();
  const { develop } = useMay();
  const [changed, setChanged] = useState<Row | null>(null);
  const url = (name: string) => (row: Row) => <Text inherit style={{ overflowWrap: "anywhere" }}>{text(row, name) || t("list.none")}</Text>;
  return (
    <>
      <ListPage title={t("nav.applications")} resource="Applications" member="applications" empty={t("applications.empty")}
        file={["sid", "friendly_name", "voice_url", "voice_fallback_url", "sms_url", "sms_fallback_url", "status_callback", "date_created"]}
        above={develop && <Paper withBorder p="md"><Title order={2} size="h4" mb="sm">{w("new")}</Title><Form row={{}} done={() => undefined} /></Paper>}
        columns={[
          { label: t("field.name"), show: (row) => text(row, "friendly_name") },
          { label: n("calls"), show: url("voice_url") },
          { label: n("messages"), show: url("sms_url") },
          { label: t("field.date"), show: (row) => <When value={text(row, "date_created")} /> },
          ...(develop ? [{ label: t("field.action"), show: (row: Row) => <Button size="xs" variant="default" onClick={() => setChanged(row)}>{w("change", { name: text(row, "friendly_name") })}</Button> }] : []),
        ]} />
      <Modal opened={changed !== null} onClose={() => setChanged(null)} title={w("change", { name: text(changed ?? undefined, "friendly_name") })} closeButtonProps={{ "aria-label": t("form.cancel") }}>
        {changed && <Form row={changed} done={() => setChanged(null)} />}
      </Modal>
    </>
  );
}

/** Makes an application, or changes one that is there. */
function Form({ row, done }: { row: Row; done: () => void }) {
  const { t } = useI18n();
  const w = useApplicationWords();
  const n = useNumberWords();
  const { account_sid } = useSession();
  const queries = useQueryClient();
  const { targets } = useTargets();
  const sid = text(row, "sid");
  const first = { FriendlyName: text(row, "friendly_name"), VoiceUrl: text(row, "voice_url"), VoiceFallbackUrl: text(row, "voice_fallback_url"), SmsUrl: text(row, "sms_url"), StatusCallback: text(row, "status_callback"), Dialect: text(row, "dialect") || "auto" };
  const [form, setForm] = useState(first);
  const [sure, setSure] = useState(false);
  const base = `${accountPath(account_sid)}/Applications`;
  const onSuccess = async () => { if (!sid) setForm(first); await queries.invalidateQueries({ queryKey: ["list", "Applications"] }); done(); };
  const save = useMutation({ mutationFn: () => post(sid ? `${base}/${sid}.json` : `${base}.json`, form), onSuccess });
  const end = useMutation({ mutationFn: () => remove(`${base}/${sid}.json`), onSuccess });
  const field = (name: keyof typeof first) => ({ value: form[name], onChange: (event: { currentTarget: { value: string } }) => { const { value } = event.currentTarget; setForm((before) => ({ ...before, [name]: value })); } });
  return (
    <form onSubmit={(event) => { event.preventDefault(); save.mutate(); }}>
      <Stack>
        <TextInput label={t("field.name")} required maxLength={64} {...field("FriendlyName")} />
        <Answers legend={n("calls")} label={t("field.url")} targets={targets} value={form.VoiceUrl} set={(VoiceUrl) => setForm({ ...form, VoiceUrl })} />
        <TextInput label={w("fallback")} inputMode="url" {...field("VoiceFallbackUrl")} />
        <Answers legend={n("messages")} label={n("messagesUrl")} targets={targets} value={form.SmsUrl} set={(SmsUrl) => setForm({ ...form, SmsUrl })} />
        <TextInput label={w("callback")} inputMode="url" {...field("StatusCallback")} />
        <NativeSelect label={w("dialect")} {...field("Dialect")} data={[{ value: "auto", label: w("dialect.auto") }, { value: "rcml", label: "RCML" }, { value: "twiml", label: "TwiML" }]} />
        <Fault error={save.error ?? end.error} />
        {sure && <Text role="alert">{w("delete.sure")}</Text>}
        <Group justify="space-between">
          {sid ? <Button variant="outline" color="red" loading={end.isPending} onClick={() => (sure ? end.mutate() : setSure(true))}>{w("delete")}</Button> : <span />}
          <Button type="submit" loading={save.isPending}>{sid ? t("form.save") : t("create.do")}</Button>
        </Group>
      </Stack>
    </form>
  );
}
