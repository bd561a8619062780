import { Code } from "@mantine/core";

/** A value as it is, in a field that can be scrolled by keyboard. */
export const Json = ({ value, label }: { value: unknown; label: string }) => (
  <Code block tabIndex={0} role="region" aria-label={label} mah={400} style={{ overflow: "auto" }}>{JSON.stringify(value ?? null, null, 2)}</Code>
);
