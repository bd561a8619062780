import { Button, Checkbox, Group, NativeSelect, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { accountPath } from "../api/client";
import { type Row, text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { useRoomWords } from "./words";

/** The call-queue API acts for the account of whoever has signed in. */
const API = "/callqueue/provisioning";

/** Which numbers put calls into queues, and by which document. */
export function Bindings() {
  const { t } = useI18n();
  const w = useRoomWords();
  const { account_sid, home } = useSession();
  const { provision } = useMay();
  const numbers = useRows(`${accountPath(account_sid)}/IncomingPhoneNumbers.json?PageSize=1000`, "incoming_phone_numbers");
  const [number, setNumber] = useState("");
  const [url, setUrl] = useState("");
  const [method, setMethod] = useState("POST");
  const [replace, setReplace] = useState(false);
  const bind = useChange(() => { setUrl(""); setReplace(false); });
  const free = useChange();
  const rented = numbers.data?.map((row) => text(row, "phone_number")) ?? [];
  const chosen = number || (rented[0] ?? "");
  const canBind = provision && home === null;
  return (
    <section>
      <Title order={2} size="h3" mb="sm">{w("bind")}</Title>
      <Stack>
        <Text maw={760}>{w("bind.about")}</Text>
        {home !== null && <Text>{w("bind.below")}</Text>}
        {canBind && rented.length > 0 && (
          <Paper withBorder p="md">
            <form onSubmit={(event) => { event.preventDefault(); bind.mutate({ path: API, form: { phoneNumber: chosen, applicationUrl: url, applicationUrlMethod: method, override: String(replace) } }); }}>
              <Group align="end">
                <NativeSelect label={w("bind.number")} value={chosen} data={rented} onChange={(event) => setNumber(event.currentTarget.value)} />
                <TextInput label={w("bind.url")} type="url" required flex={1} miw={240} value={url} onChange={(event) => setUrl(event.currentTarget.value)} />
                <NativeSelect label={w("bind.method")} value={method} data={["POST", "GET"]} onChange={(event) => setMethod(event.currentTarget.value)} />
                <Button type="submit" loading={bind.isPending}>{w("bind.do")}</Button>
              </Group>
              <Checkbox mt="sm" label={w("bind.replace")} checked={replace} onChange={(event) => setReplace(event.currentTarget.checked)} />
            </form>
          </Paper>
        )}
        <Fault error={bind.error ?? free.error} />
        <Rows query={numbers} title={w("bind")} empty={w("bind.none")} only={(row) => text(row, "voice_url") !== ""} columns={[
          { label: w("bind.number"), show: (row) => text(row, "phone_number") },
          { label: w("bind.url"), show: (row) => <span style={{ overflowWrap: "anywhere" }}>{text(row, "voice_url")}</span> },
          { label: w("bind.method"), show: (row) => text(row, "voice_method") },
          ...(canBind ? [{ label: t("field.action"), show: (row: Row) => <Button size="xs" variant="outline" color="red" onClick={() => free.mutate({ path: `${API}/${encodeURIComponent(text(row, "phone_number"))}` })}>{w("bind.free", { name: text(row, "phone_number") })}</Button> }] : []),
        ]} />
      </Stack>
    </section>
  );
}
