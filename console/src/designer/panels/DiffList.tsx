import { List, Text } from "@mantine/core";
import { useWords } from "../words";

interface Named { added: string[]; removed: string[]; changed: string[]; settings: string[] }

/** What differs, by step. */
export function DiffList({ diff }: { diff: Named }) {
  const w = useWords();
  const rows = (["added", "removed", "changed", "settings"] as const).filter((kind) => diff[kind].length > 0);
  if (rows.length === 0) return <Text size="sm">{w("diff.none")}</Text>;
  return <List size="sm">{rows.map((kind) => <List.Item key={kind}>{w(`diff.${kind}`, { list: diff[kind].join(", ") })}</List.Item>)}</List>;
}
