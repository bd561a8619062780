import { Alert, Button, Code, Group, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { accountPath, isRecord, post, remove } from "../api/client";
import { type Row, text } from "../api/lists";
import { useMay, useSession } from "../api/session";
import { useI18n } from "../i18n";
import { Credentials } from "../keys/Credentials";
import { Fault } from "../shell/Fault";
import { ListPage } from "../shell/ListPage";
import { When } from "../shell/show";

export default function Keys() {
  const { t } = useI18n();
  const { account_sid } = useSession();
  const { develop } = useMay();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const base = `${accountPath(account_sid)}/Keys`;
  const onSuccess = () => queries.invalidateQueries({ queryKey: ["list", "Keys"] });
  const create = useMutation({ mutationFn: () => post(`${base}.json`, { FriendlyName: name }), onSuccess });
  const revoke = useMutation({ mutationFn: (sid: string) => remove(`${base}/${sid}.json`), onSuccess });
  const made = isRecord(create.data) ? create.data : undefined;
  return (
    <ListPage title={t("nav.keys")} resource="Keys" member="keys" empty={t("keys.empty")}
      above={<>
        <Credentials />
        {develop && <form onSubmit={(event) => { event.preventDefault(); create.mutate(); }}>
          <Group align="end"><TextInput label={t("field.name")} required maxLength={64} value={name} onChange={(event) => setName(event.currentTarget.value)} /><Button type="submit" loading={create.isPending}>{t("create.do")}</Button></Group>
          <Fault error={create.error ?? revoke.error} />
          {made && <Alert mt="md" variant="outline" role="status">{t("keys.secret")} <Code>{`${text(made, "sid")} ${text(made, "secret")}`}</Code></Alert>}
        </form>}
      </>}
      columns={[
        { label: t("field.name"), show: (row) => text(row, "friendly_name") },
        { label: "SID", show: (row) => <Code>{text(row, "sid")}</Code> },
        { label: t("field.date"), show: (row) => <When value={text(row, "date_created")} /> },
        ...(develop ? [{ label: t("field.action"), show: (row: Row) => <Button size="xs" variant="outline" color="red" onClick={() => revoke.mutate(text(row, "sid"))}>{t("people.remove", { name: text(row, "friendly_name") })}</Button> }] : []),
      ]} />
  );
}
