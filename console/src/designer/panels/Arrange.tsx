import { ActionIcon, Fieldset, Group, Tooltip } from "@mantine/core";
import { IconLayoutAlignBottom, IconLayoutAlignCenter, IconLayoutAlignLeft, IconLayoutAlignMiddle, IconLayoutAlignRight, IconLayoutAlignTop, IconLayoutDistributeHorizontal, IconLayoutDistributeVertical } from "@tabler/icons-react";
import { AXES, SIDES } from "../model/arrange";
import { useActions } from "../state/actions";
import { useEdited } from "../state/context";
import { useWords } from "../words";

const ICONS = {
  left: IconLayoutAlignLeft, center: IconLayoutAlignCenter, right: IconLayoutAlignRight, top: IconLayoutAlignTop, middle: IconLayoutAlignMiddle, bottom: IconLayoutAlignBottom,
  across: IconLayoutDistributeVertical, down: IconLayoutDistributeHorizontal,
};

/** Puts what is selected into line, or at equal distances. */
export function Arrange() {
  const actions = useActions();
  const count = useEdited(({ selected }) => selected.size);
  const w = useWords();
  const tool = (name: keyof typeof ICONS, act: () => void, disabled = false) => {
    const Icon = ICONS[name];
    const label = w(`arrange.${name}`);
    return <Tooltip key={name} label={label}><ActionIcon variant="default" aria-label={label} disabled={disabled} onClick={act}><Icon size={16} aria-hidden /></ActionIcon></Tooltip>;
  };
  return (
    <Fieldset legend={w("arrange")} p="xs">
      <Group gap={6}>
        {SIDES.map((side) => tool(side, () => actions.align(side)))}
        {AXES.map((axis) => tool(axis, () => actions.distribute(axis), count < 3))}
      </Group>
    </Fieldset>
  );
}
