import { Alert, Button, Group, PasswordInput, Stack, Table, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { get, postJson, remove } from "../api/client";
import { rows, text } from "../api/lists";
import { useI18n } from "../i18n";
import { Passkeys } from "../passkeys/Passkeys";
import { usePasskeyWords } from "../passkeys/words";
import { Fault } from "../shell/Fault";
import { When } from "../shell/show";
import { SecondFactor } from "./SecondFactor";

/** The person's own password, second factor, passkeys and sessions. */
export default function Profile() {
  const { t } = useI18n();
  const p = usePasskeyWords();
  const queries = useQueryClient();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const sessions = useQuery({ queryKey: ["sessions"], queryFn: async () => rows(await get("/console/api/sessions")) });
  const onSuccess = () => queries.invalidateQueries({ queryKey: ["sessions"] });
  const change = useMutation({ mutationFn: () => postJson("/console/api/password", { old, new: next }), onSuccess: () => { setOld(""); setNext(""); return onSuccess(); } });
  const end = useMutation({ mutationFn: (sid: string) => remove(`/console/api/sessions/${sid}`), onSuccess });
  const toggle = { "aria-label": t("field.show") };
  return (
    <Stack>
      <Title order={1}>{t("nav.profile")}</Title>
      <form onSubmit={(event) => { event.preventDefault(); change.mutate(); }}>
        <Stack maw={420}>
          <PasswordInput label={t("field.old")} required autoComplete="current-password" value={old} onChange={(event) => setOld(event.currentTarget.value)} visibilityToggleButtonProps={toggle} />
          <PasswordInput label={t("field.new")} description={t("welcome.rule")} required minLength={12} autoComplete="new-password" value={next} onChange={(event) => setNext(event.currentTarget.value)} visibilityToggleButtonProps={toggle} />
          <Fault error={change.error} />
          {change.isSuccess && <Alert role="status" variant="outline">{t("profile.changed")}</Alert>}
          <Group><Button type="submit" loading={change.isPending}>{t("profile.change")}</Button></Group>
        </Stack>
      </form>
      <section aria-label={t("factor.title")}><Title order={2} size="h3" mb="sm">{t("factor.title")}</Title><SecondFactor /></section>
      <section aria-label={p("title")}><Title order={2} size="h3" mb="sm">{p("title")}</Title><Passkeys /></section>
      <Title order={2} size="h3">{t("profile.sessions")}</Title>
      <Fault error={sessions.error ?? end.error} />
      <Table>
        <Table.Thead><Table.Tr><Table.Th>{t("field.device")}</Table.Th><Table.Th>{t("field.date")}</Table.Th><Table.Th>{t("field.action")}</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {sessions.data?.map((session) => (
            <Table.Tr key={text(session, "sid")}>
              <Table.Td>{text(session, "device")}</Table.Td>
              <Table.Td><When value={text(session, "seen_at")} /></Table.Td>
              <Table.Td>{session["this"] === true ? t("profile.this") : <Button size="xs" variant="default" onClick={() => end.mutate(text(session, "sid"))}>{t("signOut.do")}</Button>}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  );
}
