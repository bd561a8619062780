import { Button, Fieldset, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { freeName, type JsonObject } from "../model/document";
import { useWords } from "../words";

/** Names and values. */
export function MapField({ label, description, value, onChange, onBlur }: { label: string; description: string; value: JsonObject; onChange: (value: JsonObject) => void; onBlur: () => void }) {
  const w = useWords();
  const entries = Object.entries(value);
  const put = (at: number, name: string, text: string) => onChange(Object.fromEntries(entries.map((entry, index) => (index === at ? [name, text] : entry))));
  return (
    <Fieldset legend={label} p="xs">
      <Stack gap="xs">
        <Text size="xs">{description}</Text>
        {entries.map(([name, text], at) => (
          <Group key={at} wrap="nowrap" gap="xs" align="flex-end">
            <TextInput size="xs" label={w("name")} value={name} onBlur={onBlur} onChange={(event) => put(at, event.currentTarget.value, String(text))} />
            <TextInput size="xs" label={w("value")} value={String(text)} onBlur={onBlur} onChange={(event) => put(at, name, event.currentTarget.value)} />
            <Button size="compact-xs" variant="default" aria-label={`${w("remove")}: ${name}`} onClick={() => { onChange(Object.fromEntries(entries.filter((_, index) => index !== at))); onBlur(); }}><IconTrash size={14} aria-hidden /></Button>
          </Group>
        ))}
        <Button size="compact-xs" variant="light" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => { onChange({ ...value, [freeName("name", new Set(Object.keys(value)))]: "" }); onBlur(); }}>
          {w("addEntry", { name: label })}
        </Button>
      </Stack>
    </Fieldset>
  );
}
