import { Button, Checkbox, Modal, Text } from "@mantine/core";
import { useState } from "react";
import { type Row, text, useList } from "../api/lists";
import { useMay } from "../api/session";
import { useI18n } from "../i18n";
import { Answering } from "../numbers/Answering";
import { Binding } from "../numbers/Binding";
import { Keywords } from "../numbers/Keywords";
import { Market } from "../numbers/Market";
import { Several } from "../numbers/Several";
import { useNumberWords } from "../numbers/words";
import { ListPage } from "../shell/ListPage";

/** The numbers of the account: what answers there, and further ones on offer. */
export default function Numbers() {
  const { t } = useI18n();
  const w = useNumberWords();
  const { provision } = useMay();
  const [bound, setBound] = useState<Row | null>(null);
  const [chosen, setChosen] = useState<readonly Row[]>([]);
  const isChosen = (row: Row) => chosen.some((each) => text(each, "sid") === text(row, "sid"));
  const choose = (row: Row) => setChosen(isChosen(row) ? chosen.filter((each) => text(each, "sid") !== text(row, "sid")) : [...chosen, row]);
  const applications = useList("Applications", "applications", {}).data?.pages.flatMap((page) => page.rows) ?? [];
  const answers = (side: "voice" | "sms") => (row: Row) => {
    const application = text(row, `${side}_application_sid`);
    if (application) return w("application", { name: text(applications.find((each) => text(each, "sid") === application), "friendly_name") || application });
    return <Answering url={text(row, `${side}_url`)} />;
  };
  return (
    <>
      <ListPage title={t("nav.numbers")} resource="IncomingPhoneNumbers" member="incoming_phone_numbers" empty={t("numbers.empty")} above={provision && <><Market /><Several chosen={chosen} choose={setChosen} /></>}
        file={["sid", "phone_number", "friendly_name", "voice_url", "voice_application_sid", "sms_url", "sms_application_sid", "date_created"]}
        columns={[
          ...(provision ? [{ label: w("choose"), show: (row: Row) => <Checkbox aria-label={w("choose.one", { number: text(row, "phone_number") })} checked={isChosen(row)} onChange={() => choose(row)} /> }] : []),
          { label: t("field.number"), show: (row) => <>{text(row, "phone_number")}{text(row, "friendly_name") !== text(row, "phone_number") && <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>{text(row, "friendly_name")}</Text>}</> },
          { label: w("calls"), show: answers("voice") },
          { label: w("messages"), show: answers("sms") },
          ...(provision ? [{ label: t("field.action"), show: (row: Row) => <Button size="xs" variant="default" onClick={() => setBound(row)}>{t("numbers.bind", { number: text(row, "phone_number") })}</Button> }] : []),
        ]} />
      <Keywords />
      <Modal opened={bound !== null} onClose={() => setBound(null)} title={t("numbers.bind", { number: text(bound ?? undefined, "phone_number") })} closeButtonProps={{ "aria-label": t("form.cancel") }}>
        {bound && <Binding row={bound} done={() => setBound(null)} />}
      </Modal>
    </>
  );
}
