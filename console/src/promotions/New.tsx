import { Button, Checkbox, Group, NativeSelect, Paper, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { isRecord } from "../api/client";
import { text } from "../api/lists";
import { useChange } from "../api/rows";
import { useI18n } from "../i18n";
import { spoken } from "../i18n/words";
import { Fault } from "../shell/Fault";
import { items } from "../shell/statuses";
import { EMPTY, type Field, form, KINDS, ofItems } from "./form";
import { usePromotionWords } from "./words";

/** The form that makes a promotion. */
export function New({ base }: { base: string }) {
  const w = usePromotionWords();
  const { language } = useI18n();
  const [draft, setDraft] = useState(EMPTY);
  const make = useChange(() => setDraft(EMPTY));
  const made = isRecord(make.data) ? text(make.data, "id") : "";
  const field = (name: Field) => ({ value: draft.fields[name] ?? "", onChange: (event: { currentTarget: HTMLInputElement }) => {
    const { value } = event.currentTarget;
    setDraft((before) => ({ ...before, fields: { ...before.fields, [name]: value } }));
  } });
  const services = ofItems(draft.kind);
  const isWhole = draft.who.length > 0 && (services !== "must" || draft.items.length > 0);
  return (
    <Paper withBorder p="md">
      <form onSubmit={(event) => { event.preventDefault(); if (isWhole) make.mutate({ path: `${base}.json`, form: form(draft) }); }}>
        <Stack>
          <Title order={2} size="h4">{w("new")}</Title>
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }}>
            <TextInput label={w("id")} description={w("id.about")} inputWrapperOrder={["label", "input", "description"]} required maxLength={32} pattern="[a-z0-9\-]+" {...field("id")} />
            <TextInput label={w("label")} required maxLength={60} {...field("label")} />
            <NativeSelect label={w("kind")} value={draft.kind} data={KINDS.map((value) => ({ value, label: w(value) }))} onChange={(event) => { const kind = KINDS.find((known) => known === event.currentTarget.value); if (kind) setDraft((before) => ({ ...before, kind })); }} />
            <TextInput label={w(`of.${draft.kind}`)} required inputMode="decimal" pattern={draft.kind === "free_units" ? "[0-9]+" : "[0-9]+(\\.[0-9]{1,6})?"} value={draft.figure} onChange={(event) => { const figure = event.currentTarget.value; setDraft((before) => ({ ...before, figure })); }} />
          </SimpleGrid>
          <details>
            <summary style={{ cursor: "pointer" }}>{w("languages")}</summary>
            <SimpleGrid cols={{ base: 1, sm: 3 }} mt="xs">{(["nl", "fr", "de"] as const).map((name) => <TextInput key={name} label={w("label.in", { language: w(name) })} maxLength={60} {...field(name)} />)}</SimpleGrid>
          </details>
          {services !== "no" && (
            <Checkbox.Group label={w("items")} description={w(services === "must" ? "items.some" : "items.all")} value={draft.items} onChange={(value) => setDraft((before) => ({ ...before, items: value }))}>
              <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} mt="xs">{Object.entries(items).map(([item, name]) => <Checkbox key={item} value={item} label={spoken(name, language)} />)}</SimpleGrid>
            </Checkbox.Group>
          )}
          <Checkbox.Group label={w("who")} value={draft.who} onChange={(value) => setDraft((before) => ({ ...before, who: value }))}>
            <Stack gap="xs" mt="xs"><Checkbox value="new" label={w("new.customers")} /><Checkbox value="existing" label={w("existing")} /></Stack>
          </Checkbox.Group>
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }}>
            <TextInput label={w("code")} maxLength={32} pattern="[A-Za-z0-9\-]{4,32}" {...field("code")} />
            <TextInput type="date" label={w("starts")} description={w("starts.about")} inputWrapperOrder={["label", "input", "description"]} {...field("starts")} />
            <TextInput type="date" label={w("ends")} required={!draft.fields.months} {...field("ends")} />
            <TextInput label={w("months")} description={w("months.about")} inputWrapperOrder={["label", "input", "description"]} inputMode="numeric" pattern="[0-9]+" {...field("months")} />
            <TextInput label={w("cap")} inputMode="numeric" pattern="[0-9]+" {...field("cap")} />
            <TextInput label={w("budget")} inputMode="decimal" pattern="[0-9]+(\.[0-9]{1,2})?" {...field("budget")} />
            <TextInput label={w("group")} maxLength={32} {...field("group")} />
          </SimpleGrid>
          <Fault error={make.error} />
          <Group><Button type="submit" disabled={!isWhole} loading={make.isPending}>{w("make")}</Button>{made && <Text role="status">{w("made", { id: made })}</Text>}</Group>
        </Stack>
      </form>
    </Paper>
  );
}
