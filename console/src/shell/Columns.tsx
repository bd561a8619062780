import { Button, Checkbox, Popover, Stack } from "@mantine/core";
import { useListWords } from "./words";

/** Which columns of a list are shown, by their places; one always is. */
export function Columns({ labels, hidden, change }: { labels: readonly string[]; hidden: readonly number[]; change: (hidden: number[]) => void }) {
  const w = useListWords();
  const isLast = (place: number) => labels.every((_, other) => other === place || hidden.includes(other));
  return (
    <Popover trapFocus position="top-start" withinPortal={false}>
      <Popover.Target><Button variant="default">{w("columns")}</Button></Popover.Target>
      <Popover.Dropdown aria-label={w("columns")}>
        <Stack gap="xs">
          {labels.map((label, place) => (
            <Checkbox key={place} label={label} checked={!hidden.includes(place)} disabled={isLast(place)}
              onChange={() => change(hidden.includes(place) ? hidden.filter((other) => other !== place) : [...hidden, place])} />
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
