import { Alert, Button, Group, List, NativeSelect, Stack, Text, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useI18n } from "../../i18n";
import type { Dialect, LineRemark } from "../api";
import { useActions } from "../state/actions";
import { useWords } from "../words";
import { finding } from "../words/findings";
import { Dialog } from "./Dialog";

/** Makes steps of a document; one that was pasted onto the canvas and refused stands here to be mended. */
export function PasteDialog({ text: pasted, error, onClose }: { text: string; error: string | null; onClose: () => void }) {
  const actions = useActions();
  const w = useWords();
  const [text, setText] = useState(pasted);
  const [dialect, setDialect] = useState<Dialect>("auto");
  const make = useMutation({ mutationFn: () => actions.convert(text, dialect) });
  const failed = make.error?.message ?? (make.isIdle ? error : null);
  return (
    <Dialog title={w("paste.xml")} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); make.mutate(); }}>
        <Stack gap="sm">
          <Text size="sm">{w("paste.about")}</Text>
          <Textarea data-autofocus label={w("paste.document")} required autosize minRows={8} maxRows={18} value={text} spellCheck={false} styles={{ input: { fontFamily: "monospace" } }}
            onChange={(event) => setText(event.currentTarget.value)} />
          <NativeSelect label={w("xml.dialect")} value={dialect} onChange={(event) => setDialect(event.currentTarget.value === "rcml" ? "rcml" : event.currentTarget.value === "twiml" ? "twiml" : "auto")}
            data={[{ value: "auto", label: w("paste.auto") }, { value: "rcml", label: "RCML" }, { value: "twiml", label: "TwiML" }]} />
          {failed && <Alert variant="outline" color="red">{w("failed", { text: failed })}</Alert>}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>{w("cancel")}</Button>
            <Button type="submit" loading={make.isPending}>{w("paste.do")}</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

/** What of a pasted document no step does. */
export function PasteReport({ report, onClose }: { report: LineRemark[]; onClose: () => void }) {
  const w = useWords();
  const { language } = useI18n();
  return (
    <Dialog title={w("paste.report")} onClose={onClose}>
      <List size="sm" spacing={4}>
        {report.map(({ line, text }, at) => <List.Item key={at}><Text span fw={600} size="sm">{w("paste.line", { line })}</Text>{`: ${finding(text, language)}`}</List.Item>)}
      </List>
      <Group justify="flex-end" mt="md"><Button data-autofocus onClick={onClose}>{w("close")}</Button></Group>
    </Dialog>
  );
}
