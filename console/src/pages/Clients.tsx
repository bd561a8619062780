import { Button, Group, NativeSelect, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { type Row, text, useList } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { Address } from "../emergency/Address";
import { Mark } from "../emergency/Mark";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { When } from "../shell/show";

/** Phones and browsers that register with a login. */
export default function Clients() {
  const { t } = useI18n();
  const { account_sid } = useSession();
  const { provision } = useMay();
  const base = `/restcomm/2012-04-24/Accounts/${account_sid}/Clients`;
  const clients = useRows(`${base}.json`, "clients");
  const applications = useList("Applications", "applications", {}).data?.pages.flatMap((page) => page.rows) ?? [];
  const choices = [{ value: "", label: t("list.none") }, ...applications.map((row) => ({ value: text(row, "sid"), label: text(row, "friendly_name") || text(row, "sid") }))];
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const create = useChange(() => { setLogin(""); setPassword(""); });
  const change = useChange();
  return (
    <Stack>
      <Title order={1}>{t("nav.clients")}</Title>
      <Text maw={720}>{t("clients.about")}</Text>
      <Mark />
      {provision && <Paper withBorder p="md">
        <form onSubmit={(event) => { event.preventDefault(); create.mutate({ path: `${base}.json`, form: { Login: login, Password: password } }); }}>
          <Group align="end">
            <TextInput label={t("clients.login")} required maxLength={64} autoComplete="off" value={login} onChange={(event) => setLogin(event.currentTarget.value)} />
            <TextInput label={t("field.password")} required minLength={8} autoComplete="off" value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
            <Button variant="default" onClick={() => setPassword(drawn())}>{t("clients.draw")}</Button>
            <Button type="submit" loading={create.isPending}>{t("create.do")}</Button>
          </Group>
        </form>
      </Paper>}
      <Fault error={create.error ?? change.error} />
      <Rows query={clients} title={t("nav.clients")} empty={t("clients.empty")} columns={[
        { label: t("clients.login"), show: (row) => text(row, "login") },
        { label: t("field.status"), show: (row) => (text(row, "status") === "1" ? t("clients.enabled") : t("clients.disabled")) },
        { label: t("field.application"), show: (row) => <NativeSelect size="xs" disabled={!provision} aria-label={`${t("field.application")} ${text(row, "login")}`} value={text(row, "voice_application_sid")} data={choices} onChange={(event) => change.mutate({ path: `${base}/${text(row, "sid")}.json`, form: { VoiceApplicationSid: event.currentTarget.value } })} /> },
        { label: t("field.date"), show: (row) => <When value={text(row, "date_created")} /> },
        ...(provision ? [{ label: t("field.action"), show: (row: Row) => (
          <Group gap="xs" wrap="nowrap">
            <Button size="xs" variant="default" onClick={() => change.mutate({ path: `${base}/${text(row, "sid")}.json`, form: { Status: text(row, "status") === "1" ? "0" : "1" } })}>{text(row, "status") === "1" ? t("clients.disable", { name: text(row, "login") }) : t("clients.enable", { name: text(row, "login") })}</Button>
            <Button size="xs" variant="outline" color="red" onClick={() => change.mutate({ path: `${base}/${text(row, "sid")}.json` })}>{t("people.remove", { name: text(row, "login") })}</Button>
          </Group>
        ) }] : []),
      ]} />
      <Address />
    </Stack>
  );
}

/** A password with every kind of character, from the browser's own source of chance. */
function drawn(): string {
  const letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  const bytes = crypto.getRandomValues(new Uint32Array(20));
  return `${Array.from(bytes, (byte) => letters[byte % letters.length]).join("")}-aA7`;
}
