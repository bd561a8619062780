import { Alert, Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { get, postJson } from "../api/client";
import { type Row, rows, text } from "../api/lists";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { When } from "../shell/show";
import { add, NoPasskey, possible } from "./browser";
import { usePasskeyWords } from "./words";

const API = "/console/api/passkeys";

/** The person's passkeys: added by this browser, listed, removed. */
export function Passkeys() {
  const { t } = useI18n();
  const w = usePasskeyWords();
  const queries = useQueryClient();
  const list = useQuery({ queryKey: ["passkeys"], queryFn: async () => rows(await get(API)) });
  const [leaving, setLeaving] = useState<Row | null>(null);
  const again = () => Promise.all([queries.invalidateQueries({ queryKey: ["passkeys"] }), queries.invalidateQueries({ queryKey: ["sessions"] })]);
  return (
    <Stack>
      <Text maw={720}>{w("about")}</Text>
      {possible() ? <Add done={again} /> : <Text c="dimmed" maw={720}>{w("impossible")}</Text>}
      <Rows query={list} title={w("list")} empty={w("none")} columns={[
        { label: t("field.name"), show: (row) => text(row, "name") },
        { label: w("where"), show: (row) => w(row["synced"] === true ? "synced" : "bound") },
        { label: t("field.date"), show: (row) => <When value={text(row, "created_at")} /> },
        { label: w("used"), show: (row) => (text(row, "used_at") ? <When value={text(row, "used_at")} /> : w("never")) },
        { label: t("field.action"), show: (row) => <Button size="xs" variant="outline" color="red" onClick={() => setLeaving(row)}>{w("remove", { name: text(row, "name") })}</Button> },
      ]} />
      <Modal opened={leaving !== null} onClose={() => setLeaving(null)} title={w("remove", { name: text(leaving ?? undefined, "name") })} closeButtonProps={{ "aria-label": w("keep") }}>
        {leaving && <Remove row={leaving} done={() => { setLeaving(null); void again(); }} keep={() => setLeaving(null)} />}
      </Modal>
    </Stack>
  );
}

function Add({ done }: { done: () => Promise<unknown> }) {
  const { t } = useI18n();
  const w = usePasskeyWords();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const make = useMutation({ mutationFn: () => add(password, name), onSuccess: () => { setName(""); setPassword(""); return done(); } });
  const said = make.error instanceof NoPasskey ? new Error(w("nothing")) : make.error instanceof DOMException && make.error.name === "InvalidStateError" ? new Error(w("there")) : make.error;
  return (
    <form onSubmit={(event) => { event.preventDefault(); make.mutate(); }}>
      <Stack maw={420}>
        <TextInput label={w("name")} description={w("name.about")} required maxLength={64} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <PasswordInput label={t("field.old")} required autoComplete="current-password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} visibilityToggleButtonProps={{ "aria-label": t("field.show") }} />
        <Fault error={said} />
        {make.isSuccess && <Alert role="status" variant="outline">{w("added")}</Alert>}
        <Group><Button type="submit" loading={make.isPending}>{w("add")}</Button></Group>
      </Stack>
    </form>
  );
}

function Remove({ row, done, keep }: { row: Row; done: () => void; keep: () => void }) {
  const { t } = useI18n();
  const w = usePasskeyWords();
  const [password, setPassword] = useState("");
  const remove = useMutation({ mutationFn: () => postJson(`${API}/${text(row, "id")}/remove`, { password }), onSuccess: done });
  return (
    <form onSubmit={(event) => { event.preventDefault(); remove.mutate(); }}>
      <Stack>
        <Text>{w("remove.about")}</Text>
        <PasswordInput label={t("field.old")} required autoComplete="current-password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} visibilityToggleButtonProps={{ "aria-label": t("field.show") }} />
        <Fault error={remove.error} />
        <Group><Button type="submit" color="red.9" loading={remove.isPending}>{w("remove.do")}</Button><Button variant="default" onClick={keep}>{w("keep")}</Button></Group>
      </Stack>
    </form>
  );
}
