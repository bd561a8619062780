import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { nativePath } from "../api/client";
import { type Row, text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { Status } from "../shell/show";
import { Sign } from "./Sign";
import { type DebitWord, useDebitWords } from "./words";

const becauses: Record<string, DebitWord> = { replaced: "because.replaced", payer: "because.payer", erased: "because.erased" };

/** By what an account lets its invoices be collected: mandates that were given, giving one, and taking it back in two clicks. */
export function Mandates({ account }: { account: string }) {
  const { t } = useI18n();
  const w = useDebitWords();
  const f = useFormats();
  const { home } = useSession();
  // Nobody else gives a mandate in the customer's name.
  const may = useMay().develop && home === null;
  const base = `${nativePath(account)}/Customer/Mandates`;
  const mandates = useRows(`${base}.json`, "mandates");
  const [revoking, setRevoking] = useState<Row | null>(null);
  const revoke = useChange(() => setRevoking(null));
  const inForce = mandates.data?.some((row) => text(row, "status") === "signed") ?? false;
  const why = (row: Row) => {
    const reason = text(row, "revoked_because");
    const known = becauses[reason];
    return reason && (known ? w(known) : w("because.bank", { reason }));
  };
  return (
    <Stack>
      <Rows query={mandates} title={w("mandates")} empty={w(may ? "mandates.empty" : "mandates.none")} columns={[
        { label: w("reference"), show: (row) => <Text size="xs" ff="monospace" style={{ overflowWrap: "anywhere" }}>{text(row, "reference")}</Text> },
        { label: w("account"), show: (row) => <>{text(row, "iban")}<Text size="xs" c="dimmed">{text(row, "debtor_name")}</Text></> },
        { label: w("signed"), show: (row) => <>{f.moment(text(row, "date_signed"))}<Text size="xs" c={row["genuine"] === true ? "dimmed" : "red"}>{w(row["genuine"] === true ? "genuine" : "genuine.not")}</Text></> },
        { label: w("lasts"), show: (row) => (text(row, "last_collected_on") ? f.day(text(row, "last_collected_on")) : w("never", { date: f.day(text(row, "expires_on")) })) },
        { label: t("field.status"), show: (row) => <><Status row={row} /><Text size="xs" c="dimmed">{why(row)}</Text></> },
        ...(may ? [{ label: t("field.action"), show: (row: Row) => text(row, "status") === "signed" && <Button size="xs" variant="outline" color="red" aria-label={w("revoke", { reference: text(row, "reference") })} onClick={() => { revoke.reset(); setRevoking(row); }}>{w("revoke.short")}</Button> }] : []),
      ]} />
      {may ? <Sign base={base} replaces={inForce} /> : <Text c="dimmed">{w("theirs")}</Text>}
      <Modal opened={revoking !== null} onClose={() => setRevoking(null)} title={w("revoke.do")} closeButtonProps={{ "aria-label": w("leave") }}>
        <Stack>
          <Alert variant="outline">{w("revoke.sure")}</Alert>
          <Fault error={revoke.error} />
          <Group>
            <Button color="red" loading={revoke.isPending} onClick={() => { if (revoking) revoke.mutate({ path: `${base}/${text(revoking, "sid")}.json` }); }}>{w("revoke.do")}</Button>
            <Button variant="default" onClick={() => setRevoking(null)}>{w("leave")}</Button>
          </Group>
        </Stack>
      </Modal>
    </Stack>
  );
}
