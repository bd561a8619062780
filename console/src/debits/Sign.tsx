import { Blockquote, Button, Checkbox, Group, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { isRecord, post } from "../api/client";
import { text } from "../api/lists";
import { useChange } from "../api/rows";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { useDebitWords } from "./words";

/** Giving a mandate: which account, then the sentence that is agreed to as it will be kept. */
export function Sign({ base, replaces }: { base: string; replaces: boolean }) {
  const w = useDebitWords();
  const { language } = useI18n();
  const [iban, setIban] = useState("");
  const [holder, setHolder] = useState("");
  const [agreed, setAgreed] = useState(false);
  const terms = { Iban: iban, Language: language, ...(holder && { DebtorName: holder }) };
  const show = useMutation({
    mutationFn: async () => {
      const said = await post(base.replace(/Mandates$/, "MandateStatement.json"), terms);
      return { statement: isRecord(said) ? text(said, "statement") : "", terms };
    },
  });
  const sign = useChange(() => { setIban(""); setHolder(""); setAgreed(false); show.reset(); });
  const shown = show.data;
  return (
    <Paper withBorder p="md" maw={760}>
      <Stack>
        <Title order={3} size="h4">{w(replaces ? "new.other" : "new")}</Title>
        {replaces && <Text size="sm">{w("new.replaces")}</Text>}
        {shown ? (
          <form onSubmit={(event) => { event.preventDefault(); sign.mutate({ path: `${base}.json`, form: { ...shown.terms, Accept: "true", Statement: shown.statement } }); }}>
            <Stack>
              <Blockquote p="md" style={{ overflowWrap: "anywhere" }}>{shown.statement}</Blockquote>
              <Checkbox label={w("agree")} required checked={agreed} onChange={(event) => setAgreed(event.currentTarget.checked)} />
              <Fault error={sign.error} />
              <Group><Button type="submit" disabled={!agreed} loading={sign.isPending}>{w("give")}</Button><Button variant="default" onClick={() => { setAgreed(false); sign.reset(); show.reset(); }}>{w("change")}</Button></Group>
            </Stack>
          </form>
        ) : (
          <form onSubmit={(event) => { event.preventDefault(); show.mutate(); }}>
            <Stack>
              <Group align="end" grow>
                <TextInput label={w("iban")} required maxLength={42} autoComplete="off" spellCheck={false} value={iban} onChange={(event) => setIban(event.currentTarget.value)} />
                <TextInput label={w("holder")} maxLength={70} value={holder} onChange={(event) => setHolder(event.currentTarget.value)} />
              </Group>
              <Fault error={show.error} />
              <Group><Button type="submit" loading={show.isPending}>{w("show")}</Button></Group>
            </Stack>
          </form>
        )}
      </Stack>
    </Paper>
  );
}
