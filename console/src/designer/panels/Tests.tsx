import { Alert, Button, Group, Stack, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { api } from "../api";
import { removeTest } from "../model/edit";
import { useDesigner, useFlow } from "../state/context";
import type { Saving } from "../state/saving";
import { useWords } from "../words";

/** The tests that guard a publication. */
export function Tests({ saving }: { saving: Saving }) {
  const { sid, store } = useDesigner();
  const flow = useFlow();
  const w = useWords();
  const run = useMutation({
    mutationFn: async () => {
      if (!(await saving.save())) throw new Error(w("state.failed"));
      return api.test(sid);
    },
  });
  const results = new Map(run.data?.results.map((result) => [result.name, result]));
  return (
    <section aria-label={w("sim.tests")}>
      <Title order={3} size="h5">{w("sim.tests")}</Title>
      {(flow.tests ?? []).length === 0 && <Text size="sm">{w("sim.noTests")}</Text>}
      <Stack gap={4}>
        {(flow.tests ?? []).map((test) => {
          const name = String(test["name"]);
          const result = results.get(name);
          const { environment } = test;
          const where = environment === "test" || environment === "production" ? ` · ${w(`stage.${environment}`)}` : "";
          return (
            <div key={name}>
              <Group justify="space-between" wrap="nowrap">
                <Text size="sm">{name}{where}{result && ` · ${result.passed ? "✓" : "✕"} ${w(result.passed ? "sim.passed" : "sim.failedTest")}`}</Text>
                <Button size="compact-xs" variant="default" aria-label={`${w("remove")}: ${name}`} onClick={() => store.getState().change((before) => removeTest(before, name))}>{w("remove")}</Button>
              </Group>
              {result?.differences.map((difference) => <Text key={difference} size="xs">{difference}</Text>)}
            </div>
          );
        })}
      </Stack>
      {run.error && <Alert variant="outline" color="red">{w("failed", { text: run.error.message })}</Alert>}
      <Button mt="xs" size="xs" variant="default" loading={run.isPending} disabled={(flow.tests ?? []).length === 0} onClick={() => run.mutate()}>{w("sim.runTests")}</Button>
    </section>
  );
}
