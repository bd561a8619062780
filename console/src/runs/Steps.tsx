import { Code, Paper, Stack, Text } from "@mantine/core";
import { isRecord } from "../api/client";
import { type Row, text } from "../api/lists";
import { useWords } from "../designer/words";
import { useFormats } from "../i18n/format";
import { Json } from "./Json";
import { took } from "./took";
import { useRunWords } from "./words";

/** The steps of an execution in order, each with what went in and out when it is opened. */
export function Steps({ steps }: { steps: Row[] }) {
  const w = useRunWords();
  const terms = useWords();
  const f = useFormats();
  if (steps.length === 0) return <Paper withBorder p="xl"><Text ta="center" c="dimmed">{w("step.none")}</Text></Paper>;
  const parts = (row: Row) => (["inputs", "outputs", "exchange"] as const).filter((name) => isRecord(row[name]) && Object.keys(row[name]).length > 0);
  return (
    <Stack component="ol" gap="sm" m={0} p={0} style={{ listStyle: "none" }}>
      {steps.map((row) => {
        const number = text(row, "sequence");
        const seconds = took(text(row, "at"), text(row, "until"));
        return (
          <Paper key={number} component="li" withBorder p="sm">
            <Text>{`${number}. ${terms.term("kind", text(row, "type"))} `}<Code>{text(row, "node")}</Code></Text>
            <Text size="sm" c="dimmed">{[text(row, "port") && `${w("way")}: ${terms.term("port", text(row, "port"))}`, seconds !== null && `${w("took")}: ${f.seconds(seconds)}`].filter(Boolean).join(" · ")}</Text>
            {text(row, "error") && <Text size="sm" fw={700}>{text(row, "error")}</Text>}
            {parts(row).length > 0 && (
              <details>
                <summary style={{ cursor: "pointer" }}>{w("more.of", { number })}</summary>
                <Stack gap="xs" mt="xs">{parts(row).map((name) => <div key={name}><Text size="sm" fw={600}>{w(name)}</Text><Json value={row[name]} label={`${w(name)} ${number}`} /></div>)}</Stack>
              </details>
            )}
          </Paper>
        );
      })}
    </Stack>
  );
}
