import { Button, Group, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api } from "../api";
import type { FlowNode } from "../model/document";
import { setProperty } from "../model/edit";
import { useDesigner } from "../state/context";
import { useWords } from "../words";

/** Which flow a step runs, by its name, and the way into it. */
export function SubflowField({ node, onOpenFlow }: { node: FlowNode; onOpenFlow: (sid: string) => void }) {
  const { sid, store } = useDesigner();
  const w = useWords();
  const { data } = useQuery({ queryKey: ["flows"], queryFn: api.list });
  const flow = typeof node.properties?.["flow"] === "string" ? node.properties["flow"] : "";
  const others = (data?.flows ?? []).filter((each) => each.sid !== sid).map((each) => ({ value: each.sid, label: each.name }));
  return (
    <Group align="flex-end" gap="xs" wrap="nowrap">
      <Select size="xs" style={{ flex: 1 }} searchable label={w("chooseFlow")} data={others} value={flow || null} nothingFoundMessage={w("noMatch")}
        onChange={(chosen) => store.getState().change((before) => setProperty(before, node.id, ["flow"], chosen ?? ""))} />
      <Button size="xs" variant="default" disabled={!flow} onClick={() => onOpenFlow(flow)}>{w("openFlow")}</Button>
    </Group>
  );
}
