import { Button, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconNote } from "@tabler/icons-react";
import { memo, useState } from "react";
import { iconOf } from "../canvas/icons";
import { isTrigger } from "../model/document";
import { useActions } from "../state/actions";
import { useDesigner, useEdited } from "../state/context";
import { useWords } from "../words";

/** Every kind of node, by family. A button adds one behind the selected step, so no mouse is needed. */
export const Palette = memo(function Palette() {
  const { schema } = useDesigner();
  const actions = useActions();
  const w = useWords();
  const [wanted, setWanted] = useState("");
  // Only its triggers bear on the palette, which is long: it is not drawn for every change.
  const present = useEdited(({ flow }) => flow.nodes.filter((node) => isTrigger(node.type)).map((node) => node.type).sort().join(" ")).split(" ");
  const fits = (type: string) => `${w.term("kind", type)} ${type}`.toLowerCase().includes(wanted.trim().toLowerCase());
  const families = new Map<string, string[]>();
  for (const [type, { family }] of schema.kinds) {
    if (fits(type)) families.set(family, [...(families.get(family) ?? []), type]);
  }
  return (
    <nav className="designer-side" aria-label={w("palette")}>
      <Stack gap="xs">
        <TextInput size="xs" label={w("palette.search")} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)}
          onKeyDown={(event) => {
            const [first] = [...families.values()].flat();
            if (event.key === "Enter" && first) actions.add(first);
          }} />
        <Text size="xs">{w("palette.hint")}</Text>
        {[...families].map(([family, types]) => (
          <section key={family} aria-label={w.term("family", family)}>
            <Title order={2} size="h6" mb={4}>{w.term("family", family)}</Title>
            <div className="palette-list">
              {types.map((type) => {
                const Icon = iconOf(type);
                return (
                  <Button key={type} size="xs" variant="subtle" color="gray" justify="flex-start" c="var(--mantine-color-text)" leftSection={<Icon size={16} aria-hidden />} data-kind={type}
                    disabled={present.includes(type)} draggable onDragStart={(event) => event.dataTransfer.setData("text/x-flexio-kind", type)}
                    onClick={() => actions.add(type)}>
                    {w.term("kind", type)}
                  </Button>
                );
              })}
            </div>
          </section>
        ))}
        <Button size="xs" variant="default" leftSection={<IconNote size={16} aria-hidden />} onClick={() => actions.note()}>{w("note.add")}</Button>
      </Stack>
    </nav>
  );
});
