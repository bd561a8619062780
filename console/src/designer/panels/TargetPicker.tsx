import { Select } from "@mantine/core";
import { useState } from "react";
import { isTrigger, nodeOf, titleOf } from "../model/document";
import { useDesigner, useEdited } from "../state/context";
import { useWords } from "../words";

/** Options drawn at once; typing finds the rest. */
const OPTIONS_MAX = 50;

/** Chooses a step of the flow. The options are made when they are asked for: a step may have ten outcomes, a flow 2 000 steps. */
export function TargetPicker({ label, placeholder, value, onChange }: { label: string; placeholder?: string; value: string | null; onChange: (id: string | null) => void }) {
  const { store } = useDesigner();
  const w = useWords();
  const [isOpen, setOpen] = useState(false);
  const chosen = useEdited(({ flow }) => nodeOf(flow, value));
  const shown = isOpen ? store.getState().flow.nodes.filter((node) => !isTrigger(node.type)) : chosen ? [chosen] : [];
  const data = shown.map((node) => ({ value: node.id, label: titleOf(node) === node.id ? node.id : `${titleOf(node)} (${node.id})` }));
  return (
    <Select size="xs" searchable clearable limit={OPTIONS_MAX} label={label} data={data} value={value} nothingFoundMessage={w("noMatch")} onChange={onChange}
      clearButtonProps={{ "aria-label": `${w("remove")}: ${label}` }} onDropdownOpen={() => setOpen(true)} onDropdownClose={() => setOpen(false)} {...(placeholder ? { placeholder } : {})} />
  );
}
