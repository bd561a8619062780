import { Alert, Text } from "@mantine/core";
import { type Row, text } from "../api/lists";
import { useI18n } from "../i18n";
import { spoken } from "../i18n/words";
import type { Findings } from "./findings";
import { useTrunkWords } from "./words";

/** What is wrong with something in the language of whoever reads, and the particulars as the platform says them. */
export function Finding({ finding, words, of }: { finding: Row; words: Findings; of?: string }) {
  const { language } = useI18n();
  const w = useTrunkWords();
  const known = words[text(finding, "kind")];
  const means = known ? spoken(known.means, language) : text(finding, "kind");
  const cure = known && language !== "en" ? spoken(known.cure, language) : text(finding, "cure");
  return (
    <Alert variant="outline" color="red" role="status" title={of ? `${of}: ${means}` : means}>
      <Text size="sm" lang="en">{text(finding, "what")}</Text>
      <Text size="sm">{w("cure", { cure })}</Text>
    </Alert>
  );
}
