import { Alert, Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { useChange } from "../api/rows";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { useBillingWords } from "./words";

/** What nobody will pay is asked for no more, and stands again where somebody does. For whoever is above the customer. */
export function WriteOff({ path, isOpen }: { path: string; isOpen: boolean }) {
  const { t } = useI18n();
  const w = useBillingWords();
  const [opened, setOpened] = useState(false);
  const [reason, setReason] = useState("");
  const write = useChange(() => { setOpened(false); setReason(""); });
  const title = w(isOpen ? "off.begin" : "off.back");
  return (
    <Group>
      <Button variant="default" onClick={() => { write.reset(); setOpened(true); }}>{title}</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={title} closeButtonProps={{ "aria-label": t("form.cancel") }}>
        <form onSubmit={(event) => { event.preventDefault(); write.mutate({ path: `${path}/WriteOffs.json`, form: { Reason: reason, ...(!isOpen && { Back: "true" }) } }); }}>
          <Stack>
            <Alert variant="outline">{w(isOpen ? "off.about" : "off.backAbout")}</Alert>
            <TextInput label={w("reason")} required maxLength={200} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
            <Fault error={write.error} />
            <Group><Button type="submit" color="red.9" loading={write.isPending}>{w(isOpen ? "off.do" : "off.backDo")}</Button></Group>
          </Stack>
        </form>
      </Modal>
    </Group>
  );
}
