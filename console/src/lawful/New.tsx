import { Button, NativeSelect, Paper, SimpleGrid, Stack, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { useChange } from "../api/rows";
import { Fault } from "../shell/Fault";
import { useLawfulWords } from "./words";

const EMPTY = { authority: "", reference: "", basis: "", received: "", value: "", at: "", other: "" };
type Draft = typeof EMPTY;
const SUBJECTS = ["number", "call", "message"] as const;
type Subject = (typeof SUBJECTS)[number];

/** An instant out of a field that knows the clock of whoever fills it in. */
const instant = (local: string): string => new Date(local).toISOString();

/** Writes down what an authority asks. */
export function New({ base }: { base: string }) {
  const w = useLawfulWords();
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [subject, setSubject] = useState<Subject>("number");
  const open = useChange(() => setDraft(EMPTY));
  const field = (name: keyof Draft) => ({ value: draft[name], onChange: (event: { currentTarget: HTMLInputElement }) => {
    const { value } = event.currentTarget;
    setDraft((before) => ({ ...before, [name]: value }));
  } });
  const asked = (): Record<string, string> => {
    if (subject === "call") return { CallSid: draft.value.trim() };
    if (subject === "message") return { MessageSid: draft.value.trim() };
    return { Number: draft.value.trim(), At: instant(draft.at), ...(draft.other && { Other: draft.other.trim() }) };
  };
  return (
    <Paper withBorder p="md" component="section">
      <Title order={2} size="h3" mb="sm">{w("new")}</Title>
      <form onSubmit={(event) => {
        event.preventDefault();
        open.mutate({ path: `${base}.json`, form: { Authority: draft.authority, Reference: draft.reference, Basis: draft.basis, ...asked(), ...(draft.received && { Received: instant(draft.received) }) } });
      }}>
        <Stack>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <TextInput label={w("authority")} required maxLength={128} {...field("authority")} />
            <TextInput label={w("reference")} required maxLength={64} {...field("reference")} />
            <TextInput label={w("basis")} required maxLength={200} {...field("basis")} />
            <TextInput type="datetime-local" label={w("received")} description={w("received.about")} inputWrapperOrder={["label", "input", "description"]} {...field("received")} />
            <NativeSelect label={w("subject")} value={subject} data={SUBJECTS.map((value) => ({ value, label: w(value) }))} onChange={(event) => setSubject(SUBJECTS.find((each) => each === event.currentTarget.value) ?? "number")} />
            <TextInput label={w(`${subject}.value`)} required {...field("value")} />
            {subject === "number" && <TextInput type="datetime-local" step={1} label={w("number.at")} required {...field("at")} />}
            {subject === "number" && <TextInput label={w("number.other")} {...field("other")} />}
          </SimpleGrid>
          <Fault error={open.error} />
          <div><Button type="submit" loading={open.isPending}>{w("open")}</Button></div>
        </Stack>
      </form>
    </Paper>
  );
}
