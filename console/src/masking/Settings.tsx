import { Button, Group, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { type Row, text } from "../api/lists";
import { useMaskWords } from "./words";

const SELECTIONS = ["avoid-sticky", "prefer-sticky"] as const;

/** The settings of an application, to be made or changed. */
export function Settings({ row, action, pending, submit }: { row?: Row; action: string; pending: boolean; submit: (form: Record<string, string>) => void }) {
  const w = useMaskWords();
  const [name, setName] = useState(text(row, "name"));
  const [minutes, setMinutes] = useState<string | number>(row ? Math.ceil(Number(text(row, "ttl")) / 60) : 120);
  const [digits, setDigits] = useState<string | number>(row ? text(row, "geoMatchLevel") : 2);
  const [selection, setSelection] = useState(text(row, "numberSelectionBehavior") || SELECTIONS[0]);
  const form = { name, ttl: String(Number(minutes) * 60), geoMatchLevel: String(digits), numberSelectionBehavior: selection };
  return (
    <form onSubmit={(event) => { event.preventDefault(); submit(form); }}>
      <Group align="end">
        <TextInput label={w("name")} required maxLength={64} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <NumberInput label={w("ttl")} description={w("ttl.about")} required min={0} max={500_000} allowDecimal={false} value={minutes} onChange={setMinutes} hideControls w={240} />
        <NumberInput label={w("geo")} description={w("geo.about")} required min={0} max={10} allowDecimal={false} value={digits} onChange={setDigits} hideControls w={260} />
        <NativeSelect label={w("selection")} value={selection} onChange={(event) => setSelection(event.currentTarget.value)} data={SELECTIONS.map((value) => ({ value, label: w(value) }))} />
        <Button type="submit" loading={pending}>{action}</Button>
      </Group>
    </form>
  );
}
