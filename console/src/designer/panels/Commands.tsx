import { ScrollArea, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useMemo, useState } from "react";
import { AXES, SIDES } from "../model/arrange";
import { titleOf } from "../model/document";
import { useActions } from "../state/actions";
import { useDesigner, useFlow } from "../state/context";
import { useWords } from "../words";
import { Dialog } from "./Dialog";

export interface Command { id: string; label: string; run: () => void }
/** Rows shown at once. */
const ROWS_MAX = 40;

/** Finds any step and any command by typing. */
export function Commands({ extra, onClose }: { extra: Command[]; onClose: () => void }) {
  const { schema, show } = useDesigner();
  const flow = useFlow();
  const actions = useActions();
  const w = useWords();
  const [wanted, setWanted] = useState("");
  const [at, setAt] = useState(0);
  const all = useMemo((): Command[] => [
    ...extra,
    { id: "undo", label: w("undo"), run: actions.undo }, { id: "redo", label: w("redo"), run: actions.redo },
    { id: "tidy", label: w("tidy"), run: () => void actions.tidy() }, { id: "note", label: w("note.add"), run: () => actions.note() },
    { id: "group", label: w("group.add"), run: actions.group }, { id: "copy", label: w("copy"), run: actions.copy },
    { id: "paste", label: w("paste"), run: actions.paste }, { id: "duplicate", label: w("duplicate"), run: actions.duplicate },
    { id: "all", label: w("selectAll"), run: actions.selectAll },
    ...SIDES.map((side) => ({ id: `align:${side}`, label: w(`arrange.${side}`), run: () => actions.align(side) })),
    ...AXES.map((axis) => ({ id: `distribute:${axis}`, label: w(`arrange.${axis}`), run: () => actions.distribute(axis) })),
    ...flow.nodes.map((node) => ({ id: `go:${node.id}`, label: w("goTo", { name: titleOf(node) === node.id ? node.id : `${titleOf(node)} (${node.id})` }), run: () => show(node.id) })),
    ...[...schema.kinds.keys()].map((type) => ({ id: `add:${type}`, label: w("addEntry", { name: w.term("kind", type) }), run: () => actions.add(type) })),
  ], [extra, actions, flow.nodes, schema.kinds, show, w]);
  const parts = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all.filter(({ label, id }) => parts.every((part) => `${label} ${id}`.toLowerCase().includes(part))).slice(0, ROWS_MAX);
  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    command.run();
  };
  return (
    <Dialog title={w("commands")} onClose={onClose}>
      <TextInput data-autofocus autoFocus label={w("commandsHint")} value={wanted} role="combobox" aria-expanded aria-controls="commands" aria-activedescendant={found[at] ? `command-${at}` : undefined}
        onChange={(event) => { setWanted(event.currentTarget.value); setAt(0); }}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (step) {
            event.preventDefault();
            setAt(Math.max(0, Math.min(found.length - 1, at + step)));
          }
          if (event.key === "Enter") {
            event.preventDefault();
            run(found[at]);
          }
        }} />
      {found.length === 0 && <Text mt="sm">{w("noMatch")}</Text>}
      <ScrollArea.Autosize mah={360} mt="sm">
        <div id="commands" role="listbox" aria-label={w("commands")}>
          {found.map((command, index) => (
            <UnstyledButton key={command.id} id={`command-${index}`} role="option" aria-selected={index === at} tabIndex={-1} onClick={() => run(command)}
              display="block" w="100%" p={8} style={{ borderRadius: 6, outline: index === at ? "2px solid var(--mantine-primary-color-filled)" : "none", outlineOffset: -2 }}>{command.label}</UnstyledButton>
          ))}
        </div>
      </ScrollArea.Autosize>
    </Dialog>
  );
}
