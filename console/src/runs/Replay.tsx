import { Alert, Button, Group, List, Stack, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { isRecord, postJson } from "../api/client";
import { text } from "../api/lists";
import { Fault } from "../shell/Fault";
import { useRunWords } from "./words";

const names = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** The same inputs on the draft, and what would go another way. `path`: of the execution. */
export function Replay({ path }: { path: string }) {
  const w = useRunWords();
  const again = useMutation({ mutationFn: () => postJson(`${path}/Replay.json`, {}) });
  const told = isRecord(again.data) ? again.data : null;
  const run = told && isRecord(told["run"]) ? told["run"] : undefined;
  return (
    <section>
      <Title order={2} size="h3" mb="sm">{w("replay")}</Title>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">{w("replay.about")}</Text>
        <Fault error={again.error} />
        {told && (
          <Alert variant="outline" role="status">
            <Text fw={600}>{w(told["same"] === true ? "replay.same" : "replay.other")}</Text>
            {text(run, "error") && <Text size="sm">{text(run, "error")}</Text>}
            <Text size="sm">{w("replay.before", { path: names(told["before"]).join(" → ") })}</Text>
            <Text size="sm">{w("replay.after", { path: names(told["after"]).join(" → ") })}</Text>
            {names(told["differences"]).length > 0 && <List size="sm">{names(told["differences"]).map((difference) => <List.Item key={difference}>{difference}</List.Item>)}</List>}
          </Alert>
        )}
        <Group><Button variant="default" loading={again.isPending} onClick={() => again.mutate()}>{w("replay.do")}</Button></Group>
      </Stack>
    </section>
  );
}
