import { Fieldset, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { text, useList } from "../api/lists";
import { useI18n } from "../i18n";
import { type Target, useTargets } from "./flows";
import { useNumberWords } from "./words";

/** What answers at a number: an application, or a flow or a URL for calls and one for messages. */
export interface Bound { voice: string; messages: string; application: string }

/** As the API takes it. */
export const boundForm = ({ voice, messages, application }: Bound) => ({ VoiceUrl: voice, SmsUrl: messages, VoiceApplicationSid: application, SmsApplicationSid: application });

export function Fields({ value, set }: { value: Bound; set: (value: Bound) => void }) {
  const { t } = useI18n();
  const w = useNumberWords();
  const applications = useList("Applications", "applications", {});
  const { targets, isPending } = useTargets();
  const known = applications.data?.pages.flatMap((page) => page.rows) ?? [];
  return (
    <>
      <NativeSelect label={t("field.application")} value={value.application} onChange={(event) => set({ ...value, application: event.currentTarget.value })}
        data={[{ value: "", label: t("list.none") }, ...known.map((one) => ({ value: text(one, "sid"), label: text(one, "friendly_name") }))]} />
      {value.application === "" && (
        <>
          <Answers legend={w("calls")} label={t("field.url")} targets={targets} value={value.voice} set={(voice) => set({ ...value, voice })} />
          <Answers legend={w("messages")} label={w("messagesUrl")} targets={targets} value={value.messages} set={(messages) => set({ ...value, messages })} />
          {!isPending && targets.length === 0 && <Text size="sm" c="dimmed">{w("flowsNone")}</Text>}
        </>
      )}
    </>
  );
}

/** A flow by its name, or any URL. */
export function Answers({ legend, label, targets, value, set }: { legend: string; label: string; targets: readonly Target[]; value: string; set: (value: string) => void }) {
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
