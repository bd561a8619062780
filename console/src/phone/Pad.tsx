import { Button, SimpleGrid } from "@mantine/core";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

/** Twelve keys; while they have the focus, the keyboard's own digits do the same. */
export function Pad({ label, press }: { label: string; press: (key: string) => void }) {
  return (
    <SimpleGrid cols={3} spacing={6} verticalSpacing={6} role="group" aria-label={label} onKeyDown={(event) => { if (KEYS.includes(event.key)) press(event.key); }}>
      {KEYS.map((key) => <Button key={key} variant="default" size="sm" px={0} onClick={() => press(key)}>{key}</Button>)}
    </SimpleGrid>
  );
}
