import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { accountPath, post, remove } from "../api/client";
import { type Row, text } from "../api/lists";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { boundForm, Fields } from "./Fields";

/** What a number does, and giving it back. */
export function Binding({ row, done }: { row: Row; done: () => void }) {
  const { t } = useI18n();
  const { account_sid } = useSession();
  const queries = useQueryClient();
  const [bound, setBound] = useState({ voice: text(row, "voice_url"), messages: text(row, "sms_url"), application: text(row, "voice_application_sid") });
  const [sure, setSure] = useState(false);
  const path = `${accountPath(account_sid)}/IncomingPhoneNumbers/${text(row, "sid")}.json`;
  const onSuccess = async () => { await queries.invalidateQueries({ queryKey: ["list", "IncomingPhoneNumbers"] }); done(); };
  const save = useMutation({ mutationFn: () => post(path, boundForm(bound)), onSuccess });
  const release = useMutation({ mutationFn: () => remove(path), onSuccess });
  return (
    <form onSubmit={(event) => { event.preventDefault(); save.mutate(); }}>
      <Stack>
        <Fields value={bound} set={setBound} />
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
