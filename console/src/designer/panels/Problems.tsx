import { Badge, Button, Stack, Text } from "@mantine/core";
import { useMemo } from "react";
import { telephony } from "../model/checks";
import { nodeOf, titleOf } from "../model/document";
import { useDesigner, useFlow } from "../state/context";
import { useWords } from "../words";
import { useFindings } from "../words/useFindings";

/** Everything found, while one edits; a click goes there. */
export function Problems() {
  const { problems, show } = useDesigner();
  const flow = useFlow();
  const w = useWords();
  const told = useFindings();
  const hints = useMemo(() => telephony(flow), [flow]);
  const rows = [
    ...problems.map((problem) => ({ node: problem.node, severity: problem.severity, ...told(problem) })),
    ...hints.map(({ node, key, values }) => ({ node, severity: "hint" as const, text: w(key, values), cure: "" })),
  ];
  if (rows.length === 0) return <Text size="sm">{w("noProblems")}</Text>;
  return (
    <Stack gap={6} component="ul" p={0} m={0} style={{ listStyle: "none" }}>
      {rows.map(({ node, severity, text, cure }, at) => {
        const place = nodeOf(flow, node);
        return (
          <li key={at}>
            <Button variant="default" size="xs" h="auto" py={6} fullWidth justify="flex-start" disabled={!place} styles={{ label: { whiteSpace: "normal", textAlign: "start" } }} onClick={() => place && show(place.id)}>
              <span>
                <Badge size="xs" variant="outline" c="var(--mantine-color-text)" color={severity === "error" ? "red" : severity === "warning" ? "yellow" : "blue"}>{w(`problem.${severity}`)}</Badge>
                {" "}{place ? `${titleOf(place)}: ` : ""}{text}{cure && <Text span size="xs" display="block">{cure}</Text>}
              </span>
            </Button>
          </li>
        );
      })}
    </Stack>
  );
}
