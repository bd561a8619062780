import { Alert, Button, Code, Group, Modal, NativeSelect, Stack, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { PeopleBelow } from "../accounts/People";
import { type Row, text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useLookAt, useSession } from "../api/session";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { Status, When } from "../shell/show";
import { Credit } from "../spending/Credit";

const all = "/2010-04-01/Accounts";

/** The account's own credit, and the accounts below it with theirs. */
export default function Accounts() {
  const { t } = useI18n();
  const { account_sid, home } = useSession();
  const lookAt = useLookAt();
  const navigate = useNavigate();
  const accounts = useRows(`${all}.json?PageSize=1000`, "accounts");
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<Row | null>(null);
  const create = useChange(() => setName(""));
  return (
    <Stack gap="xl">
      <Title order={1}>{t("nav.accounts")}</Title>
      <section><Title order={2} size="h3" mb="sm">{t("credit.own")}</Title><Credit account={account_sid} /></section>
      <section>
        <Title order={2} size="h3" mb="sm">{t("accounts.below")}</Title>
        <Stack>
          <form onSubmit={(event) => { event.preventDefault(); create.mutate({ path: `${all}.json`, form: { FriendlyName: name } }); }}>
            <Group align="end"><TextInput label={t("field.name")} required maxLength={64} value={name} onChange={(event) => setName(event.currentTarget.value)} /><Button type="submit" loading={create.isPending}>{t("create.do")}</Button></Group>
          </form>
          <Fault error={create.error} />
          <Rows query={accounts} only={(row) => text(row, "sid") !== account_sid && text(row, "sid") !== home?.sid} title={t("accounts.below")} empty={t("accounts.empty")} columns={[
            { label: t("field.name"), show: (row) => text(row, "friendly_name") },
            { label: "SID", show: (row) => <Code>{text(row, "sid")}</Code> },
            { label: t("field.status"), show: (row) => <Status row={row} /> },
            { label: t("field.date"), show: (row) => <When value={text(row, "date_created")} /> },
            { label: t("field.action"), show: (row) => (
              <Group gap="xs">
                <Button size="xs" variant="default" onClick={() => setChosen(row)}>{t("accounts.manage", { name: text(row, "friendly_name") })}</Button>
                <Button size="xs" variant="default" onClick={() => { lookAt({ sid: text(row, "sid"), name: text(row, "friendly_name") }); void navigate("/"); }}>{t("below.open", { name: text(row, "friendly_name") })}</Button>
              </Group>
            ) },
          ]} />
        </Stack>
      </section>
      <Modal opened={chosen !== null} onClose={() => setChosen(null)} size="lg" title={text(chosen ?? undefined, "friendly_name")} closeButtonProps={{ "aria-label": t("form.cancel") }}>
        {chosen && <Manage account={chosen} done={() => setChosen(null)} />}
      </Modal>
    </Stack>
  );
}

function Manage({ account, done }: { account: Row; done: () => void }) {
  const { t } = useI18n();
  const path = `${all}/${text(account, "sid")}`;
  const [mode, setMode] = useState("prepaid");
  const [limit, setLimit] = useState("0");
  const [amount, setAmount] = useState("");
  const [reference, setReference] = useState("");
  const [sure, setSure] = useState(false);
  const terms = useChange();
  const pay = useChange(() => { setAmount(""); setReference(""); });
  const status = useChange(done);
  const active = text(account, "status") === "active";
  return (
    <Stack>
      <Credit account={text(account, "sid")} />
      <Fault error={terms.error ?? pay.error ?? status.error} />
      <form onSubmit={(event) => { event.preventDefault(); terms.mutate({ path: `${path}/Credit.json`, form: { Mode: mode, Limit: mode === "prepaid" ? "0" : limit } }); }}>
        <Group align="end">
          <NativeSelect label={t("credit.mode")} value={mode} onChange={(event) => setMode(event.currentTarget.value)} data={[{ value: "prepaid", label: t("credit.prepaid") }, { value: "postpaid", label: t("credit.postpaid") }]} />
          {mode === "postpaid" && <TextInput label={t("credit.limit")} required inputMode="decimal" pattern="[0-9]+(\.[0-9]+)?" value={limit} onChange={(event) => setLimit(event.currentTarget.value)} />}
          <Button type="submit" variant="default" loading={terms.isPending}>{t("form.save")}</Button>
        </Group>
      </form>
      <form onSubmit={(event) => { event.preventDefault(); pay.mutate({ path: `${path}/Credit/Payments.json`, form: { Amount: amount, Reference: reference } }); }}>
        <Group align="end">
          <TextInput label={t("credit.amount")} required inputMode="decimal" pattern="-?[0-9]+(\.[0-9]+)?" value={amount} onChange={(event) => setAmount(event.currentTarget.value)} />
          <TextInput label={t("credit.reference")} required value={reference} onChange={(event) => setReference(event.currentTarget.value)} />
          <Button type="submit" variant="default" loading={pay.isPending}>{t("credit.pay")}</Button>
        </Group>
      </form>
      <Group>
        <Button variant="default" onClick={() => status.mutate({ path: `${path}.json`, form: { Status: active ? "suspended" : "active" } })}>{active ? t("accounts.suspend") : t("accounts.activate")}</Button>
        <Button variant="outline" color="red" onClick={() => setSure(true)}>{t("accounts.close")}</Button>
      </Group>
      <PeopleBelow account={text(account, "sid")} />
      {sure && <Alert variant="outline" color="red" role="alert">{t("accounts.closeSure")} <Button size="xs" color="red.9" onClick={() => status.mutate({ path: `${path}.json`, form: { Status: "closed" } })}>{t("accounts.close")}</Button></Alert>}
    </Stack>
  );
}
