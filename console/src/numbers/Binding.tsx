import { Button, Fieldset, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { accountPath, post, remove } from "../api/client";
import { type Row, text, useList } from "../api/lists";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { type Target, useTargets } from "./flows";
import { useNumberWords } from "./words";

/** What a number does, and giving it back. */
export function Binding({ row, done }: { row: Row; done: () => void }) {
  const { t } = useI18n();
  const w = useNumberWords();
  const { account_sid } = useSession();
  const queries = useQueryClient();
  const [voice, setVoice] = useState(text(row, "voice_url"));
  const [messages, setMessages] = useState(text(row, "sms_url"));
  const [application, setApplication] = useState(text(row, "voice_application_sid"));
  const [sure, setSure] = useState(false);
  const applications = useList("Applications", "applications", {});
  const { targets, isPending } = useTargets();
  const path = `${accountPath(account_sid)}/IncomingPhoneNumbers/${text(row, "sid")}.json`;
  const onSuccess = async () => { await queries.invalidateQueries({ queryKey: ["list", "IncomingPhoneNumbers"] }); done(); };
  const save = useMutation({ mutationFn: () => post(path, { VoiceUrl: voice, SmsUrl: messages, VoiceApplicationSid: application, SmsApplicationSid: application }), onSuccess });
  const release = useMutation({ mutationFn: () => remove(path), onSuccess });
  const known = applications.data?.pages.flatMap((page) => page.rows) ?? [];
  return (
    <form onSubmit={(event) => { event.preventDefault(); save.mutate(); }}>
      <Stack>
        <NativeSelect label={t("field.application")} value={application} onChange={(event) => setApplication(event.currentTarget.value)}
          data={[{ value: "", label: t("list.none") }, ...known.map((one) => ({ value: text(one, "sid"), label: text(one, "friendly_name") }))]} />
        {application === "" && (
          <>
            <Answers legend={w("calls")} label={t("field.url")} targets={targets} value={voice} set={setVoice} />
            <Answers legend={w("messages")} label={w("messagesUrl")} targets={targets} value={messages} set={setMessages} />
            {!isPending && targets.length === 0 && <Text size="sm" c="dimmed">{w("flowsNone")}</Text>}
          </>
        )}
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

/** A flow by its name, or any URL. */
function Answers({ legend, label, targets, value, set }: { legend: string; label: string; targets: readonly Target[]; value: string; set: (value: string) => void }) {
  const w = useNumberWords();
  const chosen = targets.some(({ url }) => url === value) ? value : "";
  return (
    <Fieldset legend={legend}>
      <Stack gap="xs">
        {targets.length > 0 && (
          <NativeSelect aria-label={legend} value={chosen} onChange={(event) => set(event.currentTarget.value)}
            data={[{ value: "", label: w("url") }, ...targets.map(({ url, name, isTest }) => ({ value: url, label: w(isTest ? "test" : "flow", { name }) }))]} />
        )}
        {chosen === "" && <TextInput label={label} type="text" inputMode="url" value={value} onChange={(event) => set(event.currentTarget.value)} />}
      </Stack>
    </Fieldset>
  );
}
