import { Button, Group, Modal, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { nativePath } from "../api/client";
import { type Row, text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useMay, useSession } from "../api/session";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { Answering } from "./Answering";
import { Answers } from "./Fields";
import { useTargets } from "./flows";
import { useNumberWords } from "./words";

/** Words by which messages to the shared sender are the account's, and what gets them. The operator alone gives words away. */
export function Keywords() {
  const { t } = useI18n();
  const w = useNumberWords();
  const { account_sid, top } = useSession();
  const { develop } = useMay();
  const base = `${nativePath(account_sid)}/SMS/Keywords`;
  const keywords = useRows(`${base}.json?PageSize=1000`, "keywords");
  const [word, setWord] = useState("");
  const create = useChange(() => setWord(""));
  const end = useChange();
  const [bound, setBound] = useState<Row | null>(null);
  const path = (row: Row) => `${base}/${text(row, "sid")}.json`;
  const gives = top && develop;
  // Whoever has none and can have none without asking is told nothing of them.
  if (!gives && !keywords.data?.length) return null;
  return (
    <Stack component="section" gap="sm" mt="xl">
      <Title order={2} size="h3">{w("keywords")}</Title>
      <Text maw={720}>{w("keywords.about")}</Text>
      {gives && (
        <Paper withBorder p="md">
          <form onSubmit={(event) => { event.preventDefault(); create.mutate({ path: `${base}.json`, form: { Keyword: word } }); }}>
            <Group align="end">
              <TextInput label={w("keyword")} description={w("keyword.about")} required minLength={2} maxLength={20} autoComplete="off" value={word} onChange={(event) => setWord(event.currentTarget.value)} />
              <Button type="submit" loading={create.isPending}>{w("keyword.give")}</Button>
            </Group>
          </form>
        </Paper>
      )}
      <Fault error={create.error ?? end.error} />
      <Rows query={keywords} title={w("keywords")} empty={w("keywords.empty")} columns={[
        { label: w("keyword"), show: (row) => text(row, "keyword") },
        { label: w("messages"), show: (row) => <Answering url={text(row, "sms_url")} /> },
        ...(develop ? [{ label: t("field.action"), show: (row: Row) => (
          <Group gap="xs" wrap="nowrap">
            <Button size="xs" variant="default" onClick={() => setBound(row)}>{t("numbers.bind", { number: text(row, "keyword") })}</Button>
            <Button size="xs" variant="outline" color="red" onClick={() => end.mutate({ path: path(row) })}>{w("keyword.end", { keyword: text(row, "keyword") })}</Button>
          </Group>
        ) }] : []),
      ]} />
      <Modal opened={bound !== null} onClose={() => setBound(null)} title={t("numbers.bind", { number: text(bound ?? undefined, "keyword") })} closeButtonProps={{ "aria-label": t("form.cancel") }}>
        {bound && <Reader row={bound} path={path(bound)} done={() => setBound(null)} />}
      </Modal>
    </Stack>
  );
}

/** Who gets the messages of a word: a flow, a URL, or with nothing said whoever gets the account's other answers there. */
function Reader({ row, path, done }: { row: Row; path: string; done: () => void }) {
  const { t } = useI18n();
  const w = useNumberWords();
  const { targets } = useTargets();
  const [url, setUrl] = useState(text(row, "sms_url"));
  const save = useChange(done);
  return (
    <form onSubmit={(event) => { event.preventDefault(); save.mutate({ path, form: { SmsUrl: url } }); }}>
      <Stack>
        <Answers legend={w("messages")} label={w("messagesUrl")} targets={targets} value={url} set={setUrl} />
        <Text size="sm" c="dimmed">{w("keyword.default")}</Text>
        <Fault error={save.error} />
        <Group justify="flex-end"><Button type="submit" loading={save.isPending}>{t("form.save")}</Button></Group>
      </Stack>
    </form>
  );
}
