import { Anchor, Button, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { isRecord } from "../api/client";
import { type Row, text } from "../api/lists";
import { useChange, useRows } from "../api/rows";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { Fault } from "../shell/Fault";
import { Rows } from "../shell/Rows";
import { Status, When } from "../shell/show";
import { erasures as words } from "./kinds";
import { Preview } from "./Preview";
import { useDataWords } from "./words";

/** How often erasures are looked at, in milliseconds. */
const LOOK_MS = 5_000;

/** Erasures and their certificates. `above`: whether all of the account may be erased by who looks. */
export function Erasures({ account, above }: { account: string; above: boolean }) {
  const { t, language } = useI18n();
  const w = useDataWords();
  const f = useFormats();
  const base = `${account}/Erasures`;
  const erasures = useRows(`${base}.json`, "erasures", LOOK_MS);
  const [number, setNumber] = useState("");
  const [shown, setShown] = useState<{ number: string; preview: Row } | null>(null);
  const look = useChange();
  const erase = useChange(() => { setShown(null); setNumber(""); });
  const form = (of: string): Record<string, string> => (of ? { Number: of } : {});
  const preview = (of: string) => {
    erase.reset();
    look.mutate({ path: `${base}/Preview.json`, form: form(of) }, { onSuccess: (answer) => setShown(isRecord(answer) ? { number: of, preview: answer } : null) });
  };
  return (
    <section>
      <Title order={2} size="h3" mb="sm">{w("erasure")}</Title>
      <Stack>
        <Text maw={760}>{w("erasure.about")}</Text>
        <form onSubmit={(event) => { event.preventDefault(); preview(number.trim()); }}>
          <Group align="end">
            <TextInput type="tel" label={w("number")} description={w("number.about")} required pattern="\+[0-9]{5,15}" value={number} onChange={(event) => setNumber(event.currentTarget.value)} />
            <Button type="submit" variant="default" loading={look.isPending}>{w("preview")}</Button>
            {above && <Button variant="default" onClick={() => preview("")}>{w("preview.all")}</Button>}
          </Group>
        </form>
        <Fault error={look.error} />
        {shown && <Preview number={shown.number} preview={shown.preview} error={erase.error} isPending={erase.isPending} onErase={() => erase.mutate({ path: `${base}.json`, form: form(shown.number) })} onLeave={() => setShown(null)} />}
        <Rows query={erasures} title={w("erasure.list")} empty={w("erasure.none")} columns={[
          { label: w("asked"), show: (row) => <When value={text(row, "date_created")} /> },
          { label: w("of"), show: (row) => (text(row, "of") === "number" ? w("of.number", { alias: text(row, "number_alias") }) : w("of.account")) },
          { label: t("field.status"), show: (row) => (
            <>
              <Status row={row} words={words} />
              {text(row, "status") !== "done" && <Text size="xs">{w("stages", { done: text(row, "stages_done"), all: text(row, "stages") })}</Text>}
              {Array.isArray(row["waited_for"]) && row["waited_for"].length > 0 && <Text size="xs">{w("waited", { names: row["waited_for"].join(", ") })}</Text>}
            </>
          ) },
          { label: w("certificate"), show: (row) => isRecord(row["certificate"]) && (
            <Group gap="md">
              {(["pdf", "html"] as const).map((kind) => (
                <Anchor key={kind} href={`${base}/${text(row, "sid")}.${kind}?Language=${language}`} download={`${text(row, "sid")}.${kind}`} underline="always" aria-label={w("certificate.of", { date: f.moment(text(row, "date_created")), kind: kind.toUpperCase() })}>{kind.toUpperCase()}</Anchor>
              ))}
            </Group>
          ) },
        ]} />
      </Stack>
    </section>
  );
}
