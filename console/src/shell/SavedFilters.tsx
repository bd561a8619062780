import { ActionIcon, Button, Group, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useState } from "react";
import type { View } from "../logs/useFilters";
import { type Saved, withSaved } from "./kept";
import { useListWords } from "./words";

/** Filters that somebody needs again, by name. */
export function SavedFilters({ view, saved, change }: { view: View; saved: readonly Saved[]; change: (saved: Saved[]) => void }) {
  const w = useListWords();
  const [name, setName] = useState<string | null>(null);
  if (saved.length === 0 && view.search === "") return null;
  return (
    <Group gap="xs" role="group" aria-label={w("saved")} align="end">
      {saved.map((each) => (
        <Button.Group key={each.name}>
          <Button size="xs" variant={each.search === view.search ? "filled" : "default"} aria-pressed={each.search === view.search} onClick={() => view.apply(each.search)}>{each.name}</Button>
          <ActionIcon size={30} variant="default" aria-label={w("forget", { name: each.name })} onClick={() => change(saved.filter((other) => other !== each))}><IconX size={14} aria-hidden /></ActionIcon>
        </Button.Group>
      ))}
      {view.search !== "" && name === null && <Button size="xs" variant="default" onClick={() => setName("")}>{w("save")}</Button>}
      {view.search !== "" && name !== null && (
        <form onSubmit={(event) => { event.preventDefault(); change(withSaved(saved, name.trim(), view.search)); setName(null); }}>
          <Group gap="xs" align="end"><TextInput size="xs" label={w("name")} required maxLength={40} pattern=".*\S.*" data-autofocus autoFocus value={name} onChange={(event) => setName(event.currentTarget.value)} /><Button size="xs" type="submit">{w("save.do")}</Button></Group>
        </form>
      )}
    </Group>
  );
}
