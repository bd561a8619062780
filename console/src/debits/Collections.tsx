import { Alert, Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { nativePath } from "../api/client";
import { type Row, text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { useCollectionColumns } from "./columns";
import { useDebitWords } from "./words";

/** What the account's bank was asked for; whoever looks from above notes what the bank refused. */
export function Collections({ account }: { account: string }) {
  const { t } = useI18n();
  const w = useDebitWords();
  const { home } = useSession();
  const may = useMay().develop && home !== null;
  const base = `${nativePath(account)}/Collections`;
  const collections = useRows(`${base}.json`, "collections");
  const columns = useCollectionColumns(false);
  const [refused, setRefused] = useState<Row | null>(null);
  const [reason, setReason] = useState("");
  const note = useChange(() => setRefused(null));
  const begin = (row: Row) => {
    note.reset();
    setReason("");
    setRefused(row);
  };
  return (
    <>
      <Rows query={collections} title={w("collections")} empty={w("collections.empty")} columns={[
        ...columns,
        ...(may ? [{ label: t("field.action"), show: (row: Row) => text(row, "status") === "requested" && <Button size="xs" variant="outline" color="red" aria-label={w("refused", { number: text(row, "invoice_number") })} onClick={() => begin(row)}>{w("refused.short")}</Button> }] : []),
      ]} />
      <Modal opened={refused !== null} onClose={() => setRefused(null)} title={w("refused", { number: refused ? text(refused, "invoice_number") : "" })} closeButtonProps={{ "aria-label": w("leave") }}>
        <form onSubmit={(event) => { event.preventDefault(); if (refused) note.mutate({ path: `${base}/${text(refused, "sid")}.json`, form: { Reason: reason } }); }}>
          <Stack>
            <Alert variant="outline">{w("refused.about")}</Alert>
            <TextInput label={w("refused.reason")} required maxLength={4} pattern="[A-Za-z0-9]{4}" value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
            <Fault error={note.error} />
            <Group><Button type="submit" color="red" loading={note.isPending}>{w("refused.do")}</Button><Button variant="default" onClick={() => setRefused(null)}>{w("leave")}</Button></Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
