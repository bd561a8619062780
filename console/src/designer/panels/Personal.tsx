import { Stack, Table, Text, Title, UnstyledButton } from "@mantine/core";
import { useMemo } from "react";
import { titleOf } from "../model/document";
import { leaving, learned } from "../model/personal";
import { useDesigner, useFlow } from "../state/context";
import { useWords } from "../words";

/** What the flow learns of a person, whom it tells, and how long it is kept. */
export function Personal() {
  const { show } = useDesigner();
  const flow = useFlow();
  const w = useWords();
  const [known, gone] = useMemo(() => [learned(flow), leaving(flow)], [flow]);
  const step = (node: (typeof known)[number]["node"]) => <UnstyledButton td="underline" fz="sm" onClick={() => show(node.id)}>{titleOf(node)}</UnstyledButton>;
  return (
    <Stack gap="sm">
      <Text size="sm">{w("personal.about")}</Text>
      <section aria-label={w("personal.learned")}>
        <Title order={3} size="h5">{w("personal.learned")}</Title>
        <Text size="sm">{w("personal.always")}</Text>
        {known.length > 0 && <ul className="personal">{known.map(({ node, name }) => <li key={name}><code>{name}</code> {step(node)}</li>)}</ul>}
      </section>
      <section aria-label={w("personal.goes")}>
        <Title order={3} size="h5">{w("personal.goes")}</Title>
        {gone.length === 0 && <Text size="sm">{w("personal.nowhere")}</Text>}
        {gone.length > 0 && (
          <Table verticalSpacing={4} horizontalSpacing={6}>
            <Table.Thead><Table.Tr><Table.Th>{w("step")}</Table.Th><Table.Th>{w("personal.to")}</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {gone.map(({ node, to, names, detail }, at) => (
                <Table.Tr key={at}>
                  <Table.Td style={{ verticalAlign: "top" }}>{step(node)}</Table.Td>
                  <Table.Td style={{ overflowWrap: "anywhere" }}>
                    <Text size="sm" fw={600}>{w(`personal.to.${to}`)}</Text>
                    {detail && <Text size="xs">{detail}</Text>}
                    {names.length > 0 && <Text size="xs" ff="monospace">{names.join(", ")}</Text>}
                    <Text size="xs" c="dimmed">{w(`personal.kept.${to}`)}</Text>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </section>
      <Text size="sm">{w("personal.log")}</Text>
    </Stack>
  );
}
